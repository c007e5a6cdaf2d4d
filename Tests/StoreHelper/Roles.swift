import Glibc
import Store

let counting = [Migration(1, "rows", "CREATE TABLE rows (number INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT")]

/// Writes one number after the other, and tells each once it is on disk.
func writeUntilKilled(_ file: String) async throws {
    let store = try await Store.open(StorePlan(file: file, migrations: counting))
    for await state in store.states() where state == .writer { break }
    var number = 0
    while true {
        number += 1
        let next = number
        try await store.write { try $0.run("INSERT INTO rows VALUES (?, 'written')", next) }
        say(next)
    }
}

/// Writes until the kernel lets no file grow any more, then with the limit lifted.
func writeThroughShortage(_ file: String) async throws {
    signal(SIGXFSZ, SIG_IGN)
    var plan = StorePlan(file: file, migrations: counting)
    plan.limits.quiet = .seconds(3_600)
    let store = try await Store.open(plan)
    try limitFiles(to: 512 << 10)
    var written = 0
    do {
        while written < 10_000 {
            let number = written + 1
            let text = String(repeating: "x", count: 2_000)
            try await store.write { try $0.run("INSERT INTO rows VALUES (?, ?)", number, text) }
            written = number
        }
    } catch StoreError.engine(let fault) { say("refused \(fault.kind) \(store.health.refusing != nil)") }
    try limitFiles(to: .max)
    for await health in polled({ store.health }) where health.refusing == nil { break }
    let number = written + 1
    try await store.write { try $0.run("INSERT INTO rows VALUES (?, 'after')", number) }
    let count = try await store.read { try $0.first("SELECT count(*) FROM rows") { try $0.value(0, as: Int.self) } }
    say("recovered \(count == number) \(try await store.integrityFaults().isEmpty)")
    await store.close()
}

/// Opens a file as a user who may not write it, if root asks.
func openUnprivileged(_ file: String) async throws {
    if getuid() == 0 { guard setuid(65_534) == 0 else { exit(71) } }
    let store = try await Store.open(StorePlan(file: file, migrations: counting))
    let count = try await store.read { try $0.first("SELECT count(*) FROM rows") { try $0.value(0, as: Int.self) } }
    say("read \(count ?? -1)")
    do {
        try await store.write { try $0.run("INSERT INTO rows VALUES (100, 'no')") }
        say("written")
    } catch { say("refused \(error)") }
    await store.close()
}

private func limitFiles(to bytes: rlim_t) throws {
    var limit = rlimit(rlim_cur: bytes, rlim_max: .max)
    guard setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0 else { exit(71) }
}

private func polled<Value: Sendable>(_ read: @escaping @Sendable () -> Value) -> AsyncStream<Value> {
    AsyncStream {
        // Polls for a condition; the test that started this process has the deadline.
        try? await Task.sleep(for: .milliseconds(20))
        return read()
    }
}

/// A line that whoever reads the pipe has at once.
private func say(_ words: Any) {
    print(words)
    fflush(nil)
}
