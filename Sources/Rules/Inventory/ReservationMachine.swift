public import Contracts

/// What became of an order's wish to have items put aside; the raw value is what the table says.
public enum ReservationOutcome: String, Sendable, Equatable, CaseIterable {
    case reserved = "RESERVED"
    case failed = "FAILED"
    case released = "RELEASED"
}

/// What inventory knows of one order.
public enum Reservation: Sendable, Equatable {
    case reserved([ReservedItem])
    case failed(reason: String)
    /// What was given back, for the record; empty when the release came first.
    case released([ReservedItem])

    /// The same without what belongs to it.
    public var outcome: ReservationOutcome {
        switch self {
        case .reserved: .reserved
        case .failed: .failed
        case .released: .released
        }
    }
}

/// A product as it stands on its shelf when an order asks for it.
public struct Shelf: Sendable, Equatable {
    public var quantity: Int64
    public var price: Int64
    public var name: String

    public init(quantity: Int64, price: Int64, name: String) {
        self.quantity = quantity
        self.price = price
        self.name = name
    }
}

/// A line of the ledger, of which the quantity on hand is the sum.
public struct Movement: Sendable, Equatable {
    /// Why it was moved; the raw value is what the table says.
    public enum Cause: String, Sendable, Equatable, CaseIterable {
        case restock, reserve, release
    }
    public var sku: String
    public var delta: Int64
    public var cause: Cause
    /// The order, or the restocking, that moved it.
    public var causeID: String

    public init(sku: String, delta: Int64, cause: Cause, causeID: String) {
        self.sku = sku
        self.delta = delta
        self.cause = cause
        self.causeID = causeID
    }
}

/// What inventory does for one order. State, movements and answer are written in one transaction.
///
/// | | reserve | release |
/// |---|---|---|
/// | (none) | RESERVED, takes all, answers; or FAILED, takes nothing, answers | RELEASED |
/// | RESERVED | answers again | RELEASED, gives back |
/// | FAILED | answers again | – |
/// | RELEASED | answers that it failed: released | – |
///
/// A sku has one movement for each cause of an order, however often the order names it.
public struct ReservationMachine: Sendable, Equatable {
    /// What orders wants.
    public enum Event: Sendable, Equatable {
        /// The shelf of each item, in the order of the items; nil where there is no such product.
        case reserve([RequestedItem], shelves: [Shelf?])
        case release
    }

    /// What is to be done about it, in the same transaction.
    public enum Effect: Sendable, Equatable {
        /// Books it, and changes the quantity on hand by its delta.
        case move(Movement)
        /// `InventoryReserved` to orders.
        case answerReserved([ReservedItem])
        /// `InventoryReservationFailed` to orders.
        case answerFailed(reason: String)
    }

    /// What a reserve that comes after its release is answered.
    public static let releasedReason = "released"

    /// The order that it is about: the id of the cause of every movement.
    public let orderID: String
    /// Nil while nothing was heard of the order.
    public private(set) var reservation: Reservation?

    /// The reservation as the table has it.
    public init(orderID: String, reservation: Reservation?) {
        self.orderID = orderID
        self.reservation = reservation
    }

    /// Whether a reserve would look at shelves: only the first of an order does.
    public var looksAtShelves: Bool { reservation == nil }

    /// The one way in.
    public mutating func handle(_ event: Event) -> [Effect] {
        switch (event, reservation) {
        case (.reserve(let items, let shelves), nil): return reserve(items, shelves)
        case (.reserve, .reserved(let lines)): return [.answerReserved(lines)]
        case (.reserve, .failed(let reason)): return [.answerFailed(reason: reason)]
        case (.reserve, .released): return [.answerFailed(reason: Self.releasedReason)]
        case (.release, nil):
            reservation = .released([])
            return []
        case (.release, .reserved(let lines)):
            reservation = .released(lines)
            let wanted = lines.map { RequestedItem(sku: $0.sku, quantity: $0.quantity) }
            return Demand.bySku(wanted).map { move($0.sku, $0.quantity, .release) }
        case (.release, .failed), (.release, .released): return []
        }
    }

    private mutating func reserve(_ items: [RequestedItem], _ shelves: [Shelf?]) -> [Effect] {
        let demands = Demand.bySku(items)
        if let reason = refusal(of: items, shelves, demands) {
            reservation = .failed(reason: reason)
            return [.answerFailed(reason: reason)]
        }
        let lines = zip(items, shelves).compactMap { item, shelf in
            shelf.map { ReservedItem(sku: item.sku, quantity: item.quantity, price: $0.price, name: $0.name) }
        }
        reservation = .reserved(lines)
        return demands.map { move($0.sku, -$0.quantity, .reserve) } + [.answerReserved(lines)]
    }

    /// Why nothing is taken: the first item that stands in the way. Nil when all can be taken.
    private func refusal(of items: [RequestedItem], _ shelves: [Shelf?], _ demands: [Demand]) -> String? {
        guard !items.isEmpty else { return "it asks for nothing" }
        guard shelves.count == items.count else {
            return "\(shelves.count) shelves were looked at for \(items.count) items"
        }
        for (item, shelf) in zip(items, shelves) {
            guard item.quantity >= 1 else { return "\(item.sku): \(item.quantity) is no quantity, expected at least 1" }
            guard shelf != nil else { return "there is no product \(item.sku)" }
        }
        for demand in demands {
            let onHand = shelves[demand.first]?.quantity ?? 0
            guard !demand.isTooMuch, demand.quantity <= onHand else {
                let wanted = demand.isTooMuch ? "more than can be counted" : "\(demand.quantity)"
                return "too little of \(demand.sku): \(onHand) on hand, \(wanted) asked for"
            }
        }
        return nil
    }

    private func move(_ sku: String, _ delta: Int64, _ cause: Movement.Cause) -> Effect {
        .move(Movement(sku: sku, delta: delta, cause: cause, causeID: orderID))
    }
}

/// What an order wants of one sku, over all its items.
struct Demand: Equatable {
    let sku: String
    /// The first item that names it.
    let first: Int
    var quantity: Int64
    /// More than 64 bits hold.
    var isTooMuch = false

    /// One for each sku, in the order in which they are first named.
    static func bySku(_ items: [RequestedItem]) -> [Demand] {
        // By sorting: an order may name thousands, and comparing each with each would take seconds.
        let sorted = items.indices.sorted { (items[$0].sku, $0) < (items[$1].sku, $1) }
        var demands: [Demand] = []
        for index in sorted {
            let item = items[index]
            guard let last = demands.last, last.sku == item.sku else {
                demands.append(Demand(sku: item.sku, first: index, quantity: item.quantity))
                continue
            }
            let sum = last.quantity.addingReportingOverflow(item.quantity)
            demands[demands.count - 1].quantity = sum.partialValue
            demands[demands.count - 1].isTooMuch = last.isTooMuch || sum.overflow
        }
        return demands.sorted { $0.first < $1.first }
    }
}
