import Contracts
import Store

/// One of the things that must always hold, and the rows for which it does not.
public struct AuditFinding: Codable, Sendable, Equatable {
    /// The number of the invariant in the specification of the shop.
    public let invariant: Int
    /// What must hold.
    public let rule: String
    /// How many rows were looked at.
    public let checked: Int
    /// Rows for which it does not hold; the first of them where there are many.
    public let offending: [String]
    public let count: Int

    public var holds: Bool { count == 0 }
}

/// What an audit found.
public struct AuditReport: Codable, Sendable, Equatable {
    public var findings: [AuditFinding]
    /// Messages that still waited, and orders that were not decided, when the patience was over; zero when all was quiet.
    public var waiting: Int
    public var waitedSeconds: Double
    /// Messages that were given up and wait for a person, by service.
    public var deadLetters: Int
    /// Orders of real customers, and of synthetic ones: what must hold, holds for both.
    public var orders: Int
    public var syntheticOrders: Int

    public init(
        findings: [AuditFinding], waiting: Int, waitedSeconds: Double, deadLetters: Int, orders: Int,
        syntheticOrders: Int
    ) {
        self.findings = findings
        self.waiting = waiting
        self.waitedSeconds = waitedSeconds
        self.deadLetters = deadLetters
        self.orders = orders
        self.syntheticOrders = syntheticOrders
    }

    public var holds: Bool { findings.allSatisfy(\.holds) && waiting == 0 }
}

/// Checks the shop's tables against what must always hold. It knows the tables and the specification, and none of the
/// rules by which the services decide.
public struct ShopAudit {
    static let shown = 20

    let files: ShopFiles
    /// Orders that were answered 201, by their ids.
    let placed: [String]

    public init(_ files: ShopFiles, placed: [String] = []) {
        self.files = files
        self.placed = placed
    }

    /// How many messages wait, and orders are undecided, and deliveries are on their way. Blocks its thread.
    public func waiting() throws -> Int {
        let orders = try Inspection.read(files.orders) { connection in
            try number(connection, "SELECT count(*) FROM outbox")
                + number(connection, "SELECT count(*) FROM orders WHERE status = 'PENDING_INVENTORY'")
                + number(
                    connection, "SELECT count(*) FROM deliveries WHERE status IN ('BOOKING', 'CANCELLING', 'REFUSED')")
        }
        return try orders + Inspection.read(files.inventory) { try number($0, "SELECT count(*) FROM outbox") }
    }

    /// Messages that were given up.
    public func deadLetters() throws -> Int {
        try [files.orders, files.inventory].reduce(0) { sum, file in
            try sum
                + Inspection.read(file) { try number($0, "SELECT count(*) FROM dead_letters WHERE state = 'waiting'") }
        }
    }

    /// Orders of real customers, and of synthetic ones; deleted ones too.
    public func orders() throws -> (real: Int, synthetic: Int) {
        try Inspection.read(files.orders) { connection in
            let all = try number(connection, "SELECT count(*) FROM orders")
            // A range, which the index over customers answers.
            let synthetic = try number(
                connection,
                """
                SELECT count(*) FROM orders
                WHERE customer_id >= '\(Synthetic.customerPrefix)' AND customer_id < '\(Synthetic.customerPrefix)g'
                """)
            return (all - synthetic, synthetic)
        }
    }

    /// Checks everything. Blocks its thread.
    public func check() throws -> [AuditFinding] {
        let ledger = try Inspection.read(files.inventory) { connection in
            try LedgerChecks.all.map { try finding($0, connection) }
        }
        var beside = [(name: "inventory", file: files.inventory)]
        if let carrier = files.carrier { beside.append((name: "carrier", file: carrier)) }
        let orders = try Inspection.read(files.orders, beside: beside) { connection in
            var checks = OrderChecks.all
            if files.carrier != nil { checks += CarrierChecks.all }
            return try checks.map { try finding($0, connection) } + [placedFinding(connection)]
        }
        return (ledger + orders).sorted { $0.invariant < $1.invariant }
    }

    private func finding(_ check: Check, _ connection: Connection) throws -> AuditFinding {
        let rows = try connection.all("\(check.offending) LIMIT \(Self.shown + 1)") { try $0.value(0, as: String.self) }
        let count =
            rows.count <= Self.shown ? rows.count : try number(connection, "SELECT count(*) FROM (\(check.offending))")
        return AuditFinding(
            invariant: check.invariant, rule: check.rule, checked: try number(connection, check.population),
            offending: Array(rows.prefix(Self.shown)), count: count)
    }

    private func placedFinding(_ connection: Connection) throws -> AuditFinding {
        var missing: [String] = []
        for id in placed
        where try connection.first("SELECT 1 FROM orders WHERE id = ?", id, read: { _ in true }) == nil {
            missing.append(id)
        }
        return AuditFinding(
            invariant: 2, rule: "every order that was answered 201 is there", checked: placed.count,
            offending: Array(missing.prefix(Self.shown)), count: missing.count)
    }

    private func number(_ connection: Connection, _ sql: String) throws -> Int {
        try connection.first(sql) { try $0.value(0, as: Int.self) } ?? 0
    }
}

/// One rule as two queries: whom it concerns, and who breaks it, one text a row.
struct Check {
    let invariant: Int
    let rule: String
    let population: String
    let offending: String
}
