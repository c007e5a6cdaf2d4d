import CSQLite

/// What can be bound to a parameter and read from a column.
public protocol StoredValue: Sendable {
    /// The type's name in errors.
    static var storedName: String { get }
    func bind(to statement: OpaquePointer, at index: Int32) -> Int32
    /// Nil when the column holds another type.
    static func read(from statement: OpaquePointer, at index: Int32) -> Self?
}

extension Int64: StoredValue {
    public static var storedName: String { "an integer" }

    public func bind(to statement: OpaquePointer, at index: Int32) -> Int32 {
        sqlite3_bind_int64(statement, index, self)
    }

    public static func read(from statement: OpaquePointer, at index: Int32) -> Int64? {
        sqlite3_column_type(statement, index) == SQLITE_INTEGER ? sqlite3_column_int64(statement, index) : nil
    }
}

extension Int: StoredValue {
    public static var storedName: String { "an integer" }

    public func bind(to statement: OpaquePointer, at index: Int32) -> Int32 {
        Int64(self).bind(to: statement, at: index)
    }

    public static func read(from statement: OpaquePointer, at index: Int32) -> Int? {
        Int64.read(from: statement, at: index).map { Int($0) }
    }
}

extension Double: StoredValue {
    public static var storedName: String { "a real number" }

    public func bind(to statement: OpaquePointer, at index: Int32) -> Int32 {
        sqlite3_bind_double(statement, index, self)
    }

    public static func read(from statement: OpaquePointer, at index: Int32) -> Double? {
        sqlite3_column_type(statement, index) == SQLITE_FLOAT ? sqlite3_column_double(statement, index) : nil
    }
}

extension String: StoredValue {
    public static var storedName: String { "text" }

    public func bind(to statement: OpaquePointer, at index: Int32) -> Int32 {
        var text = self
        return text.withUTF8 { bytes in
            // An empty string may have no address, and no address would be NULL.
            guard let base = bytes.baseAddress else { return sqlite_bind_text_copied(statement, index, "", 0) }
            return base.withMemoryRebound(to: CChar.self, capacity: bytes.count) {
                sqlite_bind_text_copied(statement, index, $0, sqlite3_uint64(bytes.count))
            }
        }
    }

    public static func read(from statement: OpaquePointer, at index: Int32) -> String? {
        guard sqlite3_column_type(statement, index) == SQLITE_TEXT, let text = sqlite3_column_text(statement, index)
        else { return nil }
        let count = Int(sqlite3_column_bytes(statement, index))
        return String(decoding: UnsafeBufferPointer(start: text, count: count), as: UTF8.self)
    }
}

extension [UInt8]: StoredValue {
    public static var storedName: String { "bytes" }

    public func bind(to statement: OpaquePointer, at index: Int32) -> Int32 {
        withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress, !bytes.isEmpty else {
                return sqlite3_bind_zeroblob(statement, index, 0)
            }
            return sqlite_bind_blob_copied(statement, index, base, sqlite3_uint64(bytes.count))
        }
    }

    public static func read(from statement: OpaquePointer, at index: Int32) -> [UInt8]? {
        guard sqlite3_column_type(statement, index) == SQLITE_BLOB else { return nil }
        let count = Int(sqlite3_column_bytes(statement, index))
        guard count > 0, let bytes = sqlite3_column_blob(statement, index) else { return [] }
        return Array(UnsafeRawBufferPointer(start: bytes, count: count))
    }
}

extension Optional: StoredValue where Wrapped: StoredValue {
    public static var storedName: String { "\(Wrapped.storedName) or NULL" }

    public func bind(to statement: OpaquePointer, at index: Int32) -> Int32 {
        self?.bind(to: statement, at: index) ?? sqlite3_bind_null(statement, index)
    }

    public static func read(from statement: OpaquePointer, at index: Int32) -> Wrapped?? {
        if sqlite3_column_type(statement, index) == SQLITE_NULL { return .some(nil) }
        return Wrapped.read(from: statement, at: index).map { .some($0) }
    }
}

/// One row of a result, valid only while it is being looked at.
public struct Row: ~Copyable {
    let statement: OpaquePointer

    /// The value of a column, counted from zero.
    public func value<Value: StoredValue>(_ index: Int, as type: Value.Type = Value.self) throws -> Value {
        let column = Int32(clamping: index)
        if column >= 0, column < sqlite3_column_count(statement), let value = Value.read(from: statement, at: column) {
            return value
        }
        throw StoreError.column(
            index: index, expected: Value.storedName, found: foundType(column),
            sql: String(cString: sqlite3_sql(statement)))
    }

    private func foundType(_ column: Int32) -> String {
        let count = sqlite3_column_count(statement)
        guard column >= 0, column < count else { return "only \(count) columns" }
        return switch sqlite3_column_type(statement, column) {
        case SQLITE_INTEGER: Int64.storedName
        case SQLITE_FLOAT: Double.storedName
        case SQLITE_TEXT: String.storedName
        case SQLITE_BLOB: [UInt8].storedName
        default: "NULL"
        }
    }
}
