import Contracts

/// Writes the requests of a load test.
struct OrderWriter {
    private let customers: Skewed
    private let products: Skewed
    private let head: [UInt8]
    private var chance: Chance

    init(_ plan: LoadPlan) {
        customers = Skewed(count: plan.customers, skew: plan.skew)
        products = Skewed(count: plan.products, skew: plan.skew)
        chance = Chance(seed: plan.seed)
        head = Array(
            """
            POST /orders HTTP/1.1\r
            host: \(plan.address):\(plan.port)\r
            x-api-key: \(plan.key)\r
            content-type: application/json\r
            content-length:
            """.utf8)
    }

    /// An order of one to three products.
    mutating func next() -> [UInt8] {
        var items: [String] = []
        var skus: [Int] = []
        for _ in 0..<Int.random(in: 1...3, using: &chance) {
            let number = products.choose(using: &chance)
            guard !skus.contains(number) else { continue }
            skus.append(number)
            let quantity = Int.random(in: 1...3, using: &chance)
            items.append("{\"sku\":\"\(SeedNames.sku(number))\",\"quantity\":\(quantity)}")
        }
        let customer = SeedNames.customer(customers.choose(using: &chance))
        let body = "{\"customer_id\":\"\(customer)\",\"items\":[\(items.joined(separator: ","))]}"
        var request = head
        request.append(contentsOf: " \(body.utf8.count)\r\n\r\n\(body)".utf8)
        return request
    }
}
