import CSQLite
import Glibc

/// What the shop's statements cost alone: those that one order needs in both services' files, for the same orders, in
/// one process, in transactions of a hundred orders, with no bus and no HTTP.
public struct ShopFloor {
    public struct Result: Codable, Sendable {
        public let orders: Int
        public let ordersPerSecond: Double
        public let microsecondsPerOrder: Double
    }

    /// The schema of a service's file, as the service makes it.
    public struct Schema: Sendable {
        public let orders: [String]
        public let inventory: [String]

        public init(orders: [String], inventory: [String]) {
            self.orders = orders
            self.inventory = inventory
        }
    }

    private static let batch = 100
    private static let products = 100
    private static let customers = 100

    private let folder: String
    private let orders: BareFile
    private let inventory: BareFile

    /// `copies` are the files of a shop that ran: their schema is what the statements run on.
    public init(folder: String, schema: Schema) throws {
        self.folder = folder
        orders = try BareFile("\(folder)/floor-orders.sqlite", schema.orders)
        inventory = try BareFile("\(folder)/floor-inventory.sqlite", schema.inventory)
    }

    /// Runs for about so long.
    public func run(seconds: Double) throws -> Result {
        try seed()
        let began = Self.clock(CLOCK_MONOTONIC)
        let processor = Self.clock(CLOCK_PROCESS_CPUTIME_ID)
        var count = 0
        while Self.clock(CLOCK_MONOTONIC) - began < seconds {
            try round(from: count)
            count += Self.batch
        }
        let took = Self.clock(CLOCK_MONOTONIC) - began
        return Result(
            orders: count, ordersPerSecond: Double(count) / took,
            microsecondsPerOrder: (Self.clock(CLOCK_PROCESS_CPUTIME_ID) - processor) * 1e6 / Double(count))
    }

    private func seed() throws {
        try orders.transaction { file in
            for number in 0..<Self.customers {
                try file.run(
                    "INSERT INTO customers (id, name, email, address, created_at) VALUES (?, 'n', 'e', 'a', 0)",
                    .text(Self.customer(number)))
            }
        }
        try inventory.transaction { file in
            for number in 0..<Self.products {
                try file.run(
                    "INSERT INTO products (sku, name, price, created_at, updated_at) VALUES (?, 'Cup, celadon no. 1', 525, 0, 0)",
                    .text(Self.sku(number)))
                try file.run(
                    "INSERT INTO inventory (sku, quantity, updated_at) VALUES (?, 1000000000, 0)",
                    .text(Self.sku(number)))
            }
        }
    }

    /// A hundred orders from their placing to the settling of their bookings, each step in one transaction.
    private func round(from first: Int) throws {
        let all = (first..<(first + Self.batch)).map(ShopFloorOrder.init)
        try orders.transaction { file in for order in all { try order.place(file) } }
        try inventory.transaction { file in for order in all { try order.reserve(file) } }
        try orders.transaction { file in for order in all { try order.settle("inventory", 0, file) } }
        try orders.transaction { file in for order in all { try order.confirm(file) } }
        try inventory.transaction { file in for order in all { try order.settle("orders", 0, file) } }
        try orders.transaction { file in for order in all { try order.book(file) } }
        try orders.transaction { file in for order in all { try order.settle("carrier", 1, file) } }
    }

    static func customer(_ number: Int) -> String {
        ShopFloorOrder.padded("5eed0000-0000-7000-8000-", number % customers)
    }
    static func sku(_ number: Int) -> String { "SKU-\(100_000 + number % products)" }

    private static func clock(_ which: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(which, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}

/// The statements of one order, in the words of the services.
struct ShopFloorOrder {
    private let number: Int
    private let id: String
    private let skus: [String]

    init(_ number: Int) {
        self.number = number
        id = Self.padded("01a1fdde-73e1-75a4-a355-", number)
        // One to three products, as the load generator has it.
        skus = (0..<(number % 3 + 1)).map { ShopFloor.sku(number * 7 + $0 * 13) }
    }

    static func padded(_ prefix: String, _ number: Int) -> String {
        let digits = String(number, radix: 16)
        return prefix + String(repeating: "0", count: max(0, 12 - digits.count)) + digits
    }

    private var items: String {
        "[" + skus.map { "{\"sku\":\"\($0)\",\"quantity\":2}" }.joined(separator: ",") + "]"
    }
    private var lines: String {
        "["
            + skus.map { "{\"sku\":\"\($0)\",\"quantity\":2,\"price\":525,\"name\":\"Cup, celadon no. 1\"}" }
            .joined(separator: ",") + "]"
    }
    private var now: BareValue { .integer(1_790_000_000_000_000_000 + Int64(number)) }
    /// As large as a message of that many products.
    private var body: BareValue { .blob([UInt8](repeating: 0xA5, count: 140 + skus.count * 40)) }
    private var trace: BareValue { .text("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00") }

    func place(_ file: BareFile) throws {
        try file.run(ShopStatements.hasCustomer, .text(ShopFloor.customer(number)))
        try file.run(
            ShopStatements.insertOrder, .text(id), .text(ShopFloor.customer(number)), .text(items),
            .text("PENDING_INVENTORY"), now, now)
        try send("inventory", 0, "ReserveInventory", file)
    }

    func reserve(_ file: BareFile) throws {
        try take("orders", "a", file)
        try file.run(ShopStatements.findReservation, .text(id))
        for sku in skus { try file.run(ShopStatements.findShelf, .text(sku)) }
        try file.run(ShopStatements.insertReservation, .text(id), .text(lines), .text("RESERVED"), .null, now, now)
        for sku in skus {
            try file.run(ShopStatements.changeQuantity, .integer(-2), now, .text(sku))
            try file.run(ShopStatements.insertMovement, .text(sku), .integer(-2), .text("reserve"), .text(id), now)
        }
        try send("orders", 0, "InventoryReserved", file)
    }

    func confirm(_ file: BareFile) throws {
        try take("inventory", "b", file)
        try file.run(ShopStatements.findOrder, .text(id))
        try file.run(ShopStatements.confirmOrder, .text("CONFIRMED"), .text(lines), .integer(1_050), now, .text(id))
        try file.run(
            ShopStatements.insertDelivery, .text(id), .text(Self.padded("01a1fdde-73e1-75a4-b355-", number)),
            .text("BOOKING"), now)
        try file.run(ShopStatements.findDeliveryID, .text(id))
        try send("carrier", 1, "BookDelivery", file)
    }

    func book(_ file: BareFile) throws {
        try file.run(ShopStatements.findOrder, .text(id))
        try file.run(ShopStatements.findDelivery, .text(id))
        try file.run(ShopStatements.changeDelivery, .text("BOOKED"), .text("KC-\(number)"), .null, now, .text(id))
    }

    func settle(_ target: String, _ step: Int, _ file: BareFile) throws {
        try file.run(ShopStatements.deleteMessage, .text(target), .integer(Int64(number * 2 + step)))
    }

    private func send(_ target: String, _ step: Int, _ type: String, _ file: BareFile) throws {
        try file.run(
            ShopStatements.insertMessage, .text(target), .integer(Int64(number * 2 + step)), .text("\(id)\(step)"),
            .text(type), .text(id), body, now, trace)
    }

    private func take(_ source: String, _ step: String, _ file: BareFile) throws {
        let message = BareValue.text(Self.padded("01a1fdde-73e1-75a4-c355-", number) + step)
        try file.run(ShopStatements.findInbox, .text(source), message)
        try file.run(
            ShopStatements.insertInbox, .text(source), message, .blob([UInt8](repeating: 7, count: 16)), .blob([]), now)
    }
}

/// The statements that the services run for one order; a test holds them against the services' own.
public enum ShopStatements {
    public static let hasCustomer = "SELECT 1 FROM customers WHERE id = ?"
    public static let insertOrder = """
        INSERT INTO orders (id, customer_id, items, status, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)
        """
    public static let findOrder = "SELECT status, items, total, reason, customer_id FROM orders WHERE id = ?"
    public static let confirmOrder = "UPDATE orders SET status = ?, items = ?, total = ?, updated_at = ? WHERE id = ?"
    public static let insertDelivery = "INSERT INTO deliveries (order_id, id, status, updated_at) VALUES (?, ?, ?, ?)"
    public static let findDelivery = "SELECT status, reference, reason FROM deliveries WHERE order_id = ?"
    public static let findDeliveryID = "SELECT id FROM deliveries WHERE order_id = ?"
    public static let changeDelivery =
        "UPDATE deliveries SET status = ?, reference = ?, reason = ?, updated_at = ? WHERE order_id = ?"
    public static let findReservation = "SELECT outcome, items, reason FROM reservations WHERE order_id = ?"
    public static let insertReservation = """
        INSERT INTO reservations (order_id, items, outcome, reason, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)
        """
    public static let findShelf =
        "SELECT quantity, price, name FROM products JOIN inventory USING (sku) WHERE products.sku = ?"
    public static let changeQuantity = "UPDATE inventory SET quantity = quantity + ?, updated_at = ? WHERE sku = ?"
    public static let insertMovement = "INSERT INTO movements (sku, delta, cause, cause_id, at) VALUES (?, ?, ?, ?, ?)"
    public static let insertMessage = """
        INSERT INTO outbox (target, seq, id, type, key, body, created, trace) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """
    public static let deleteMessage = "DELETE FROM outbox WHERE target = ? AND seq = ?"
    public static let findInbox = "SELECT hash, reply FROM inbox WHERE source = ? AND id = ?"
    public static let insertInbox = "INSERT INTO inbox (source, id, hash, reply, received) VALUES (?, ?, ?, ?, ?)"
}
