// What orders and inventory tell each other. It is delivered at least once and takes effect once: every message may come
// twice, late, and after what was said later.

/// A message between the services of the shop: which one it is stands in its `type`, and only its own is decoded.
public protocol ShopMessage: Codable, Sendable, Equatable {
    /// The name on the wire, which is also the type under which it is delivered.
    static var name: String { get }
    /// The order that it is about, and the key that keeps messages about one order in their order.
    var orderID: String { get }
}

/// So much of one product, as a customer asks for it.
public struct RequestedItem: Codable, Sendable, Equatable {
    public var sku: String
    public var quantity: Int64

    public init(sku: String, quantity: Int64) {
        self.sku = sku
        self.quantity = quantity
    }
}

/// So much of one product, with what it was called and what it cost when it was reserved.
public struct ReservedItem: Codable, Sendable, Equatable {
    public var sku: String
    public var quantity: Int64
    /// For one piece, in minor units: on the bus an integer of minor units too, with a decimal point only at the doors.
    public var price: Int64
    public var name: String

    public init(sku: String, quantity: Int64, price: Int64, name: String) {
        self.sku = sku
        self.quantity = quantity
        self.price = price
        self.name = name
    }
}

/// Orders ask inventory to put an order's items aside, all or none.
public struct ReserveInventory: ShopMessage {
    /// The only `type` that decodes as this message.
    public enum Kind: String, Codable, Sendable { case reserveInventory = "ReserveInventory" }
    public static let name = Kind.reserveInventory.rawValue

    public private(set) var type = Kind.reserveInventory
    public var orderID: String
    public var customerID: String
    public var items: [RequestedItem]
    /// When the order was placed, in ISO 8601.
    public var timestamp: String

    public init(orderID: String, customerID: String, items: [RequestedItem], timestamp: String) {
        self.orderID = orderID
        self.customerID = customerID
        self.items = items
        self.timestamp = timestamp
    }

    private enum CodingKeys: String, CodingKey {
        case type, items, timestamp
        case orderID = "order_id"
        case customerID = "customer_id"
    }
}

/// Inventory has put everything aside; the items are in the order in which they were asked for.
public struct InventoryReserved: ShopMessage {
    /// The only `type` that decodes as this message.
    public enum Kind: String, Codable, Sendable { case inventoryReserved = "InventoryReserved" }
    public static let name = Kind.inventoryReserved.rawValue

    public private(set) var type = Kind.inventoryReserved
    public var orderID: String
    public var items: [ReservedItem]

    public init(orderID: String, items: [ReservedItem]) {
        self.orderID = orderID
        self.items = items
    }

    private enum CodingKeys: String, CodingKey {
        case type, items
        case orderID = "order_id"
    }
}

/// Inventory has put nothing aside, and says why.
public struct InventoryReservationFailed: ShopMessage {
    /// The only `type` that decodes as this message.
    public enum Kind: String, Codable, Sendable { case inventoryReservationFailed = "InventoryReservationFailed" }
    public static let name = Kind.inventoryReservationFailed.rawValue

    public private(set) var type = Kind.inventoryReservationFailed
    public var orderID: String
    public var reason: String

    public init(orderID: String, reason: String) {
        self.orderID = orderID
        self.reason = reason
    }

    private enum CodingKeys: String, CodingKey {
        case type, reason
        case orderID = "order_id"
    }
}

/// Orders want nothing any more of what is, or may come to be, put aside for an order.
public struct ReleaseInventory: ShopMessage {
    /// The only `type` that decodes as this message.
    public enum Kind: String, Codable, Sendable { case releaseInventory = "ReleaseInventory" }
    public static let name = Kind.releaseInventory.rawValue

    public private(set) var type = Kind.releaseInventory
    public var orderID: String
    public var reason: String

    public init(orderID: String, reason: String) {
        self.orderID = orderID
        self.reason = reason
    }

    private enum CodingKeys: String, CodingKey {
        case type, reason
        case orderID = "order_id"
    }
}
