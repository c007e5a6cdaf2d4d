import Contracts
import Host
import Signals
import Web
import WebClient

/// The shop as its people see it: asked at its own doors, as any other client asks.
struct ShopDoors: Sendable {
    let client: WebClient
    let neighbours: Neighbours
    let data: String
    let portOffset: Int

    var routes: [Route] { [show] }

    private var show: Route {
        Route(
            .get, "/api/shop", "The latest orders, and what is on hand", roles: Acting.see,
            answers: [.ok(ObjectOf("orders, stock, rates, missing"))]
        ) { _ in
            async let orders = ask(8081, "/latest-orders?limit=50", as: Asked.Orders.self)
            async let stock = ask(8082, "/products?limit=100", as: Asked.Stock.self)
            let (found, products) = await (orders, stock)
            return try .value(Shown(found, products, await rates()))
        }
    }

    /// Orders a second as Telemetry has heard them last; nothing where it has heard nothing.
    private func rates() async -> Shown.Rates {
        Shown.Rates(
            ordersPerSecond: await latest("orders.placed:rate") { $0.contains(SignalLabel("synthetic", "false")) },
            failedPerSecond: await latest("http.server.request.duration:rate") { labels in
                labels.contains(SignalLabel("http.route", "/orders"))
                    && labels.contains { $0.name == "http.response.status_code" && $0.value.hasPrefix("5") }
            })
    }

    private func latest(_ name: String, _ isMeant: @escaping @Sendable ([SignalLabel]) -> Bool) async -> Double? {
        var query = SignalQuery(.metrics)
        (query.node, query.name) = ("orders", name)
        query.from = WallTime.now.nanoseconds - 5_000_000_000
        guard let answer = try? await neighbours.telemetry({ [query] in try await $0.query(query) }) else { return nil }
        return answer.series.filter { isMeant($0.labels) }.reduce(0) { sum, series in
            sum + (series.points.compactMap(\.self).last ?? 0)
        }
    }

    private func ask<Value: Decodable & Sendable>(_ port: Int, _ path: String, as type: Value.Type) async -> Value? {
        guard let key = LocalKey.read(data: data) else { return nil }
        var request = ClientRequest(.get, "http://127.0.0.1:\(port + portOffset)\(path)")
        request.headers.append(("x-api-key", key))
        request.deadline = .seconds(2)
        guard let response = try? await client.send(request), response.status == 200 else { return nil }
        return (try? JSONText.pack(response.body)).flatMap { try? Packed.decode(type, from: $0) }
    }
}

/// What the doors of the shop tell, as far as it is shown.
private enum Asked {
    struct Orders: Codable, Sendable {
        struct Order: Codable, Sendable {
            var id: String
            var customer: String
            var status: String
            var total: Double?
            var created: String

            private enum CodingKeys: String, CodingKey {
                case id, status, total
                case customer = "customer_id"
                case created = "created_at"
            }
        }
        struct Count: Codable, Sendable {
            var status: String
            var count: Int
        }
        var orders: [Order]
        var counts: [Count]
    }
    struct Stock: Codable, Sendable {
        struct Product: Codable, Sendable {
            var sku: String
            var name: String
            var quantity: Int
        }
        var products: [Product]
    }
}

/// The shop as the page shows it.
private struct Shown: Codable, Sendable {
    struct Rates: Codable, Sendable {
        var ordersPerSecond: Double?
        var failedPerSecond: Double?
    }
    struct Order: Codable, Sendable {
        var id: String
        var status: String
        var customer: String
        var total: Double?
        /// Nanoseconds since 1970.
        var created: Int64
    }
    struct Orders: Codable, Sendable {
        /// Of the latest ones, which are counted by their status.
        var total: Int
        var byStatus: [String: Int]
        var recent: [Order]
    }
    struct Product: Codable, Sendable {
        var sku: String
        var name: String
        /// What is on hand, and not promised to anybody.
        var onHand: Int
    }
    var at: Int64
    var orders: Orders?
    var stock: [Product]?
    var rates: Rates
    var missing: [String]

    init(_ orders: Asked.Orders?, _ stock: Asked.Stock?, _ rates: Rates) {
        at = WallTime.now.nanoseconds
        self.orders = orders.map { found in
            Orders(
                total: found.counts.reduce(0) { $0 + $1.count },
                byStatus: Dictionary(
                    found.counts.map { ($0.status, $0.count) }, uniquingKeysWith: { first, _ in first }),
                recent: found.orders.map {
                    Order(
                        id: $0.id, status: $0.status, customer: $0.customer, total: $0.total,
                        created: Self.nanoseconds($0.created))
                })
        }
        self.stock = stock?.products.map { Product(sku: $0.sku, name: $0.name, onHand: $0.quantity) }
        self.rates = rates
        missing = (orders == nil ? ["orders"] : []) + (stock == nil ? ["stock"] : [])
    }

    private static func nanoseconds(_ text: String) -> Int64 {
        Array(text.utf8).withUnsafeBufferPointer { TimeShape.time.parse($0) }?.nanoseconds ?? 0
    }
}
