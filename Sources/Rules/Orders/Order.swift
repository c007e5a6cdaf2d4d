public import Contracts

/// Where an order stands; the raw value is what the table and the API say.
public enum OrderStatus: String, Sendable, Equatable, CaseIterable {
    case pending = "PENDING_INVENTORY"
    case confirmed = "CONFIRMED"
    case cancelled = "CANCELLED"
    case deleted = "DELETED"
}

/// One order, as far as anything is decided by it.
public struct Order: Sendable, Equatable {
    public var status: OrderStatus
    /// What the customer asked for.
    public var items: [RequestedItem]
    /// The same with price and name as they were when it was reserved; empty until then.
    public var lines: [ReservedItem] = []
    /// What the lines cost, in minor units; nil until they are known.
    public var total: Int64?
    /// Why it was cancelled.
    public var reason: String?
    /// What the carrier was asked for; nil until the order is confirmed.
    public var delivery: OrderDelivery?

    public init(
        status: OrderStatus = .pending, items: [RequestedItem], lines: [ReservedItem] = [], total: Int64? = nil,
        reason: String? = nil, delivery: OrderDelivery? = nil
    ) {
        self.status = status
        self.items = items
        self.lines = lines
        self.total = total
        self.reason = reason
        self.delivery = delivery
    }

    /// The largest total, in minor units. It has fifteen digits: as many as survive in a reader of JSON that takes
    /// every number for a binary float.
    public static let mostTotal: Int64 = 999_999_999_999_999

    /// What lines cost together; nil when that is above `mostTotal`.
    public static func total(of lines: [ReservedItem]) -> Int64? {
        var total: Int64 = 0
        for line in lines {
            let cost = line.price.multipliedReportingOverflow(by: line.quantity)
            guard !cost.overflow else { return nil }
            let sum = total.addingReportingOverflow(cost.partialValue)
            guard !sum.overflow, sum.partialValue <= mostTotal else { return nil }
            total = sum.partialValue
        }
        return total
    }
}

/// Where the delivery of an order stands.
public enum DeliveryStatus: String, Sendable, Equatable, CaseIterable {
    /// The carrier is being asked for it, and may have booked it already.
    case booking = "BOOKING"
    case booked = "BOOKED"
    /// The carrier is being told that it is not wanted, whether or not it was booked.
    case cancelling = "CANCELLING"
    case cancelled = "CANCELLED"
    /// The carrier has said no so far; it is asked again until the message is given up.
    case refused = "REFUSED"
}

/// The delivery of an order: there is at most one.
public struct OrderDelivery: Sendable, Equatable {
    public var status: DeliveryStatus
    /// The carrier's name for it.
    public var reference: String?
    /// What the carrier said when it last refused something.
    public var reason: String?

    public init(status: DeliveryStatus = .booking, reference: String? = nil, reason: String? = nil) {
        self.status = status
        self.reference = reference
        self.reason = reason
    }

    /// Whether a message that books it is still worth sending. One that was overtaken (a dead letter that is redriven
    /// after the order was deleted) must not be.
    public var wantsBooking: Bool { status == .booking || status == .refused }
    /// Whether a message that cancels it is still worth sending.
    public var wantsCancelling: Bool { status == .cancelling }

    /// The idempotency key under which an order's delivery is booked: the same however often it is sent.
    public static func bookingKey(order: String) -> String { "book-\(order)" }
    /// The idempotency key of a cancellation. A booking that is heard of only after its cancellation is cancelled once
    /// more, by its reference, which the carrier must not take for the first cancellation.
    public static func cancellingKey(order: String, reference: String?) -> String {
        guard let reference else { return "cancel-\(order)" }
        return "cancel-\(order)-\(reference)"
    }
}
