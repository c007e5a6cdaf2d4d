/// What a load test does: so many orders a second, whether or not answers come.
public struct LoadPlan: Sendable {
    public var address: String
    public var port: UInt16
    public var key: String
    /// Orders a second.
    public var rate: Double
    public var seconds: Double
    public var customers: Int
    public var products: Int
    /// How unevenly customers and products are chosen: 0 for all alike, 1 as in many shops.
    public var skew: Double
    public var seed: UInt64
    /// An answer that takes longer counts as timed out.
    public var patience: Duration = .seconds(10)
    /// Connections at the same time; beyond them orders wait, and their waiting counts.
    public var mostConnections = 2_000

    public init(
        address: String, port: UInt16, key: String, rate: Double, seconds: Double, customers: Int, products: Int,
        skew: Double, seed: UInt64
    ) {
        self.address = address
        self.port = port
        self.key = key
        self.rate = rate
        self.seconds = seconds
        self.customers = customers
        self.products = products
        self.skew = skew
        self.seed = seed
    }

    /// How many orders there are to place.
    public var total: Int { Int(rate * seconds) }

    /// When an order is due, in nanoseconds after the start: no answer ever moves it.
    func due(_ number: Int) -> Int64 { Int64(Double(number) / rate * 1e9) }
}

/// The names that seeding gives, so that a load test knows them without asking.
public enum SeedNames {
    public static func customer(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return "5eed0000-0000-7000-8000-" + String(repeating: "0", count: max(0, 12 - digits.count)) + digits
    }

    public static func sku(_ number: Int) -> String {
        let digits = String(number)
        return "SKU-" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    }
}
