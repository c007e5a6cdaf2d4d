import CSQLite
import Glibc
import Threads

/// Copies of a file, made while it is written, and put back.
public enum Backup {
    /// Pages copied at a time.
    static let pagesPerStep: Int32 = 256

    /// Copies what is committed at this moment to a new file and checks the copy. The writer goes on; only its log
    /// is not emptied meanwhile. Blocks its thread.
    public static func make(of file: String, to copy: String) throws {
        let part = copy + ".part"
        unlink(part)
        do {
            try copyPages(from: file, to: part)
            let faults = try check(part)
            guard faults.isEmpty else { throw damage(part, faults) }
            try synchronise(part)
            try moveFile(part, to: copy)
            try synchronise(folder(of: copy))
        } catch {
            unlink(part)
            throw error
        }
    }

    /// Puts a copy in the place of a file that nobody writes; what was there stays beside it as `.before-restore`.
    public static func restore(_ copy: String, to file: String) throws {
        let lease = try Lease.take(of: file)
        defer { lease.release() }
        let part = file + ".part"
        unlink(part)
        do {
            try copyPages(from: copy, to: part)
            let faults = try check(part)
            guard faults.isEmpty else { throw damage(copy, faults) }
            try synchronise(part)
            try moveAside(file)
            try moveFile(part, to: file)
            try synchronise(folder(of: file))
        } catch {
            unlink(part)
            throw error
        }
    }

    /// Reads every page of a file that nobody changes; what is wrong, in SQLite's words, and nothing when it is whole.
    public static func check(_ file: String) throws -> [String] {
        try integrity(Connection(file, .immutable))
    }

    static func integrity(_ connection: Connection) throws -> [String] {
        let lines = try connection.all("PRAGMA integrity_check(20)") { try $0.value(0, as: String.self) }
        return lines == ["ok"] ? [] : lines
    }

    private static func copyPages(from source: String, to target: String) throws {
        // A copy that was made before has no log beside it and lies perhaps where nothing may be written.
        let logged = access(source + "-wal", F_OK) == 0 || access(source + "-shm", F_OK) == 0
        let from = try Connection(source, logged ? .reader : .immutable)
        let to = try Connection(target, .blank)
        // Held open, so that all steps see one moment: a commit between two of them would make SQLite begin again.
        try from.run("BEGIN")
        _ = try from.first("SELECT count(*) FROM sqlite_schema") { try $0.value(0, as: Int.self) }
        guard let backup = sqlite3_backup_init(to.handle, "main", from.handle, "main") else { throw to.fault(nil) }
        var code = SQLITE_OK
        while code == SQLITE_OK { code = sqlite3_backup_step(backup, pagesPerStep) }
        let end = sqlite3_backup_finish(backup)
        guard code == SQLITE_DONE, end == SQLITE_OK else {
            throw StoreError.engine(
                EngineFault(
                    code: end == SQLITE_OK ? code : end,
                    message: "the copy to \(target) failed: \(String(cString: sqlite3_errstr(code)))",
                    sql: nil, file: source))
        }
    }

    /// The log goes first: without its file it harms nothing, but it would be played into another file of that name.
    private static func moveAside(_ file: String) throws {
        for suffix in ["-wal", "-shm", ""] where access(file + suffix, F_OK) == 0 {
            try moveFile(file + suffix, to: file + ".before-restore" + suffix)
        }
    }

    private static func moveFile(_ from: String, to: String) throws {
        try checkedFile(rename(from, to), from, "move to \(to)")
    }

    private static func damage(_ file: String, _ faults: [String]) -> StoreError {
        .engine(
            EngineFault(code: SQLITE_CORRUPT, message: faults.joined(separator: "; "), sql: nil, file: file))
    }
}

extension Store {
    /// Copies what is committed at this moment to a new file, on a thread of its own.
    public func backup(to copy: String) async throws {
        let file = file
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            NativeThread(name: "store-backup") {
                continuation.resume(with: Result { try Backup.make(of: file, to: copy) })
            }.start()
        }
    }

    /// Reads every page as it is committed now; what is wrong, and nothing when all is whole.
    public func integrityFaults() async throws -> [String] {
        let faults = try await read { try Backup.integrity($0) }
        if !faults.isEmpty {
            shared.health.noteRead(
                StoreError.engine(
                    EngineFault(code: SQLITE_CORRUPT, message: faults.joined(separator: "; "), sql: nil, file: file)))
        }
        return faults
    }
}
