/// Looks at files of services from outside: reads what is committed, and changes nothing.
public enum Inspection {
    /// Reads one file, and others beside it under names of their own, all at one moment each. Blocks its thread.
    public static func read<Value>(
        _ file: String, beside others: [(name: String, file: String)] = [], _ body: (Connection) throws -> Value
    ) throws -> Value {
        let connection = try Connection(file, .reader)
        defer { connection.close() }
        // Rows that must be sorted stay in memory or in a file of SQLite's own.
        try connection.script("PRAGMA busy_timeout = 2000; PRAGMA cache_size = -65536")
        for other in others { try connection.run("ATTACH DATABASE ? AS \(other.name)", other.file) }
        try connection.script("BEGIN")
        return try body(connection)
    }
}
