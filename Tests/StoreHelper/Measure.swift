import CSQLite
import Contracts
import Glibc
import Signals
import Store

private let ordersTable = """
    CREATE TABLE orders (
        id TEXT PRIMARY KEY, customer_id TEXT NOT NULL, items TEXT NOT NULL, total INTEGER NOT NULL,
        status TEXT NOT NULL, created_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID
    """
private let insertOrder = "INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?)"
private let insertMessage =
    "INSERT INTO outbox (target, seq, id, type, key, body, created, trace) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
private let items = #"[{"sku":"BOWL-1","quantity":2,"price":1250,"name":"Bowl"}]"#
private let message = [UInt8](repeating: 65, count: 220)

/// Prints transactions a second of 64 concurrent writers, beside the same statements in a bare loop.
func measure(in folder: String) async throws {
    let count = 100_000
    for round in 1...3 {
        let ours = try await throughStore("\(folder)/ours-\(round).sqlite", count)
        let floor = try bareLoop("\(folder)/floor-\(round).sqlite", count)
        print("round \(round): store \(ours.text), bare loop \(floor.text), share \(ours.rate / floor.rate)")
    }
}

private struct Measured {
    let rate: Double
    let processor: Double
    let note: String
    var text: String { "\(Int(rate))/s at \(Int(processor)) us CPU\(note)" }
}

private func measured(_ count: Int, _ note: String, from start: (Duration, Double)) -> Measured {
    let seconds = (monotonicNow() - start.0).inSeconds
    return Measured(
        rate: Double(count) / seconds, processor: (processorSeconds() - start.1) * 1e6 / Double(count), note: note)
}

private func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

private func throughStore(_ file: String, _ count: Int) async throws -> Measured {
    var plan = StorePlan(file: file, migrations: [Migration(1, "orders", ordersTable)])
    plan.metrics = Metrics()
    let store = try await Store.open(plan)
    let start = (monotonicNow(), processorSeconds())
    let writers = 64
    try await withThrowingTaskGroup(of: Void.self) { group in
        for writer in 0..<writers {
            group.addTask {
                for _ in 0..<(count / writers) {
                    let id = newIdentifier()
                    try await store.write { context in
                        try context.run(
                            insertOrder, id, "customer-\(writer)", items, 2_500, "PENDING_INVENTORY",
                            context.now.nanoseconds)
                        try context.send(
                            OutboxMessage(target: "inventory", type: "ReserveInventory", key: id, body: message))
                    }
                }
            }
        }
        try await group.waitForAll()
    }
    let done = count / writers * writers
    let commits = plan.metrics.counter(
        "store.commits", help: "", labels: ["file": String(file.split(separator: "/").last ?? "")])
    let result = measured(done, ", \(done / max(commits.value, 1)) writes a commit", from: start)
    await store.close()
    return result
}

private func bareLoop(_ file: String, _ count: Int) throws -> Measured {
    var database: OpaquePointer?
    sqlite3_open_v2(file, &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nil)
    defer { sqlite3_close_v2(database) }
    let outbox = """
        CREATE TABLE outbox (
            target TEXT NOT NULL, seq INTEGER NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL, key TEXT NOT NULL,
            body BLOB NOT NULL, created INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
            deaths INTEGER NOT NULL DEFAULT 0, next_attempt INTEGER NOT NULL DEFAULT 0, trace TEXT,
            last_error TEXT, PRIMARY KEY (target, seq)
        ) STRICT, WITHOUT ROWID
        """
    sqlite3_exec(
        database, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; \(ordersTable); \(outbox)", nil, nil, nil)
    let statements = try ["BEGIN IMMEDIATE", insertOrder, insertMessage, "COMMIT"].map { sql in
        var statement: OpaquePointer?
        guard sqlite3_prepare_v2(database, sql, -1, &statement, nil) == SQLITE_OK, let statement else {
            throw StoreError.file(path: file, doing: "prepare", code: 0)
        }
        return statement
    }
    defer { for statement in statements { sqlite3_finalize(statement) } }
    let start = (monotonicNow(), processorSeconds())
    for number in 0..<count {
        if number % 100 == 0 { step(statements[0]) }
        let id = newIdentifier()
        let now = WallTime.now.nanoseconds
        bind(statements[1], [id, "customer-\(number % 64)", items, 2_500, "PENDING_INVENTORY", now])
        let none: String? = nil
        bind(statements[2], ["inventory", number, newIdentifier(), "ReserveInventory", id, message, now, none])
        if number % 100 == 99 { step(statements[3]) }
    }
    return measured(count, "", from: start)
}

private func step(_ statement: OpaquePointer) {
    precondition(sqlite3_step(statement) == SQLITE_DONE)
    sqlite3_reset(statement)
}

private func bind(_ statement: OpaquePointer, _ values: [any StoredValue]) {
    for (index, value) in values.enumerated() { _ = value.bind(to: statement, at: Int32(index + 1)) }
    step(statement)
}
