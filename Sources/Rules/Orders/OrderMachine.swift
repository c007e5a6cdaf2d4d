public import Contracts

/// The life of one order: what each thing that happens makes of it, and what is to be done then.
///
/// State and effects are written in one transaction, the effects as rows of the outbox. Nothing leads back.
///
/// | | placed | reserved | reservationFailed | deleted |
/// |---|---|---|---|---|
/// | (none) | PENDING, reserve | release | – | gone |
/// | PENDING | – | CONFIRMED, book; or CANCELLED, release | CANCELLED | DELETED, release |
/// | CONFIRMED | – | – | – | DELETED, release, cancel the delivery |
/// | CANCELLED | – | release | – | DELETED |
/// | DELETED | – | release | – | gone |
///
/// A delete that overtakes the reservation needs no more than its release: inventory keeps a release that comes first,
/// and one that comes second gives back. A delete that overtakes the booking is followed by the cancellation, which
/// waits behind the booking in the outbox, under the key of the order.
///
/// What the carrier says changes the delivery alone, in every status of the order:
///
/// | | booked | bookingRefused | cancelled | cancellingRefused |
/// |---|---|---|---|---|
/// | (none) | – | – | – | – |
/// | BOOKING | BOOKED | REFUSED | – | – |
/// | REFUSED | BOOKED | REFUSED | – | – |
/// | BOOKED | a second reference is noted | – | – | – |
/// | CANCELLING | the reference is kept | – | CANCELLED | the reason is kept |
/// | CANCELLED | unknown: CANCELLING, cancel | – | – | – |
public struct OrderMachine: Sendable, Equatable {
    /// What happens to an order.
    public enum Event: Sendable, Equatable {
        case placed([RequestedItem])
        case reserved([ReservedItem])
        case reservationFailed(reason: String)
        case deleted
        case deliveryBooked(reference: String)
        /// The carrier itself said no to this booking; a carrier that could not be asked is none of this.
        case bookingRefused(reason: String)
        case deliveryCancelled
        case cancellingRefused(reason: String)
    }

    /// What is to be done about it, in the same transaction.
    public enum Effect: Sendable, Equatable {
        /// `ReserveInventory` to inventory.
        case reserve([RequestedItem])
        /// `ReleaseInventory` to inventory.
        case release(reason: String)
        /// A booking to the carrier, under `OrderDelivery.bookingKey`.
        case bookDelivery
        /// A cancellation to the carrier, under `OrderDelivery.cancellingKey`.
        case cancelDelivery(reference: String?)
        /// The caller is told that there is no such order.
        case gone
        /// The carrier has two references for one booking: a person must ask it which one holds.
        case noteSecondReference(kept: String, other: String)
    }

    /// Nil while nobody has placed it.
    public private(set) var order: Order?

    /// The order as the table has it.
    public init(_ order: Order?) { self.order = order }

    /// The one way in.
    public mutating func handle(_ event: Event) -> [Effect] {
        guard var order else { return whenUnknown(event) }
        defer { self.order = order }
        switch event {
        // A retry: what it placed is here.
        case .placed: return []
        case .reserved(let lines): return reserved(lines, &order)
        case .reservationFailed(let reason):
            guard order.status == .pending else { return [] }
            order.status = .cancelled
            order.reason = reason
            return []
        case .deleted: return delete(&order)
        case .deliveryBooked, .bookingRefused, .deliveryCancelled, .cancellingRefused:
            guard var delivery = order.delivery else { return [] }
            defer { order.delivery = delivery }
            return delivery.hear(event)
        }
    }

    private mutating func whenUnknown(_ event: Event) -> [Effect] {
        switch event {
        case .placed(let items):
            order = Order(items: items)
            return [.reserve(items)]
        // Put aside for an order that was lost with a file: nobody else would ever give it back.
        case .reserved: return [.release(reason: "there is no such order")]
        case .deleted: return [.gone]
        case .reservationFailed, .deliveryBooked, .bookingRefused, .deliveryCancelled, .cancellingRefused: return []
        }
    }

    private func reserved(_ lines: [ReservedItem], _ order: inout Order) -> [Effect] {
        switch order.status {
        case .confirmed: return []
        case .cancelled, .deleted: return [.release(reason: "the order is \(order.status.rawValue)")]
        case .pending: break
        }
        if let flaw = flaw(of: lines, for: order.items) { return cancel(&order, flaw) }
        guard let total = Order.total(of: lines) else {
            return cancel(&order, "the total is above \(Order.mostTotal) minor units")
        }
        order.status = .confirmed
        order.lines = lines
        order.total = total
        order.delivery = OrderDelivery()
        return [.bookDelivery]
    }

    private func cancel(_ order: inout Order, _ reason: String) -> [Effect] {
        order.status = .cancelled
        order.reason = reason
        return [.release(reason: reason)]
    }

    /// An order is never confirmed for something else than was asked for.
    private func flaw(of lines: [ReservedItem], for items: [RequestedItem]) -> String? {
        guard lines.count == items.count else {
            return "inventory reserved \(lines.count) items, \(items.count) were asked for"
        }
        for (line, item) in zip(lines, items) {
            guard line.sku == item.sku, line.quantity == item.quantity else {
                return "inventory reserved \(line.quantity) of \(line.sku), expected \(item.quantity) of \(item.sku)"
            }
            guard line.price >= 0 else { return "the price of \(line.sku) is below zero: \(line.price)" }
        }
        return nil
    }

    private func delete(_ order: inout Order) -> [Effect] {
        let before = order.status
        guard before != .deleted else { return [.gone] }
        order.status = .deleted
        // It has no reservation: that failed, or was released when it was cancelled.
        guard before != .cancelled else { return [] }
        let release = Effect.release(reason: "the order was deleted")
        guard order.delivery != nil else { return [release] }
        order.delivery?.status = .cancelling
        return [release, .cancelDelivery(reference: order.delivery?.reference)]
    }
}

extension OrderDelivery {
    fileprivate mutating func hear(_ event: OrderMachine.Event) -> [OrderMachine.Effect] {
        switch event {
        case .deliveryBooked(let reference): return booked(reference)
        case .bookingRefused(let reason):
            guard wantsBooking else { return [] }
            status = .refused
            self.reason = reason
        case .deliveryCancelled:
            // Nobody asked for it in any other status: the answer is older than what it would undo.
            guard status == .cancelling else { return [] }
            status = .cancelled
        case .cancellingRefused(let reason):
            guard status == .cancelling else { return [] }
            self.reason = reason
        case .placed, .reserved, .reservationFailed, .deleted: break
        }
        return []
    }

    private mutating func booked(_ other: String) -> [OrderMachine.Effect] {
        switch status {
        case .booking, .refused:
            status = .booked
            reference = other
            reason = nil
        case .booked, .cancelling:
            guard let reference else {
                reference = other
                return []
            }
            guard reference != other else { return [] }
            return [.noteSecondReference(kept: reference, other: other)]
        case .cancelled:
            // Known: the answer is late, and its booking was cancelled already.
            guard reference != other else { return [] }
            status = .cancelling
            reference = other
            return [.cancelDelivery(reference: other)]
        }
        return []
    }
}
