import CSQLite
import Glibc

/// One connection to a file, owned by the thread that opened it.
public final class Connection {
    enum Mode { case writer, reader, immutable, blank }

    /// So many statements stay prepared; the one unused for longest goes first.
    static let mostStatements = 128

    private struct Prepared {
        let pointer: OpaquePointer
        var used: UInt64
    }

    let file: String
    private(set) var handle: OpaquePointer?
    private let owner = pthread_self()
    private var statements: [String: Prepared] = [:]
    private var uses: UInt64 = 0

    init(_ file: String, _ mode: Mode) throws {
        self.file = file
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(Self.name(file, mode), &opened, Self.flags(mode), nil)
        guard code == SQLITE_OK, let opened else {
            let message = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            let extended = opened.map { sqlite3_extended_errcode($0) } ?? code
            sqlite3_close_v2(opened)
            throw StoreError.engine(EngineFault(code: extended, message: message, sql: nil, file: file))
        }
        handle = opened
        sqlite3_extended_result_codes(handle, 1)
        // Schema text from a file must not run what we did not write.
        _ = sqlite_configure(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
        if mode == .reader { _ = sqlite_configure(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1) }
    }

    deinit { close() }

    /// Ends what is open without a commit; every use after it is an error.
    func close() {
        for (_, prepared) in statements { sqlite3_finalize(prepared.pointer) }
        statements = [:]
        sqlite3_close_v2(handle)
        handle = nil
    }

    private static func name(_ file: String, _ mode: Mode) -> String {
        guard mode == .immutable else { return file }
        let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-".utf8)
        let digits = Array("0123456789ABCDEF")
        let escaped = file.utf8.map { byte in
            plain.contains(byte)
                ? String(Character(Unicode.Scalar(byte))) : "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
        }
        return "file:\(escaped.joined())?immutable=1"
    }

    private static func flags(_ mode: Mode) -> Int32 {
        let common = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        return switch mode {
        case .writer: common | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        case .blank: common | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXCLUSIVE
        case .reader: common | SQLITE_OPEN_READONLY
        case .immutable: common | SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
        }
    }

    // MARK: statements

    /// Runs a statement that gives no rows, or whose rows do not matter.
    public func run(_ sql: String, _ values: any StoredValue...) throws { try each(sql, values) { _ in false } }

    /// The first row of a result, if there is one.
    public func first<Value>(
        _ sql: String, _ values: any StoredValue..., read: (borrowing Row) throws -> Value
    ) throws -> Value? {
        var found: Value?
        try each(sql, values) { row in
            found = try read(row)
            return false
        }
        return found
    }

    /// All rows of a result. Bound it by LIMIT.
    public func all<Value>(
        _ sql: String, _ values: any StoredValue..., read: (borrowing Row) throws -> Value
    ) throws -> [Value] {
        var found: [Value] = []
        try each(sql, values) { row in
            found.append(try read(row))
            return true
        }
        return found
    }

    /// Looks at one row after the other until `body` says false.
    public func each(
        _ sql: String, _ values: [any StoredValue], _ body: (borrowing Row) throws -> Bool
    ) throws {
        let statement = try prepared(sql)
        defer {
            sqlite3_reset(statement)
            // A large value is not kept until the statement is used again.
            sqlite3_clear_bindings(statement)
        }
        try bind(values, to: statement, sql)
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_ROW: if try !body(Row(statement: statement)) { return }
            case SQLITE_DONE: return
            default: throw fault(sql)
            }
        }
    }

    /// How many rows the last statement changed.
    public var changes: Int { Int(sqlite3_changes64(handle)) }

    /// Runs several statements one after the other, unprepared.
    func script(_ sql: String) throws {
        checkOwner()
        guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else { throw fault(sql) }
    }

    /// Whether no transaction is open; SQLite ends one by itself on some faults.
    var isOutsideTransaction: Bool { handle == nil || sqlite3_get_autocommit(handle) != 0 }

    private func checkOwner() {
        precondition(pthread_equal(owner, pthread_self()) != 0, "a connection is used off the thread that owns it")
    }

    private func prepared(_ sql: String) throws -> OpaquePointer {
        checkOwner()
        guard handle != nil else { throw StoreError.closed(file: file) }
        uses += 1
        if let index = statements.index(forKey: sql) {
            let pointer = statements.values[index].pointer
            // A statement in the middle of its rows belongs to a caller further up.
            if sqlite3_stmt_busy(pointer) != 0 {
                throw StoreError.engine(
                    EngineFault(code: SQLITE_MISUSE, message: "the same statement inside itself", sql: sql, file: file))
            }
            statements.values[index].used = uses
            return pointer
        }
        var made: OpaquePointer?
        let code = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &made, nil)
        guard code == SQLITE_OK else { throw fault(sql) }
        guard let made else {
            throw StoreError.engine(EngineFault(code: SQLITE_MISUSE, message: "no statement", sql: sql, file: file))
        }
        if statements.count >= Self.mostStatements { forgetOldest() }
        statements[sql] = Prepared(pointer: made, used: uses)
        return made
    }

    private func forgetOldest() {
        let idle = statements.filter { sqlite3_stmt_busy($0.value.pointer) == 0 }
        guard let oldest = idle.min(by: { $0.value.used < $1.value.used }) else { return }
        sqlite3_finalize(oldest.value.pointer)
        statements[oldest.key] = nil
    }

    private func bind(_ values: [any StoredValue], to statement: OpaquePointer, _ sql: String) throws {
        let expected = Int(sqlite3_bind_parameter_count(statement))
        guard expected == values.count else {
            throw StoreError.engine(
                EngineFault(
                    code: SQLITE_RANGE, message: "expected \(expected) values, found \(values.count)", sql: sql,
                    file: file))
        }
        for (index, value) in values.enumerated() {
            guard value.bind(to: statement, at: Int32(index + 1)) == SQLITE_OK else { throw fault(sql) }
        }
    }

    func fault(_ sql: String?) -> StoreError {
        .engine(
            EngineFault(
                code: sqlite3_extended_errcode(handle), message: String(cString: sqlite3_errmsg(handle)), sql: sql,
                file: file))
    }
}
