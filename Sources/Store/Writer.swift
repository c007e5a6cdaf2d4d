import CHost
import CSQLite
import Contracts
import Glibc
import Signals
import Synchronization

/// Owns the one connection that writes a file: gathers what waits into one commit, and does all checkpoints.
///
/// Only one connection may commit and checkpoint: SQLite before 3.51.3 can otherwise lose a commit when the log is
/// reset (https://sqlite.org/wal.html, "The WAL-Reset Bug").
final class Writer: StoreWork {
    private static let pruningBite = 1_000
    /// Milliseconds for a lock that another connection holds for a moment, such as a reader that recovers the log.
    private static let patience: Int32 = 250

    private let plan: StorePlan
    private let shared: StoreShared
    /// Held as long as this lives, and given up after the connection is closed.
    private let lease: Lease
    private var connection: Connection?
    private var numbers: OutboxNumbers?
    private let log = LogLength()
    private static let worthACommit = 32
    private var nextCommit = Moment.zero
    private var nextOpening = Moment.zero
    private var nextCheckpoint = Moment.never
    private var nextPulse = Moment.never
    private var nextPruning = Moment.zero

    init(_ plan: StorePlan, _ shared: StoreShared, _ lease: Lease) {
        self.plan = plan
        self.shared = shared
        self.lease = lease
    }

    var due: Moment {
        connection == nil ? nextOpening : min(nextCheckpoint, nextPulse, nextPruning)
    }

    func turn(now: Moment) -> Bool {
        guard let connection = opened(now) else {
            let parts = shared.queue.take(plan.limits.batch)
            for part in parts { part.fail(shared.health.current.refusing ?? .closed(file: plan.file)) }
            return !parts.isEmpty
        }
        gather()
        let parts = shared.queue.take(plan.limits.batch)
        if !parts.isEmpty { commit(parts, connection) }
        if self.connection != nil { upkeep(connection, now, quiet: parts.isEmpty) }
        return !parts.isEmpty
    }

    /// Commits begin no closer together than this, unless enough waits to make one worth it: each costs as much as the
    /// writes of several orders, and what comes within the pause goes along.
    private func gather() {
        let waiting = shared.queue.count
        guard waiting > 0 else { return }
        let now = Moment.clock
        let pause = nextCommit.nanoseconds(since: now)
        guard pause > 0, waiting < Self.worthACommit else {
            nextCommit = now + plan.limits.pace
            return
        }
        nextCommit = nextCommit + plan.limits.pace
        // The pace of this thread, which nobody can ring out of it: to be woken for each write is what it avoids.
        var time = timespec(tv_sec: 0, tv_nsec: Int(pause))
        nanosleep(&time, nil)
    }

    func close() {
        if let connection {
            _ = try? checkpoint(connection, SQLITE_CHECKPOINT_TRUNCATE)
            self.connection = nil
        }
        lease.release()
        if !shared.isHandingOver.load(ordering: .sequentiallyConsistent) { shared.states.set(.closed) }
    }

    // MARK: opening

    /// Tries again each second: the cause of a failure may go away.
    private func opened(_ now: Moment) -> Connection? {
        if let connection { return connection }
        guard now >= nextOpening else { return nil }
        do {
            let connection = try open()
            numbers = try OutboxNumbers(connection, now: .now)
            self.connection = connection
            shared.health.accepting()
            shared.health.replaced()
            shared.states.set(.writer)
            nextCheckpoint = now + plan.limits.quiet
            return connection
        } catch {
            let fault = shared.health.refuse(error, file: plan.file)
            shared.states.set(.failing(fault))
            nextOpening = now + .seconds(1)
            return nil
        }
    }

    private func open() throws -> Connection {
        let connection = try Connection(plan.file, .writer)
        try connection.script(
            "PRAGMA busy_timeout = \(Self.patience); PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = ON;"
                + "PRAGMA cache_size = -\(plan.limits.cache);")
        let mode = try connection.first("PRAGMA journal_mode = WAL") { try $0.value(0, as: String.self) }
        guard mode == "wal" else {
            throw StoreError.engine(
                EngineFault(
                    code: SQLITE_READONLY, message: "its journal mode is \(mode ?? "none") and cannot become WAL",
                    sql: nil, file: plan.file))
        }
        try connection.script("PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;")
        guard sqlite3_db_readonly(connection.handle, "main") == 0 else {
            throw StoreError.engine(
                EngineFault(code: SQLITE_READONLY, message: "the file is read-only", sql: nil, file: plan.file))
        }
        try Migrations.apply(plan.migrations, to: connection, at: WallTime.now.iso8601)
        log.watch(connection)
        if let pages = plan.limits.mostPages { try connection.script("PRAGMA max_page_count = \(pages)") }
        return connection
    }

    // MARK: commits

    private func commit(_ parts: [any WritePart], _ connection: Connection) {
        guard let numbers else { return }
        let began = Moment.clock
        do {
            try refuseReplaced(connection)
            try connection.run("BEGIN IMMEDIATE")
        } catch { return fail(parts, shared.health.refuse(error, file: plan.file)) }
        let context = WriteContext(connection, now: .now, numbers: numbers)
        var done: [any WritePart] = []
        for (index, part) in parts.enumerated() {
            if run(part, context, alone: parts.count == 1) { done.append(part) }
            guard connection.isOutsideTransaction else { continue }
            // SQLite rolled back what ran before, too; the rest gets a transaction of its own.
            fail(done, shared.health.lastFault ?? connection.fault(nil))
            let rest = Array(parts[(index + 1)...])
            guard self.connection != nil else { return fail(rest, shared.health.lastFault ?? .closed(file: plan.file)) }
            return rest.isEmpty ? () : commit(rest, connection)
        }
        end(done, context, since: began)
    }

    /// Makes what ran durable and answers for it.
    private func end(_ done: [any WritePart], _ context: WriteContext, since began: Moment) {
        let connection = context.connection
        do { try connection.run(done.isEmpty ? "ROLLBACK" : "COMMIT") } catch {
            abandon(connection)
            return fail(done, shared.health.refuse(error, file: plan.file))
        }
        guard !done.isEmpty else { return }
        shared.health.accepting()
        shared.metrics.committed(parts: done.count, in: Moment.clock.since(began))
        for (target, seq) in context.drained { shared.drained(target, upTo: seq) }
        if !context.targets.isEmpty { shared.committed(to: context.targets) }
        for part in done { part.succeed() }
    }

    /// Runs one part so that it alone is undone when it fails; answers it then, and says false.
    private func run(_ part: any WritePart, _ context: WriteContext, alone: Bool) -> Bool {
        let (targets, drained) = (context.targets.count, context.drained.count)
        do {
            // Alone it is the whole transaction, and COMMIT or ROLLBACK does what a savepoint would.
            if !alone { try context.connection.run("SAVEPOINT part") }
            try part.run(context)
            guard !context.connection.isOutsideTransaction else { throw context.connection.fault(nil) }
            if !alone { try context.connection.run("RELEASE part") }
            return true
        } catch {
            context.targets.removeLast(context.targets.count - targets)
            context.drained.removeLast(context.drained.count - drained)
            shared.health.note(error, file: plan.file)
            if !alone { undo(context.connection) }
            part.fail(error)
            return false
        }
    }

    /// Undoes the part that failed; what cannot be undone alone takes the whole transaction with it.
    private func undo(_ connection: Connection) {
        guard !connection.isOutsideTransaction else { return }
        do {
            try connection.run("ROLLBACK TO part")
            try connection.run("RELEASE part")
        } catch {
            shared.health.note(error, file: plan.file)
            abandon(connection)
        }
    }

    /// Ends a transaction that failed. A connection that cannot even do that is closed, which does.
    private func abandon(_ connection: Connection) {
        guard !connection.isOutsideTransaction else { return }
        do { try connection.run("ROLLBACK") } catch {
            shared.health.note(error, file: plan.file)
            connection.close()
            self.connection = nil
            nextOpening = .zero
        }
    }

    private func fail(_ parts: [any WritePart], _ error: any Error) {
        for part in parts { part.fail(error) }
    }

    private func refuseReplaced(_ connection: Connection) throws {
        guard connection.isReplaced else { return }
        throw StoreError.replaced(file: plan.file)
    }

    // MARK: upkeep

    private func upkeep(_ connection: Connection, _ now: Moment, quiet: Bool) {
        if !quiet {
            nextCheckpoint = now + plan.limits.quiet
            if log.pages - log.pagesAtLastCheckpoint >= plan.limits.logPages {
                tryCheckpoint(connection, now, full: false)
            }
        } else if now >= nextCheckpoint {
            tryCheckpoint(connection, now, full: true)
        }
        pulse(connection, now)
        if now >= nextPruning { prune(connection, now) }
    }

    /// While writes are refused: one of our own each second, so that the store notices when the cause is gone.
    private func pulse(_ connection: Connection, _ now: Moment) {
        guard shared.health.current.refusing != nil else { return nextPulse = .never }
        guard nextPulse != .never, now >= nextPulse else {
            if nextPulse == .never { nextPulse = now + .seconds(1) }
            return
        }
        nextPulse = now + .seconds(1)
        do {
            try refuseReplaced(connection)
            try connection.run(
                "INSERT INTO store_pulse VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET at = excluded.at",
                WallTime.now.nanoseconds)
            shared.health.accepting()
        } catch {
            shared.health.refuse(error, file: plan.file)
        }
    }

    /// In bounded bites, so that no caller waits long behind it; after a full one the next follows soon.
    private func prune(_ connection: Connection, _ now: Moment) {
        var full = false
        do {
            for (table, retention) in [
                (OnceTable.inbox, plan.limits.inboxRetention), (.forwarded, plan.limits.forwardRetention),
            ] {
                let cutoff = WallTime.now.nanoseconds - retention.wholeNanoseconds
                try connection.run(table.prune, Self.pruningBite, cutoff)
                full = full || connection.changes == Self.pruningBite
            }
        } catch { shared.health.note(error, file: plan.file) }
        nextPruning = now + (full ? .milliseconds(100) : .seconds(10))
    }

    private func tryCheckpoint(_ connection: Connection, _ now: Moment, full: Bool) {
        nextCheckpoint = .never
        guard log.pages > 0 else { return }
        let began = Moment.clock
        defer { shared.metrics.checkpointed(in: Moment.clock.since(began)) }
        do {
            let emptied = try checkpoint(connection, full ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE)
            // A reader holds it back: later again.
            if full && !emptied { nextCheckpoint = now + .seconds(1) }
        } catch {
            shared.health.note(error, file: plan.file)
            nextCheckpoint = now + .seconds(1)
        }
    }

    /// Moves what is committed from the log into the file; true when the log is empty after it.
    @discardableResult
    private func checkpoint(_ connection: Connection, _ mode: Int32) throws -> Bool {
        var inLog: Int32 = 0
        var moved: Int32 = 0
        // No reader is waited for: callers would wait with us.
        sqlite3_busy_timeout(connection.handle, 0)
        defer { sqlite3_busy_timeout(connection.handle, Self.patience) }
        let code = sqlite3_wal_checkpoint_v2(connection.handle, nil, mode, &inLog, &moved)
        log.checkpointed(emptied: code == SQLITE_OK && mode == SQLITE_CHECKPOINT_TRUNCATE)
        if code & 0xFF == SQLITE_BUSY { return false }
        guard code == SQLITE_OK else { throw connection.fault("PRAGMA wal_checkpoint") }
        return mode == SQLITE_CHECKPOINT_TRUNCATE
    }
}

/// How long the write-ahead log is, as SQLite tells after each commit.
final class LogLength {
    fileprivate(set) var pages = 0
    fileprivate(set) var pagesAtLastCheckpoint = 0

    /// Takes the place of SQLite's own hook, which would checkpoint by itself. The connection must not outlive this.
    func watch(_ connection: Connection) {
        // An earlier life may have left a log: it counts as something to empty.
        pages = 1
        sqlite3_wal_hook(
            connection.handle,
            { pointer, _, _, pages in
                guard let pointer else { return SQLITE_OK }
                let length = Unmanaged<LogLength>.fromOpaque(pointer).takeUnretainedValue()
                // It starts again from the beginning once all of it is in the file.
                if Int(pages) < length.pages { length.pagesAtLastCheckpoint = 0 }
                length.pages = Int(pages)
                return SQLITE_OK
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    func checkpointed(emptied: Bool) {
        if emptied { pages = 0 }
        pagesAtLastCheckpoint = pages
    }
}

extension Connection {
    /// Whether another file, or none, stands under the name of the one that is open.
    var isReplaced: Bool {
        var moved: Int32 = 0
        sqlite3_file_control(handle, "main", SQLITE_FCNTL_HAS_MOVED, &moved)
        return moved != 0
    }
}
