import Contracts
import Inventory
import Signals
import Web

// What crosses the inventory service's door.

/// The most that one piece may cost, in minor units.
let mostPrice: Int64 = 99_999_999_999

extension Shape where Self == TextShape {
    /// A product's name among products.
    static var sku: TextShape { .text(1...64, .word) }
}

/// A product as a client adds it.
struct NewProduct: Sendable, Codable {
    var sku: String
    var name: String
    var price: Int64
    var description: String?
    var imageURL: String?

    static let shape = ObjectShape("ProductRequest", "A product to sell.") { product in
        NewProduct(
            sku: product.required("sku", .sku, "Its name among products."),
            name: product.required("name", .text(1...200)),
            price: product.required("price", .money(upTo: mostPrice), "Of one."),
            description: product.optional("description", .text(0...4_000)),
            imageURL: product.optional("image_url", .text(8...2_000, .webAddress)))
    }
}

/// A product as its row has it, with what is on hand.
struct StoredProduct: Sendable, Codable, JSONWritable {
    var sku: String
    var name: String
    var description: String?
    var price: Int64
    var imageURL: String?
    var quantity: Int64
    var created: WallTime
    var updated: WallTime

    static let shape = ObjectShape<Void>("Product", "A product, and how much of it is on hand.") { product in
        _ = product.required("sku", .sku)
        _ = product.required("name", .text(1...200))
        _ = product.optional("description", .text(0...4_000))
        _ = product.required("price", .money(upTo: mostPrice))
        _ = product.optional("image_url", .text(8...2_000, .webAddress))
        _ = product.required("quantity", .integer(0...Int.max >> 8))
        _ = product.required("created_at", .time)
        _ = product.required("updated_at", .time)
    }

    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("sku", sku)
            $0.member("name", name)
            $0.member("description", description)
            $0.member("price", money: price)
            $0.member("image_url", imageURL)
            $0.member("quantity", Int(quantity))
            $0.member("created_at", created.iso8601)
            $0.member("updated_at", updated.iso8601)
        }
    }
}

/// One page of products, in the order of their SKUs.
struct ProductPage: Sendable, Codable, JSONWritable {
    var products: [StoredProduct]
    var next: String?

    static let shape = ObjectShape<Void>("ProductPage", "Products, in the order of their SKUs.") { page in
        _ = page.required("products", .list(of: StoredProduct.shape, 0...100))
        _ = page.optional("next_token", .sku, "For the products after these; absent at the end.")
    }

    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("products") { writer in writer.list(products) }
            $0.member("next_token", next)
        }
    }
}

struct ProductSearch: Sendable {
    var limit: Int
    var after: String?

    static let parameters = Parameters { query in
        ProductSearch(
            limit: query.query("limit", .integer(1...100), otherwise: 20, "How many at most."),
            after: query.optionalQuery("next_token", .sku, "Where the list before this one ended."))
    }
}

/// How much of a product is on hand.
struct Stock: Sendable, Codable, JSONWritable {
    var sku: String
    var quantity: Int64
    var updated: WallTime

    static let shape = ObjectShape<Void>("Stock", "How much of a product is on hand.") { stock in
        _ = stock.required("sku", .sku)
        _ = stock.required("quantity", .integer(0...Int.max >> 8))
        _ = stock.required("updated_at", .time)
    }

    func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("sku", sku)
            $0.member("quantity", Int(quantity))
            $0.member("updated_at", updated.iso8601)
        }
    }
}

/// A change of what is on hand: to so many, or by so many more.
struct StockChange: Sendable, Codable {
    static let most = Int(Restock.most)
    var quantity: Int64?
    var add: Int64?

    static let shape = ObjectShape("StockRequest", "One of the two.", members: 1...1) { stock in
        StockChange(
            quantity: stock.optional("quantity", .integer(0...most), "What is on hand now.").map { Int64($0) },
            add: stock.optional("add", .integer(1...most), "What has come in.").map { Int64($0) })
    }
}

/// What somebody would like to know the stock of.
struct StockQuestion: Sendable, Codable {
    var items: [RequestedItem]

    static let shape = ObjectShape("StockQuestion", "What is wanted, and how much of it.") { question in
        StockQuestion(items: question.required("items", .list(of: itemShape, 1...100)))
    }
    private static let itemShape = ObjectShape("WantedItem", "One product, and how much of it.") { item in
        RequestedItem(
            sku: item.required("sku", .sku, "Which product."),
            quantity: Int64(item.required("quantity", .integer(1...1_000_000), "How many of it.")))
    }
}

/// Whether there is enough of a product.
enum Availability: String, Sendable, Codable, CaseIterable {
    case available = "AVAILABLE"
    case unavailable = "UNAVAILABLE"
}

/// The answer to a question of stock: one word for each product.
struct StockAnswer: Sendable, JSONWritable {
    var words: [Word]

    struct Word: Sendable, Codable {
        var sku: String
        var availability: Availability
    }

    static let shape: MapShape = .map(.text(1...64, .word), to: .choice(Availability.self), 0...100)

    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            for word in words { writer.member(named: word.sku, word.availability.rawValue) }
        }
    }
}
