import Contracts
import Orders
import Signals
import Store
import Worker

/// An order on its way to the table.
struct Placement: Sendable, Codable {
    var id: String
    var customer: String
    var items: [RequestedItem]
    var caller: String
    /// The client's own name for this order: the same again is this order again.
    var key: String?
    /// A W3C `traceparent`: what asked for it.
    var traceparent = TraceContext.current?.traceparent

    var trace: TraceContext? { traceparent.flatMap { TraceContext(traceparent: $0) } }
}

/// An order that somebody wants gone.
struct Deletion: Sendable, Codable {
    var id: String
    var traceparent = TraceContext.current?.traceparent
}

enum PlacementOutcome: Sendable, Codable, Equatable {
    case placed(String)
    case noCustomer
    /// The key came before with another order.
    case keyUsed
    /// The key's order was deleted since.
    case keyOver
}

/// What the carrier said about one message, for the table.
struct CarrierWord: Sendable, Codable {
    enum Word: Sendable, Codable {
        case booked(reference: String)
        case bookingRefused(reason: String)
        case cancelled
        case cancellingRefused(reason: String)
    }

    var order: String
    var word: Word
}

/// Everything that changes the orders' file, by name, so that every replica may ask for it.
///
/// Each decision is the machine's: a row is loaded, an event is handled, the row is saved and the effects go into the
/// outbox, all in one transaction.
struct OrderWrites: Sendable {
    static let inventory = "inventory"
    static let carrier = "carrier"
    /// How long a client may repeat an order under its key.
    static let keyRetention = Duration.seconds(7 * 86_400)

    let place: WriteCommand<Placement, PlacementOutcome>
    let delete: WriteCommand<Deletion, Bool>
    let addCustomer: WriteCommand<Customer, Customer?>
    let hearCarrier: WriteCommand<[CarrierWord], Bool>
    let forgetKeys: WriteCommand<Int, Int>

    init(_ store: Store) {
        place = store.register("orders.place") { try Self.place($1, $0) }
        delete = store.register("orders.delete") { context, deletion in
            let trace = deletion.traceparent.flatMap { TraceContext(traceparent: $0) }
            return try Self.change(deletion.id, .deleted, context, trace: trace) != [.gone]
        }
        addCustomer = store.register("customers.add") { try OrderTables.add($1, $0) }
        hearCarrier = store.register("deliveries.hear") { context, words in
            for word in words { _ = try Self.change(word.order, Self.event(word.word), context, trace: nil) }
            return true
        }
        forgetKeys = store.register("orders.forget-keys") { context, most in
            let cutoff = context.now.nanoseconds - Self.keyRetention.components.seconds * 1_000_000_000
            return try context.run(
                """
                DELETE FROM idempotency WHERE (caller, key) IN (
                    SELECT caller, key FROM idempotency WHERE created_at < ? ORDER BY created_at LIMIT ?)
                """, cutoff, most)
        }
    }

    /// What inventory tells.
    static var handlers: [Incoming.Handler] {
        [
            Incoming.Handler(InventoryReserved.name, InventoryReserved.self) { context, message, reserved in
                _ = try change(reserved.orderID, .reserved(reserved.items), context, trace: message.trace)
            },
            Incoming.Handler(InventoryReservationFailed.name, InventoryReservationFailed.self) {
                context, message, failed in
                _ = try change(
                    failed.orderID, .reservationFailed(reason: failed.reason), context, trace: message.trace)
            },
        ]
    }

    private static func event(_ word: CarrierWord.Word) -> OrderMachine.Event {
        switch word {
        case .booked(let reference): .deliveryBooked(reference: reference)
        case .bookingRefused(let reason): .bookingRefused(reason: reason)
        case .cancelled: .deliveryCancelled
        case .cancellingRefused(let reason): .cancellingRefused(reason: reason)
        }
    }

    // MARK: transactions

    private static func place(_ placement: Placement, _ context: WriteContext) throws -> PlacementOutcome {
        if let key = placement.key, let earlier = try earlier(placement, key, context) { return earlier }
        guard try context.first(OrderRows.hasCustomer, placement.customer, read: { _ in true }) != nil
        else { return .noCustomer }
        var machine = OrderMachine(nil)
        let effects = machine.handle(.placed(placement.items))
        guard let order = machine.order else { return .noCustomer }
        try OrderRows.insert(placement, order, context)
        OrderSignals.of(placement.items).notePlaced()
        if let key = placement.key {
            try context.run(
                "INSERT INTO idempotency (caller, key, hash, order_id, created_at) VALUES (?, ?, ?, ?, ?)",
                placement.caller, key, wish(placement), placement.id, context.now.nanoseconds)
        }
        let trace = placement.trace
        for effect in effects {
            try carryOut(effect, placement.id, customer: placement.customer, context, trace)
        }
        return .placed(placement.id)
    }

    private static func earlier(
        _ placement: Placement, _ key: String, _ context: WriteContext
    ) throws -> PlacementOutcome? {
        try context.first(
            """
            SELECT hash, order_id, status FROM idempotency LEFT JOIN orders ON id = order_id WHERE caller = ? AND key = ?
            """, placement.caller, key
        ) { row in
            guard try row.value(0, as: [UInt8].self) == wish(placement) else { return .keyUsed }
            let isThere = try row.value(2, as: String?.self) != OrderStatus.deleted.rawValue
            return isThere ? .placed(try row.value(1)) : .keyOver
        }
    }

    /// What makes one order the same wish as another.
    private static func wish(_ placement: Placement) throws -> [UInt8] {
        fingerprint(try Packed.encode(placement.items) + Array(placement.customer.utf8))
    }

    /// Lets one thing happen to one order; what the machine wanted done is in the outbox.
    @discardableResult
    private static func change(
        _ id: String, _ event: OrderMachine.Event, _ context: WriteContext, trace: TraceContext?
    ) throws -> [OrderMachine.Effect] {
        let before = try OrderRows.load(id, context)
        var machine = OrderMachine(before)
        let effects = machine.handle(event)
        if let before, let after = machine.order, after != before {
            try OrderRows.save(id, before, after, context)
            OrderSignals.of(after.items).note(id, before, after, now: context.now)
        }
        for effect in effects { try carryOut(effect, id, customer: "", context, trace) }
        return effects
    }

    private static func carryOut(
        _ effect: OrderMachine.Effect, _ id: String, customer: String, _ context: WriteContext, _ trace: TraceContext?
    ) throws {
        switch effect {
        case .reserve(let items):
            let message = ReserveInventory(
                orderID: id, customerID: customer, items: items, timestamp: context.now.iso8601)
            try send(message, to: inventory, context, trace)
        case .release(let reason):
            try send(ReleaseInventory(orderID: id, reason: reason), to: inventory, context, trace)
        case .bookDelivery: try ask(.book, id, OrderDelivery.bookingKey(order: id), context, trace)
        case .cancelDelivery(let reference):
            try ask(.cancel, id, OrderDelivery.cancellingKey(order: id, reference: reference), context, trace)
        case .gone: break
        case .noteSecondReference(let kept, let other):
            Log.standard.error(
                "the carrier has two references for one delivery: ask it which one holds",
                ["order": .text(id), "kept": .text(kept), "other": .text(other)])
        }
    }

    private static func send(
        _ message: some ShopMessage, to target: String, _ context: WriteContext, _ trace: TraceContext?
    ) throws {
        try context.send(
            OutboxMessage(
                target: target, type: type(of: message).name, key: message.orderID,
                body: try Packed.encode(message), id: newIdentifier(at: context.now), trace: trace))
    }

    private static func ask(
        _ wish: CarrierWish.Kind, _ order: String, _ key: String, _ context: WriteContext, _ trace: TraceContext?
    ) throws {
        let delivery = try context.first(OrderRows.findDeliveryID, order) {
            try $0.value(0, as: String.self)
        }
        let message = CarrierWish(order: order, delivery: delivery ?? order, key: key)
        try context.send(
            OutboxMessage(
                target: carrier, type: wish.rawValue, key: order, body: try Packed.encode(message),
                id: newIdentifier(at: context.now), trace: trace))
    }
}

/// What the carrier is asked for: a message of our own outbox, to ourselves.
struct CarrierWish: Sendable, Codable, Equatable {
    enum Kind: String, Sendable {
        case book = "BookDelivery"
        case cancel = "CancelDelivery"
    }

    var order: String
    /// Our name for the delivery, which the carrier keeps.
    var delivery: String
    /// Under which the carrier does it once.
    var key: String
    /// The span of the asking, for the carrier's own spans; not part of the message.
    var trace: String?
}
