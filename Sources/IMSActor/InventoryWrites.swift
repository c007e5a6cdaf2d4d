import Contracts
import Inventory
import Signals
import Store
import Worker

/// A restocking on its way to the table.
struct RestockWish: Sendable, Codable {
    var id: String
    var sku: String
    var change: StockChange
    var caller: String
    /// The client's own name for this change: the same again is this change again.
    var key: String?
}

enum RestockOutcome: Sendable, Codable {
    case booked(Stock)
    case noProduct
    case refused(String)
    /// The key came before with another change.
    case keyUsed
}

/// Everything that changes the inventory's file, by name, so that every replica may ask for it.
struct InventoryWrites: Sendable {
    static let orders = "orders"
    /// How long a client may repeat a change under its key.
    static let keyRetention = Duration.seconds(7 * 86_400)

    let addProduct: WriteCommand<NewProduct, StoredProduct?>
    let restock: WriteCommand<RestockWish, RestockOutcome>
    let forgetKeys: WriteCommand<Int, Int>

    init(_ store: Store) {
        addProduct = store.register("products.add") { try Self.add($1, $0) }
        restock = store.register("inventory.restock") { try Self.restock($1, $0) }
        forgetKeys = store.register("inventory.forget-keys") { context, most in
            let cutoff = context.now.nanoseconds - Self.keyRetention.components.seconds * 1_000_000_000
            return try context.run(
                """
                DELETE FROM idempotency WHERE (caller, key) IN (
                    SELECT caller, key FROM idempotency WHERE created_at < ? ORDER BY created_at LIMIT ?)
                """, cutoff, most)
        }
    }

    /// What orders ask.
    static var handlers: [Incoming.Handler] {
        [
            Incoming.Handler(ReserveInventory.name, ReserveInventory.self) { context, message, wish in
                try change(wish.orderID, context, message.trace) { machine in
                    let isNew = machine.reservation == nil
                    let shelves = machine.looksAtShelves ? try ReservationRows.shelves(of: wish.items, context) : []
                    let effects = machine.handle(.reserve(wish.items, shelves: shelves))
                    if isNew {
                        InventorySignals.of(wish.items).note(
                            wish.orderID, isReserved: machine.reservation?.outcome == .reserved, now: context.now)
                    }
                    return effects
                }
            },
            Incoming.Handler(ReleaseInventory.name, ReleaseInventory.self) { context, message, wish in
                try change(wish.orderID, context, message.trace) { $0.handle(.release) }
            },
        ]
    }

    /// Lets one thing happen to one order's reservation; the answer is in the outbox.
    private static func change(
        _ order: String, _ context: WriteContext, _ trace: TraceContext,
        _ event: (inout ReservationMachine) throws -> [ReservationMachine.Effect]
    ) throws {
        let before = try ReservationRows.load(order, context)
        var machine = ReservationMachine(orderID: order, reservation: before)
        let effects = try event(&machine)
        if let after = machine.reservation, after != before {
            try ReservationRows.save(order, before, after, context)
        }
        for effect in effects {
            switch effect {
            case .move(let movement): try ReservationRows.move(movement, context)
            case .answerReserved(let lines):
                try answer(InventoryReserved(orderID: order, items: lines), context, trace)
            case .answerFailed(let reason):
                try answer(InventoryReservationFailed(orderID: order, reason: reason), context, trace)
            }
        }
    }

    private static func answer(_ message: some ShopMessage, _ context: WriteContext, _ trace: TraceContext) throws {
        try context.send(
            OutboxMessage(
                target: orders, type: type(of: message).name, key: message.orderID, body: try Packed.encode(message),
                id: newIdentifier(at: context.now), trace: trace))
    }

    // MARK: products and stock

    private static func add(_ product: NewProduct, _ context: WriteContext) throws -> StoredProduct? {
        let now = context.now.nanoseconds
        let added = try context.run(
            """
            INSERT INTO products (sku, name, description, price, image_url, created_at, updated_at)
            VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (sku) DO NOTHING
            """, product.sku, product.name, product.description, product.price, product.imageURL, now, now)
        guard added == 1 else { return nil }
        try context.run("INSERT INTO inventory (sku, quantity, updated_at) VALUES (?, 0, ?)", product.sku, now)
        return StoredProduct(
            sku: product.sku, name: product.name, description: product.description, price: product.price,
            imageURL: product.imageURL, quantity: 0, created: context.now, updated: context.now)
    }

    private static func restock(_ wish: RestockWish, _ context: WriteContext) throws -> RestockOutcome {
        if let key = wish.key, let earlier = try earlier(wish, key, context) { return earlier }
        let onHand = try context.first("SELECT quantity FROM inventory WHERE sku = ?", wish.sku) {
            try $0.value(0, as: Int64.self)
        }
        let rule: Restock = wish.change.quantity.map { .set($0) } ?? .add(wish.change.add ?? 0)
        switch rule.decide(sku: wish.sku, onHand: onHand, id: wish.id) {
        case .refused(.noSuchProduct): return .noProduct
        case .refused(let refusal): return .refused("\(refusal)")
        case .move(let movement): try ReservationRows.move(movement, context)
        case .nothing: break
        }
        let stock = try context.first("SELECT quantity, updated_at FROM inventory WHERE sku = ?", wish.sku) { row in
            Stock(sku: wish.sku, quantity: try row.value(0), updated: WallTime(nanoseconds: try row.value(1)))
        }
        guard let stock else { return .noProduct }
        if let key = wish.key {
            try context.run(
                """
                INSERT INTO idempotency (caller, key, hash, quantity, updated_at, created_at) VALUES (?, ?, ?, ?, ?, ?)
                """, wish.caller, key, fingerprint(try Packed.encode(wish.change) + Array(wish.sku.utf8)),
                stock.quantity, stock.updated.nanoseconds, context.now.nanoseconds)
        }
        return .booked(stock)
    }

    private static func earlier(
        _ wish: RestockWish, _ key: String, _ context: WriteContext
    ) throws -> RestockOutcome? {
        try context.first(
            "SELECT hash, quantity, updated_at FROM idempotency WHERE caller = ? AND key = ?", wish.caller, key
        ) { row in
            let hash = fingerprint(try Packed.encode(wish.change) + Array(wish.sku.utf8))
            guard try row.value(0, as: [UInt8].self) == hash else { return .keyUsed }
            return .booked(
                Stock(
                    sku: wish.sku, quantity: try row.value(1), updated: WallTime(nanoseconds: try row.value(2))))
        }
    }
}
