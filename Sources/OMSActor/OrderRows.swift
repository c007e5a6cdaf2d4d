import Contracts
import Orders
import Signals
import Store

/// The rows that stand for one order, as the order's machine sees and leaves them. Inside one transaction of the store.
enum OrderRows {
    static let hasCustomer = "SELECT 1 FROM customers WHERE id = ?"
    static let findDeliveryID = "SELECT id FROM deliveries WHERE order_id = ?"
    static let findOrder = "SELECT status, items, total, reason, customer_id FROM orders WHERE id = ?"
    static let insertOrder = """
        INSERT INTO orders (id, customer_id, items, status, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)
        """
    static let confirmOrder = "UPDATE orders SET status = ?, items = ?, total = ?, updated_at = ? WHERE id = ?"
    static let changeOrder = "UPDATE orders SET status = ?, reason = ?, updated_at = ? WHERE id = ?"
    static let findDelivery = "SELECT status, reference, reason FROM deliveries WHERE order_id = ?"
    static let insertDelivery = "INSERT INTO deliveries (order_id, id, status, updated_at) VALUES (?, ?, ?, ?)"
    static let changeDelivery =
        "UPDATE deliveries SET status = ?, reference = ?, reason = ?, updated_at = ? WHERE order_id = ?"

    /// The order with its delivery; nil where there is none.
    static func load(_ id: String, _ context: WriteContext) throws -> Order? {
        let order = try context.first(findOrder, id) { row in
            let lines = try OrderTables.lines(try row.value(1))
            return Order(
                status: try status(try row.value(0)),
                items: lines.map { RequestedItem(sku: $0.sku, quantity: $0.quantity) },
                lines: lines.compactMap { line in
                    guard let price = line.price, let name = line.name else { return nil }
                    return ReservedItem(sku: line.sku, quantity: line.quantity, price: price, name: name)
                },
                total: try row.value(2), reason: try row.value(3))
        }
        guard var order else { return nil }
        // A delivery is there from the confirmation on.
        if order.status == .confirmed || order.status == .deleted { order.delivery = try delivery(id, context) }
        return order
    }

    static func delivery(_ order: String, _ context: WriteContext) throws -> OrderDelivery? {
        try context.first(findDelivery, order) { row in try delivery(row) }
    }
    static func delivery(_ order: String, _ connection: Connection) throws -> OrderDelivery? {
        try connection.first(findDelivery, order) { row in try delivery(row) }
    }
    private static func delivery(_ row: borrowing Row) throws -> OrderDelivery {
        OrderDelivery(
            status: try deliveryStatus(try row.value(0)), reference: try row.value(1), reason: try row.value(2))
    }

    static func insert(_ placement: Placement, _ order: Order, _ context: WriteContext) throws {
        let lines = order.items.map { StoredLine(sku: $0.sku, quantity: $0.quantity) }
        let now = context.now.nanoseconds
        try context.run(
            insertOrder, placement.id, placement.customer, OrderTables.text(of: lines), order.status.rawValue, now, now)
    }

    /// Writes what is different.
    static func save(_ id: String, _ before: Order, _ after: Order, _ context: WriteContext) throws {
        let now = context.now.nanoseconds
        if after.lines != before.lines {
            let lines = after.lines.map {
                StoredLine(sku: $0.sku, quantity: $0.quantity, price: $0.price, name: $0.name)
            }
            try context.run(
                confirmOrder, after.status.rawValue, OrderTables.text(of: lines), after.total, now, id)
        } else if after.status != before.status || after.reason != before.reason {
            try context.run(changeOrder, after.status.rawValue, after.reason, now, id)
        }
        guard let delivery = after.delivery, delivery != before.delivery else { return }
        if before.delivery == nil {
            try context.run(insertDelivery, id, newIdentifier(at: context.now), delivery.status.rawValue, now)
        } else {
            try context.run(
                changeDelivery, delivery.status.rawValue, delivery.reference, delivery.reason, now, id)
        }
    }

    private static func status(_ text: String) throws -> OrderStatus {
        guard let status = OrderStatus(rawValue: text) else { throw RowFault.status(text) }
        return status
    }

    private static func deliveryStatus(_ text: String) throws -> DeliveryStatus {
        guard let status = DeliveryStatus(rawValue: text) else { throw RowFault.status(text) }
        return status
    }
}

/// A row that this program did not write.
enum RowFault: Error, CustomStringConvertible {
    case status(String)

    var description: String {
        switch self {
        case .status(let text): "the status \"\(text)\" is none that this version knows"
        }
    }
}
