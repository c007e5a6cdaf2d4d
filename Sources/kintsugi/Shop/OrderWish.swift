import FoundationEssentials
import Signals
import WebClient

/// An order as the service shows it.
struct OrderState: Codable, Equatable {
    let id: String
    let status: String
    let total: Double?
    let reason: String?
}

/// One order that a person wants placed.
struct OrderWish: Sendable, Encodable {
    struct Item: Encodable {
        let sku: String
        let quantity: Int
    }
    private struct Body: Encodable {
        let customer: String
        let items: [Item]

        private enum CodingKeys: String, CodingKey {
            case customer = "customer_id"
            case items
        }
    }
    private struct Receipt: Decodable {
        let order: String

        private enum CodingKeys: String, CodingKey { case order = "order_id" }
    }

    let customer: String
    let sku: String
    let quantity: Int

    private static let patience = Duration.seconds(10)

    /// Places it, and waits until it is decided.
    func place(_ client: ShopClient) async throws -> (String, OrderState) {
        let body = try JSONObject(Body(customer: customer, items: [Item(sku: sku, quantity: quantity)]))
        let answer = try await client.send(.post, "orders", "/orders", body)
        guard answer.status == 201 else { throw ShopClient.refusal("orders", answer) }
        let id = try JSONDecoder().decode(Receipt.self, from: Data(answer.body)).order
        let end = monotonicNow() + Self.patience
        while true {
            let shown = try await client.send(.get, "orders", "/orders/\(id)")
            guard shown.status == 200 else { throw ShopClient.refusal("orders", shown) }
            let state = try JSONDecoder().decode(OrderState.self, from: Data(shown.body))
            guard state.status == "PENDING_INVENTORY", monotonicNow() < end else { return (id, state) }
            // The pace of looking.
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
