import Contracts
import Signals
import Web

enum Status: String, CaseIterable {
    case pending = "PENDING"
    case confirmed = "CONFIRMED"
}

enum Made {
    static let shape = ObjectShape<UUID>("Made", "What was made") { $0.required("id", .uuid) }
}

struct NewCustomer: JSONWritable {
    let name: String
    let email: String
    let isCompany: Bool

    static let shape = ObjectShape("NewCustomer") { customer in
        NewCustomer(
            name: customer.required("name", .text(1...100)), email: customer.required("email", .email),
            isCompany: customer.value("company", .boolean, otherwise: false))
    }

    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("name", name)
            $0.member("email", email)
            $0.member("company", isCompany)
        }
    }
}

struct NewOrder {
    struct Item: Hashable {
        let sku: String
        let quantity: Int
    }

    let customer: UUID
    let items: [Item]
    let note: String?

    private static let item = ObjectShape("NewItem") { item in
        Item(
            sku: item.required("sku", .text(1...64, .word), "Which product"),
            quantity: item.required("quantity", .integer(1...1_000), "How many of it"))
    }
    static let shape = ObjectShape("NewOrder", "What is ordered, and by whom") { order in
        NewOrder(
            customer: order.required("customer_id", .uuid, "Who orders"),
            items: order.required("items", .uniqueList(of: item, 1...100)),
            note: order.optional("note", .text(0...500)))
    }
}

struct OrderList {
    let customer: UUID
    let status: Status?
    let limit: Int
    let since: WallTime?

    static let parameters = Parameters { query in
        OrderList(
            customer: query.query("customer_id", .uuid, "Whose orders"),
            status: query.optionalQuery("status", .choice(Status.self)),
            limit: query.query("limit", .integer(1...100), otherwise: 20),
            since: query.optionalQuery("start_date", .time))
    }
    static let shape = ObjectShape("Orders") { $0.required("orders", .list(of: .uuid, 0...100)) }
}

struct Product: JSONWritable {
    let sku: String
    let price: Int64
    let image: String?

    static let shape = ObjectShape("Product") { product in
        Product(
            sku: product.required("sku", .text(1...64, .word)),
            price: product.required("price", .money(upTo: 10_000_000_00), "In euros"),
            image: product.optional("image_url", .text(8...500, .webAddress)))
    }

    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("sku", sku)
            $0.member("price", money: price)
            $0.member("image_url", image)
        }
    }
}

struct Restock {
    let quantity: Int?
    let addition: Int?

    static let shape = ObjectShape("Restock", "Either what is on hand, or what is added to it", members: 1...1) {
        Restock(
            quantity: $0.optional("quantity", .integer(0...1_000_000)),
            addition: $0.optional("add", .integer(1...1_000_000)))
    }
}
