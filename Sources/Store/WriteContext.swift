public import Signals

/// What a write may do: the statements of one part of a transaction. Valid only inside the write.
public final class WriteContext {
    /// One reading of the clock for everything in the same commit.
    public let now: WallTime
    let connection: Connection
    private let numbers: OutboxNumbers
    /// The targets that got a message from the transaction so far.
    var targets: [String] = []
    /// What the transaction took out of the outbox without its being sent.
    var drained: [(target: String, upTo: Int64)] = []

    init(_ connection: Connection, now: WallTime, numbers: OutboxNumbers) {
        self.connection = connection
        self.now = now
        self.numbers = numbers
    }

    /// Runs a statement; how many rows it changed.
    @discardableResult
    public func run(_ sql: String, _ values: any StoredValue...) throws -> Int {
        try checkTransaction(sql)
        try connection.each(sql, values) { _ in true }
        return connection.changes
    }

    /// The first row of a result, if there is one.
    public func first<Value>(
        _ sql: String, _ values: any StoredValue..., read: (borrowing Row) throws -> Value
    ) throws -> Value? {
        try checkTransaction(sql)
        var found: Value?
        try connection.each(sql, values) { row in
            found = try read(row)
            return false
        }
        return found
    }

    /// All rows of a result. Bound it by LIMIT.
    public func all<Value>(
        _ sql: String, _ values: any StoredValue..., read: (borrowing Row) throws -> Value
    ) throws -> [Value] {
        try checkTransaction(sql)
        var found: [Value] = []
        try connection.each(sql, values) { row in
            found.append(try read(row))
            return true
        }
        return found
    }

    /// Puts a message into the outbox: it leaves once this transaction is on disk, and not otherwise.
    public func send(_ message: OutboxMessage) throws {
        try run(
            OutboxStatements.insert, message.target, numbers.next(), message.id, message.type, message.key,
            message.body, now.nanoseconds,
            message.trace?.traceparent)
        if !targets.contains(message.target) { targets.append(message.target) }
    }

    /// Does `body` for the first delivery of a message and stores its reply in the same transaction; every later
    /// delivery gets the stored reply. The same id with another message is refused.
    public func once(
        source: String, id: String, message: [UInt8], _ body: (WriteContext) throws -> [UInt8]
    ) throws -> [UInt8] {
        try once(in: .inbox, source: source, id: id, message: message, body)
    }

    func once(
        in table: OnceTable, source: String, id: String, message: [UInt8], _ body: (WriteContext) throws -> [UInt8]
    ) throws -> [UInt8] {
        let hash = fingerprint(message)
        let known = try first(table.find, source, id) {
            (try $0.value(0, as: [UInt8].self), try $0.value(1, as: [UInt8].self))
        }
        if let known {
            guard known.0 == hash else { throw StoreError.differentBody(source: source, id: id) }
            return known.1
        }
        let reply = try body(self)
        try run(table.insert, source, id, hash, reply, now.nanoseconds)
        return reply
    }

    /// After some faults SQLite has rolled everything back: what ran now would be committed alone.
    private func checkTransaction(_ sql: String) throws {
        guard connection.isOutsideTransaction else { return }
        throw StoreError.engine(
            EngineFault(
                code: 4, message: "the transaction was rolled back by an earlier fault", sql: sql,
                file: connection.file))
    }
}

/// What every message costs, at its sender and at its receiver; a benchmark runs the same.
public enum OutboxStatements {
    public static let insert = """
        INSERT INTO outbox (target, seq, id, type, key, body, created, trace) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        """
    public static let delete = "DELETE FROM outbox WHERE target = ? AND seq = ?"
    public static var findInbox: String { OnceTable.inbox.find }
    public static var insertInbox: String { OnceTable.inbox.insert }
}

/// A table of what was done already, with the replies.
struct OnceTable: Sendable {
    let find: String
    let insert: String
    let prune: String

    private init(_ name: String) {
        find = "SELECT hash, reply FROM \(name) WHERE source = ? AND id = ?"
        insert = "INSERT INTO \(name) (source, id, hash, reply, received) VALUES (?, ?, ?, ?, ?)"
        prune = "DELETE FROM \(name) WHERE seq IN (SELECT seq FROM \(name) ORDER BY seq LIMIT ?) AND received < ?"
    }

    static let inbox = OnceTable("inbox")
    static let forwarded = OnceTable("forwarded")
}

/// Numbers the outbox of one file. They rise and are never given twice, so they start at the clock or behind what is
/// there, whichever is later.
final class OutboxNumbers {
    private var last: Int64

    init(_ connection: Connection, now: WallTime) throws {
        last = now.nanoseconds / 1_000
        for target in try connection.outboxTargets() {
            let sql = "SELECT max(seq) FROM outbox WHERE target = ?"
            last = max(last, try connection.first(sql, target) { try $0.value(0, as: Int64.self) } ?? 0)
        }
    }

    func next() -> Int64 {
        last += 1
        return last
    }
}

/// A message that leaves with the transaction that causes it.
public struct OutboxMessage: Sendable, Equatable {
    /// The same for every delivery: the receiver's inbox knows it again.
    public var id: String
    /// The role that receives it.
    public var target: String
    public var type: String
    /// Messages of one key reach a target in their order; an empty key asks for none.
    public var key: String
    public var body: [UInt8]
    public var trace: TraceContext?

    public init(
        target: String, type: String, key: String = "", body: [UInt8], id: String = newIdentifier(),
        trace: TraceContext? = nil
    ) {
        self.id = id
        self.target = target
        self.type = type
        self.key = key
        self.body = body
        self.trace = trace
    }
}
