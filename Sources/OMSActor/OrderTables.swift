import Contracts
import Orders
import Signals
import Store
import Web

/// An order as its row has it.
struct StoredOrder: Sendable, Codable {
    var number: Int64
    var id: String
    var customer: String
    var lines: [StoredLine]
    var total: Int64?
    var status: String
    var reason: String?
    var created: WallTime
    var updated: WallTime
}

/// One product of an order; price and name are there once the stock is reserved.
struct StoredLine: Sendable, Codable, Equatable {
    var sku: String
    var quantity: Int64
    /// Of one, in minor units.
    var price: Int64?
    var name: String?
}

/// What is asked of the orders' tables. Everything that changes them runs inside one transaction of the store.
enum OrderTables {
    private static let columns = "number, id, customer_id, items, total, status, reason, created_at, updated_at"

    // MARK: reading

    static func order(_ id: String, _ connection: Connection) throws -> StoredOrder? {
        try connection.first("SELECT \(columns) FROM orders WHERE id = ? AND status <> 'DELETED'", id) { row in
            try stored(row)
        }
    }

    /// One more than was asked for shows that there are others.
    static func list(_ search: OrderSearch, _ connection: Connection) throws -> OrderPage {
        let from = search.from ?? .min
        let place = search.after ?? OrderPlace(created: .max, number: .max)
        let until = min(search.to ?? .max, place.created)
        let rows = try connection.all(
            """
            SELECT \(columns) FROM orders
            WHERE customer_id = ?1 AND created_at >= ?2 AND created_at <= ?3 AND (created_at, number) < (?4, ?5)
            AND status <> 'DELETED' AND (?6 IS NULL OR status = ?6)
            ORDER BY created_at DESC, number DESC LIMIT ?7
            """, search.customer, from, until, place.created, place.number, search.status, search.limit + 1
        ) { row in try stored(row) }
        let page = Array(rows.prefix(search.limit))
        let last = rows.count > page.count ? page.last : nil
        return OrderPage(
            orders: page, next: last.map { OrderPlace(created: $0.created.nanoseconds, number: $0.number) })
    }

    /// How many of the latest orders are counted by their status.
    private static let counted = 10_000

    static func latest(_ limit: Int, _ connection: Connection) throws -> LatestOrders {
        let orders = try connection.all(
            "SELECT \(columns) FROM orders WHERE status <> 'DELETED' ORDER BY number DESC LIMIT ?", limit
        ) { row in
            try stored(row)
        }
        let counts = try connection.all(
            """
            SELECT status, count(*) FROM (SELECT status FROM orders ORDER BY number DESC LIMIT ?)
            GROUP BY status ORDER BY status
            """, Self.counted
        ) { row in StatusCount(status: try row.value(0), count: try row.value(1)) }
        return LatestOrders(orders: orders, counts: counts)
    }

    private static func stored(_ row: borrowing Row) throws -> StoredOrder {
        StoredOrder(
            number: try row.value(0), id: try row.value(1), customer: try row.value(2),
            lines: try lines(try row.value(3)), total: try row.value(4), status: try row.value(5),
            reason: try row.value(6), created: WallTime(nanoseconds: try row.value(7)),
            updated: WallTime(nanoseconds: try row.value(8)))
    }

    // MARK: the items of an order, as JSON in one column

    static func text(of lines: [StoredLine]) -> String {
        var writer = JSONWriter(capacity: 64 * lines.count)
        writer.list { writer in
            for line in lines {
                writer.object {
                    $0.member("sku", line.sku)
                    $0.member("quantity", Int(line.quantity))
                    $0.member("price", line.price.map { Int($0) })
                    $0.member("name", line.name)
                }
            }
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static let linesShape: ListShape = .list(
        of: ObjectShape("StoredLine") { line in
            StoredLine(
                sku: line.required("sku", .text(1...64)),
                quantity: Int64(line.required("quantity", .integer(1...Int.max >> 8))),
                price: line.optional("price", .integer(0...Int.max >> 8)).map { Int64($0) },
                name: line.optional("name", .text(0...1_000)))
        }, 0...1_000)

    static func lines(_ text: String) throws -> [StoredLine] {
        try JSONReading.read(Array(text.utf8), as: linesShape).get()
    }

    // MARK: customers

    static func customer(_ id: String, _ connection: Connection) throws -> Customer? {
        try connection.first("SELECT id, name, email, address FROM customers WHERE id = ?", id) { row in
            Customer(id: try row.value(0), name: try row.value(1), email: try row.value(2), address: try row.value(3))
        }
    }

    /// Nil where another customer has the id; the same one again is no other.
    static func add(_ customer: Customer, _ context: WriteContext) throws -> Customer? {
        let known = try context.first("SELECT name, email, address FROM customers WHERE id = ?", customer.id) { row in
            Customer(
                id: customer.id, name: try row.value(0), email: try row.value(1), address: try row.value(2))
        }
        if let known {
            let same = (known.name, known.email, known.address) == (customer.name, customer.email, customer.address)
            return same ? known : nil
        }
        try context.run(
            "INSERT INTO customers (id, name, email, address, created_at) VALUES (?, ?, ?, ?, ?)", customer.id,
            customer.name, customer.email, customer.address, context.now.nanoseconds)
        return customer
    }
}
