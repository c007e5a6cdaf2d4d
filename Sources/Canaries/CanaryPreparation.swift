public import Definitions
import FoundationEssentials

/// What a canary needs in the shop before its first run: itself as a customer, its product, and enough of it.
public struct CanaryPreparation: Sendable {
    private enum Step: Sendable {
        case customer, product, look, restock
    }

    /// Fewer than this on hand, and there will be more.
    private static let least = 100
    private static let stock = 10_000
    private static let deadline = Duration.seconds(5)

    private let definition: CanaryDefinition
    private var steps: [Step]

    public init(_ definition: CanaryDefinition, hasInventory: Bool) {
        self.definition = definition
        steps = hasInventory ? [.customer, .product, .look] : [.customer]
    }

    /// What is to be asked; nil when all is there.
    public var next: CanaryRequest? {
        switch steps.first {
        case .customer:
            CanaryRequest(
                .orders, .post, "/customers",
                body: "{\"id\":\"\(definition.customer)\",\"name\":\"Canary \(definition.name)\","
                    + "\"email\":\"canary@example.invalid\",\"address\":\"nowhere\"}",
                deadline: Self.deadline)
        case .product:
            CanaryRequest(
                .inventory, .post, "/products",
                body: "{\"sku\":\"\(definition.sku)\",\"name\":\"For synthetic customers\",\"price\":0.01}",
                deadline: Self.deadline)
        case .look: CanaryRequest(.inventory, .get, "/inventory/\(definition.sku)", deadline: Self.deadline)
        case .restock:
            CanaryRequest(
                .inventory, .put, "/inventory/\(definition.sku)", body: "{\"add\":\(Self.stock)}",
                deadline: Self.deadline)
        case nil: nil
        }
    }

    /// What the request of `next` came to; why it cannot go on, or nil.
    public mutating func hear(_ answer: CanaryAnswer) -> String? {
        guard let step = steps.first else { return nil }
        guard case .answered(let status, let body) = answer else {
            guard case .failed(let why, _) = answer else { return nil }
            return "the \(step) could not be prepared: \(why)"
        }
        // The same product again is in conflict with itself.
        guard (200..<300).contains(status) || step == .product && status == 409 else {
            return "the \(step) could not be prepared: answered \(status)"
        }
        steps.removeFirst()
        if step == .look, quantity(body) < Self.least { steps.append(.restock) }
        return nil
    }

    private func quantity(_ body: [UInt8]) -> Int {
        struct Stock: Decodable { let quantity: Int }
        return (try? JSONDecoder().decode(Stock.self, from: Data(body)))?.quantity ?? 0
    }
}
