/// Where the shop's tables are.
public struct ShopFiles: Sendable {
    public var orders: String
    public var inventory: String
    /// The carrier's book, where the carrier is our own simulator.
    public var carrier: String?

    public init(orders: String, inventory: String, carrier: String?) {
        self.orders = orders
        self.inventory = inventory
        self.carrier = carrier
    }
}
