import Contracts
import Inventory
import Signals
import Store
import Web

/// The rows that stand for one reservation, as its machine sees and leaves them. Inside one transaction of the store.
enum ReservationRows {
    /// Longer than any message may come again.
    static let retention = Duration.seconds(30 * 86_400)

    static let findReservation = "SELECT outcome, items, reason FROM reservations WHERE order_id = ?"
    static let insertReservation = """
        INSERT INTO reservations (order_id, items, outcome, reason, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)
        """
    static let changeReservation = "UPDATE reservations SET outcome = ?, expires_at = ? WHERE order_id = ?"
    static let findShelf =
        "SELECT quantity, price, name FROM products JOIN inventory USING (sku) WHERE products.sku = ?"
    static let changeQuantity = "UPDATE inventory SET quantity = quantity + ?, updated_at = ? WHERE sku = ?"
    static let insertMovement = "INSERT INTO movements (sku, delta, cause, cause_id, at) VALUES (?, ?, ?, ?, ?)"

    static func load(_ order: String, _ context: WriteContext) throws -> Reservation? {
        try context.first(findReservation, order) { row in
            let text = try row.value(0, as: String.self)
            switch ReservationOutcome(rawValue: text) {
            case .reserved: return .reserved(try lines(try row.value(1)))
            case .failed: return .failed(reason: try row.value(2))
            case .released: return .released(try lines(try row.value(1)))
            case nil: throw RowFault.outcome(text)
            }
        }
    }

    static func shelves(of items: [RequestedItem], _ context: WriteContext) throws -> [Shelf?] {
        try items.map { item in
            try context.first(findShelf, item.sku) { row in
                Shelf(quantity: try row.value(0), price: try row.value(1), name: try row.value(2))
            }
        }
    }

    static func save(
        _ order: String, _ before: Reservation?, _ after: Reservation, _ context: WriteContext
    ) throws {
        let (now, expires) = (
            context.now.nanoseconds, context.now.nanoseconds + retention.components.seconds * 1_000_000_000
        )
        guard before == nil else {
            try context.run(changeReservation, after.outcome.rawValue, expires, order)
            return
        }
        var lines: [ReservedItem] = []
        var reason: String?
        switch after {
        case .reserved(let items), .released(let items): lines = items
        case .failed(let why): reason = why
        }
        try context.run(
            insertReservation, order, text(of: lines), after.outcome.rawValue, reason, now, expires)
    }

    /// Books a movement and changes what is on hand by it.
    static func move(_ movement: Movement, _ context: WriteContext) throws {
        let now = context.now.nanoseconds
        try context.run(changeQuantity, movement.delta, now, movement.sku)
        try context.run(
            insertMovement, movement.sku, movement.delta, movement.cause.rawValue, movement.causeID, now)
    }

    // MARK: the items of a reservation, as JSON in one column

    static func text(of lines: [ReservedItem]) -> String {
        var writer = JSONWriter(capacity: 80 * lines.count + 2)
        writer.list { writer in
            for line in lines {
                writer.object {
                    $0.member("sku", line.sku)
                    $0.member("quantity", Int(line.quantity))
                    $0.member("price", Int(line.price))
                    $0.member("name", line.name)
                }
            }
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static let shape: ListShape = .list(
        of: ObjectShape("StoredLine") { line in
            ReservedItem(
                sku: line.required("sku", .text(0...1_000)),
                quantity: Int64(line.required("quantity", .integer(0...Int.max >> 8))),
                price: Int64(line.required("price", .integer(0...Int.max >> 8))),
                name: line.required("name", .text(0...1_000)))
        }, 0...10_000)

    static func lines(_ text: String) throws -> [ReservedItem] {
        try JSONReading.read(Array(text.utf8), as: shape).get()
    }
}

/// A row that this program did not write.
enum RowFault: Error, CustomStringConvertible {
    case outcome(String)

    var description: String {
        switch self {
        case .outcome(let text): "the outcome \"\(text)\" is none that this version knows"
        }
    }
}
