import CSQLite
import Contracts
import Glibc
import Synchronization

/// Threads that read, each with its own read-only connection: they never wait for the writer, nor it for them.
final class Readers: Sendable {
    typealias Read = @Sendable (Reader) -> Void

    private struct State {
        var waiting: [Read] = []
        var closed = false
    }

    private let file: String
    private let limit: Int
    private let state = Mutex(State())
    private let threads: [StoreThread]

    init(_ plan: StorePlan, _ health: Health) {
        file = plan.file
        limit = plan.limits.waitingReads
        threads = (0..<max(1, plan.limits.readers)).map { StoreThread(name: "store-read-\($0)") }
        for thread in threads { thread.start { [self] in Reader(plan, health: health) { self.next() } } }
    }

    func read<Value: Sendable>(_ body: @escaping @Sendable (Connection) throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let refusal = put { reader in continuation.resume(with: Result { try reader.snapshot(body) }) }
            if let refusal { continuation.resume(throwing: refusal) }
        }
    }

    private func put(_ read: @escaping Read) -> StoreError? {
        let refusal: StoreError? = state.withLock { state in
            guard !state.closed else { return .closed(file: file) }
            guard state.waiting.count < limit else { return .overloaded(waiting: state.waiting.count) }
            state.waiting.append(read)
            return nil
        }
        // One sleeper is enough; those that are awake look again before they sleep.
        if refusal == nil { _ = threads.first { $0.ring() } }
        return refusal
    }

    private func next() -> Read? { state.withLock { $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() } }

    /// Finishes what waits and closes the connections.
    func close() async {
        state.withLock { $0.closed = true }
        for thread in threads { await thread.stop() }
    }
}

/// What one reading thread owns.
final class Reader: StoreWork {
    private let file: String
    private let cache: Int
    private let health: Health
    private let next: () -> Readers.Read?
    private var connection: Connection?

    init(_ plan: StorePlan, health: Health, next: @escaping () -> Readers.Read?) {
        file = plan.file
        cache = plan.limits.cache / 4
        self.health = health
        self.next = next
    }

    var due: Moment { .never }

    func turn(now: Moment) -> Bool {
        guard let read = next() else { return false }
        read(self)
        return true
    }

    func close() { connection = nil }

    /// All statements of `body` see the file at one moment.
    func snapshot<Value>(_ body: (Connection) throws -> Value) throws -> Value {
        do {
            let connection = try opened()
            try connection.run("BEGIN")
            defer { if !connection.isOutsideTransaction { try? connection.run("ROLLBACK") } }
            return try body(connection)
        } catch {
            health.noteRead(error)
            throw error
        }
    }

    /// A connection to the file that stands there now: it may not have been there before, or be another one since.
    private func opened() throws -> Connection {
        if let connection, !connection.isReplaced { return connection }
        if connection != nil { health.replaced() }
        connection = nil
        let opened = try Connection(file, .reader)
        try opened.script(
            "PRAGMA busy_timeout = 1000; PRAGMA query_only = ON; PRAGMA temp_store = MEMORY;"
                + "PRAGMA cache_size = -\(cache);")
        connection = opened
        return opened
    }
}
