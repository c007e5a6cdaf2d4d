import Contracts
import Orders
import Signals
import Web

// What crosses the orders service's door.

/// An order as a client asks for it.
struct OrderRequest: Sendable {
    var customer: UUID
    var items: [RequestedItem]

    static let shape = ObjectShape("OrderRequest", "What a customer wants.") { order in
        OrderRequest(
            customer: order.required("customer_id", .uuid, "Whose order it is; must be known here."),
            items: order.required("items", .list(of: itemShape, 1...100), "What is wanted, and how much of it."))
    }
    private static let itemShape = ObjectShape("OrderedItem", "One product, and how much of it.") { item in
        RequestedItem(
            sku: item.required("sku", .text(1...64, .word), "Which product."),
            quantity: Int64(item.required("quantity", .integer(1...1_000_000), "How many of it.")))
    }
}

/// The answer to an order that is on disk.
struct OrderReceipt: Sendable, JSONWritable {
    var id: String

    static let shape = ObjectShape<Void>("OrderReceipt", "The order is on disk; its stock is being reserved.") {
        receipt in
        _ = receipt.required("order_id", .uuid)
    }

    func write(to writer: inout JSONWriter) {
        writer.object { $0.member("order_id", id) }
    }
}

/// An order as it stands.
struct OrderView: Sendable, JSONWritable {
    var order: StoredOrder

    static let shape = ObjectShape<Void>("Order", "An order as it stands.") { order in
        _ = order.required("id", .uuid)
        _ = order.required("customer_id", .uuid)
        _ = order.required("items", .list(of: itemShape, 1...100))
        _ = order.optional("total", .money(upTo: Order.mostTotal), "Known once the stock is reserved.")
        _ = order.required("status", .choice(OrderStatusFilter.self))
        _ = order.optional("reason", .text(1...1_000), "Why it was cancelled.")
        _ = order.required("created_at", .time)
        _ = order.required("updated_at", .time)
    }
    private static let itemShape = ObjectShape<Void>("OrderItem", "One product of an order.") { item in
        _ = item.required("sku", .text(1...64, .word))
        _ = item.required("quantity", .integer(1...1_000_000))
        _ = item.optional("price", .money(upTo: Order.mostTotal), "Of one, as it was when the stock was reserved.")
        _ = item.optional("name", .text(1...200), "As it was when the stock was reserved.")
    }

    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("id", order.id)
            $0.member("customer_id", order.customer)
            $0.member("items") { writer in
                writer.list { writer in
                    for line in order.lines { Self.write(line, to: &writer) }
                }
            }
            if let total = order.total { $0.member("total", money: total) }
            $0.member("status", order.status)
            $0.member("reason", order.reason)
            $0.member("created_at", order.created.iso8601)
            $0.member("updated_at", order.updated.iso8601)
        }
    }

    private static func write(_ line: StoredLine, to writer: inout JSONWriter) {
        writer.object {
            $0.member("sku", line.sku)
            $0.member("quantity", Int(line.quantity))
            if let price = line.price { $0.member("price", money: price) }
            $0.member("name", line.name)
        }
    }
}

/// The states that a client can see.
enum OrderStatusFilter: String, CaseIterable, Sendable {
    case pending = "PENDING_INVENTORY"
    case confirmed = "CONFIRMED"
    case cancelled = "CANCELLED"
}

/// What a list of orders is asked by.
struct OrderSearch: Sendable, Codable {
    var customer: String
    var status: String?
    /// Nanoseconds since 1970, both inclusive.
    var from: Int64?
    var to: Int64?
    var limit: Int
    var after: OrderPlace?

    static let parameters = Parameters { query in
        OrderSearch(
            customer: query.query("customer_id", .uuid, "Whose orders.").description,
            status: query.optionalQuery("status", .choice(OrderStatusFilter.self), "Only those in this state.")?
                .rawValue,
            from: query.optionalQuery("start_date", .time, "Only those placed then or later.")?.nanoseconds,
            to: query.optionalQuery("end_date", .time, "Only those placed then or earlier.")?.nanoseconds,
            limit: query.query("limit", .integer(1...100), otherwise: 20, "How many at most."),
            after: query.optionalQuery("next_token", OrderPlaceShape(), "Where the list before this one ended."))
    }
}

/// Where a list ended.
struct OrderPlace: Sendable, Codable, Equatable {
    var created: Int64
    var number: Int64

    var token: String { Self.digits(created) + "-" + Self.digits(number) }

    private static func digits(_ number: Int64) -> String {
        let digits = String(UInt64(bitPattern: number), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// The token of a place: for a client it is any word that it was given.
struct OrderPlaceShape: ScalarShape {
    var schema: Schema {
        TextShape.text(33...33, TextPattern("^[0-9a-f]{16}-[0-9a-f]{16}$", says: "a token") { !$0.isEmpty }).schema
    }
    var expected: String { "a next_token of an earlier answer" }
    var standIn: OrderPlace { OrderPlace(created: 0, number: 0) }

    func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> OrderPlace? {
        guard bytes.count == 33, bytes[16] == UInt8(ascii: "-"), let created = number(bytes[..<16]),
            let number = number(bytes[17...])
        else { return nil }
        return OrderPlace(created: created, number: number)
    }

    private func number(_ digits: Slice<UnsafeBufferPointer<UInt8>>) -> Int64? {
        var number: UInt64 = 0
        for digit in digits {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): number = number << 4 | UInt64(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): number = number << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return Int64(bitPattern: number)
    }
}

/// One page of a list.
struct OrderPage: Sendable, Codable, JSONWritable {
    var orders: [StoredOrder]
    var next: OrderPlace?

    static let shape = ObjectShape<Void>("OrderPage", "Orders, the newest first.") { page in
        _ = page.required("orders", .list(of: OrderView.shape, 0...100))
        _ = page.optional("next_token", .text(33...33), "For the orders after these; absent at the end.")
    }

    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("orders") { writer in writer.list(orders.map(OrderView.init)) }
            $0.member("next_token", next?.token)
        }
    }
}

/// The latest orders of all customers.
struct LatestOrders: Sendable, Codable, JSONWritable {
    var orders: [StoredOrder]
    var counts: [StatusCount]

    static let shape = ObjectShape<Void>("LatestOrders", "The latest orders of all customers, the newest first.") {
        it in
        _ = it.required("orders", .list(of: OrderView.shape, 0...100))
        _ = it.required("counts", .list(of: countShape, 0...16), "How the latest 10,000 stand.")
    }
    private static let countShape = ObjectShape<Void>("StatusCount", "How many orders stand so.") { it in
        _ = it.required("status", .text(1...32))
        _ = it.required("count", .integer(0...10_000))
    }

    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("orders") { writer in writer.list(orders.map(OrderView.init)) }
            $0.member("counts") { writer in writer.list(counts) }
        }
    }
}

/// How many orders stand so.
struct StatusCount: Sendable, Codable, JSONWritable {
    var status: String
    var count: Int

    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("status", status)
            $0.member("count", count)
        }
    }
}

/// A customer, as it comes and as it goes.
struct Customer: Sendable, Codable, JSONWritable {
    var id: String
    var name: String
    var email: String
    var address: String

    static let request = ObjectShape("CustomerRequest", "Somebody who may place orders.") { customer in
        Customer(
            id: customer.optional("id", .uuid, "Chosen by the client; otherwise made here.")?.description ?? "",
            name: customer.required("name", .text(1...200)),
            email: customer.required("email", .email),
            address: customer.required("address", .text(1...1_000)))
    }
    static let shape = ObjectShape<Void>("Customer", "Somebody who may place orders.") { customer in
        _ = customer.required("id", .uuid)
        _ = customer.required("name", .text(1...200))
        _ = customer.required("email", .email)
        _ = customer.required("address", .text(1...1_000))
    }

    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("id", id)
            $0.member("name", name)
            $0.member("email", email)
            $0.member("address", address)
        }
    }
}
