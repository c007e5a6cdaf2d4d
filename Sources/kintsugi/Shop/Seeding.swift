import Load
import WebClient

/// Fills an empty shop with products, stock and customers, so that orders can be placed. Doing it again changes only
/// the stock.
struct Seeding: Sendable {
    struct Report: Encodable, Equatable {
        var products: Int
        var stock: Int
        var customers: Int
    }

    private struct Product: Encodable {
        let sku: String
        let name: String
        let price: Double
        let description: String
    }
    private struct Stock: Encodable { let quantity: Int }
    private struct Customer: Encodable {
        let id: String
        let name: String
        let email: String
        let address: String
    }

    private static let wares = ["Cup", "Bowl", "Plate", "Teapot", "Vase", "Tray", "Jar", "Saucer", "Pitcher", "Dish"]
    private static let glazes = [
        "celadon", "raku", "ash", "tenmoku", "shino", "cobalt", "salt", "copper", "iron", "tin",
    ]
    /// Requests at the same time.
    private static let width = 16

    let client: ShopClient
    let products: Int
    let stock: Int
    let customers: Int

    func run(progress: @Sendable @escaping (String) -> Void) async throws -> Report {
        try await each(products, "products", progress) { try await add(product: $0) }
        try await each(customers, "customers", progress) { try await add(customer: $0) }
        return Report(products: products, stock: stock, customers: customers)
    }

    private func each(
        _ count: Int, _ what: String, _ progress: @Sendable @escaping (String) -> Void,
        _ body: @Sendable @escaping (Int) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...max(count, 1) where count > 0 {
                if number > Self.width { try await group.next() }
                if number % 100 == 0 { progress("\(number) of \(count) \(what)") }
                group.addTask { try await body(number) }
            }
            try await group.waitForAll()
        }
    }

    private func add(product number: Int) async throws {
        let sku = SeedNames.sku(number)
        let ware = Self.wares[number % Self.wares.count]
        let glaze = Self.glazes[number / Self.wares.count % Self.glazes.count]
        // Prices of .00, .25, .50 and .75 are exact as binary numbers.
        let product = Product(
            sku: sku, name: "\(ware), \(glaze) no. \(number)", price: Double(500 + number * 37 % 9_500 / 25 * 25) / 100,
            description: "A \(ware.lowercased()) with a \(glaze) glaze.")
        let added = try await client.send(.post, "inventory", "/products", try JSONObject(product))
        guard added.status == 201 || added.status == 409 else { throw ShopClient.refusal("inventory", added) }
        let booked = try await client.send(
            .put, "inventory", "/inventory/\(sku)", try JSONObject(Stock(quantity: stock)))
        guard booked.status == 200 else { throw ShopClient.refusal("inventory", booked) }
    }

    private func add(customer number: Int) async throws {
        let customer = Customer(
            id: SeedNames.customer(number), name: "Customer \(number)", email: "customer-\(number)@example.org",
            address: "\(number) Kiln Lane")
        let added = try await client.send(.post, "orders", "/customers", try JSONObject(customer))
        guard added.status == 201 else { throw ShopClient.refusal("orders", added) }
    }
}
