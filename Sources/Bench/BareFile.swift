import CSQLite

/// A value for a bare statement.
enum BareValue {
    case integer(Int64)
    case text(String)
    case blob([UInt8])
    case null
}

/// SQLite by its own calls: prepared statements, a write-ahead log on disk at every commit, and nothing around it.
final class BareFile {
    private let handle: OpaquePointer
    private var statements: [String: OpaquePointer] = [:]
    private var commits = 0

    init(_ path: String, _ schema: [String]) throws {
        var opened: OpaquePointer?
        guard sqlite3_open(path, &opened) == SQLITE_OK, let opened else {
            throw BenchFault(description: "\(path) could not be made")
        }
        handle = opened
        for statement in ["PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA cache_size = -16384"]
            + schema
        {
            guard sqlite3_exec(handle, statement, nil, nil, nil) == SQLITE_OK else { throw fault(statement) }
        }
    }

    deinit {
        for statement in statements.values { sqlite3_finalize(statement) }
        sqlite3_close(handle)
    }

    func transaction(_ body: (BareFile) throws -> Void) throws {
        try run("BEGIN IMMEDIATE")
        try body(self)
        try run("COMMIT")
    }

    func run(_ sql: String, _ values: BareValue...) throws {
        let statement = try prepared(sql)
        for (index, value) in values.enumerated() {
            let place = Int32(index + 1)
            switch value {
            case .integer(let number): sqlite3_bind_int64(statement, place, number)
            case .null: sqlite3_bind_null(statement, place)
            case .text(var text):
                text.withUTF8 { bytes in
                    _ = bytes.withMemoryRebound(to: CChar.self) {
                        sqlite_bind_text_copied(statement, place, $0.baseAddress, sqlite3_uint64($0.count))
                    }
                }
            case .blob(let bytes):
                bytes.withUnsafeBytes {
                    _ = sqlite_bind_blob_copied(statement, place, $0.baseAddress, sqlite3_uint64($0.count))
                }
            }
        }
        var code = sqlite3_step(statement)
        while code == SQLITE_ROW { code = sqlite3_step(statement) }
        sqlite3_reset(statement)
        guard code == SQLITE_DONE else { throw fault(sql) }
    }

    private func prepared(_ sql: String) throws -> OpaquePointer {
        if let known = statements[sql] { return known }
        var made: OpaquePointer?
        guard sqlite3_prepare_v2(handle, sql, -1, &made, nil) == SQLITE_OK, let made else { throw fault(sql) }
        statements[sql] = made
        return made
    }

    private func fault(_ sql: String) -> BenchFault {
        BenchFault(description: "\(String(cString: sqlite3_errmsg(handle))) in: \(sql)")
    }
}
