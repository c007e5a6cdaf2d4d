/// One step of a file's schema. Numbered from one, forward only; an applied one never changes.
public struct Migration: Sendable {
    public let number: Int
    public let name: String
    public let sql: String

    public init(_ number: Int, _ name: String, _ sql: String) {
        self.number = number
        self.name = name
        self.sql = sql
    }
}

/// Brings a file to the version of this program.
enum Migrations {
    private static let ledger = """
        CREATE TABLE IF NOT EXISTS store_migrations (
            owner TEXT NOT NULL, number INTEGER NOT NULL, name TEXT NOT NULL, hash BLOB NOT NULL,
            applied TEXT NOT NULL, PRIMARY KEY (owner, number)
        ) STRICT, WITHOUT ROWID
        """

    /// Throws unless the numbers count up from one.
    static func check(_ migrations: [Migration]) throws {
        for (index, migration) in migrations.enumerated() where migration.number != index + 1 {
            throw StoreError.unorderedMigrations(expected: index + 1, found: migration.number)
        }
    }

    /// Applies what is missing, each in a transaction together with its entry in the ledger.
    static func apply(_ service: [Migration], to connection: Connection, at time: String) throws {
        // Looked at before anything is written: a newer file is left exactly as it is.
        try refuseNewer(service, owner: "service", connection)
        try refuseNewer(Schema.migrations, owner: "store", connection)
        try connection.run(ledger)
        try advance(Schema.migrations, owner: "store", connection, time)
        try advance(service, owner: "service", connection, time)
    }

    private static func refuseNewer(_ known: [Migration], owner: String, _ connection: Connection) throws {
        let exists = try connection.first("SELECT 1 FROM sqlite_schema WHERE name = 'store_migrations'") { _ in true }
        guard exists == true else { return }
        let found = try version(of: owner, connection)
        guard found <= known.count else {
            throw StoreError.newerFile(file: connection.file, found: found, known: known.count)
        }
    }

    private static func version(of owner: String, _ connection: Connection) throws -> Int {
        let sql = "SELECT coalesce(max(number), 0) FROM store_migrations WHERE owner = ?"
        return try connection.first(sql, owner) { try $0.value(0) } ?? 0
    }

    private static func advance(
        _ migrations: [Migration], owner: String, _ connection: Connection, _ time: String
    ) throws {
        let sql = "SELECT number, hash FROM store_migrations WHERE owner = ? ORDER BY number"
        let applied = try connection.all(sql, owner) {
            (try $0.value(0, as: Int.self), try $0.value(1, as: [UInt8].self))
        }
        for migration in migrations {
            let hash = fingerprint(Array(migration.sql.utf8))
            if let known = applied.first(where: { $0.0 == migration.number }) {
                guard known.1 == hash else {
                    throw StoreError.changedHistory(
                        file: connection.file, migration: migration.number, name: migration.name)
                }
                continue
            }
            try connection.transaction {
                try connection.script(migration.sql)
                try connection.run(
                    "INSERT INTO store_migrations VALUES (?, ?, ?, ?, ?)", owner, migration.number, migration.name,
                    hash, time)
            }
        }
    }
}

extension Connection {
    /// One transaction, rolled back when `body` throws.
    func transaction<Value>(_ body: () throws -> Value) throws -> Value {
        try run("BEGIN IMMEDIATE")
        do {
            let value = try body()
            try run("COMMIT")
            return value
        } catch {
            // The first fault is the one to tell; SQLite may have rolled back by itself.
            if !isOutsideTransaction { try? run("ROLLBACK") }
            throw error
        }
    }
}

/// The store's own tables, in every file.
enum Schema {
    static let migrations = [
        Migration(
            1, "outbox, inbox, forwarded writes, dead letters",
            """
            CREATE TABLE outbox (
                target TEXT NOT NULL CHECK (target <> ''), seq INTEGER NOT NULL, id TEXT NOT NULL,
                type TEXT NOT NULL, key TEXT NOT NULL,
                body BLOB NOT NULL, created INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
                deaths INTEGER NOT NULL DEFAULT 0, next_attempt INTEGER NOT NULL DEFAULT 0, trace TEXT,
                last_error TEXT, PRIMARY KEY (target, seq)
            ) STRICT, WITHOUT ROWID;
            CREATE TABLE inbox (
                seq INTEGER PRIMARY KEY, source TEXT NOT NULL, id TEXT NOT NULL, hash BLOB NOT NULL,
                reply BLOB NOT NULL, received INTEGER NOT NULL, UNIQUE (source, id)
            ) STRICT;
            CREATE TABLE forwarded (
                seq INTEGER PRIMARY KEY, source TEXT NOT NULL, id TEXT NOT NULL, hash BLOB NOT NULL,
                reply BLOB NOT NULL, received INTEGER NOT NULL, UNIQUE (source, id)
            ) STRICT;
            CREATE TABLE dead_letters (
                number INTEGER PRIMARY KEY AUTOINCREMENT, state TEXT NOT NULL, target TEXT NOT NULL, id TEXT NOT NULL,
                type TEXT NOT NULL, key TEXT NOT NULL, body BLOB NOT NULL, created INTEGER NOT NULL,
                attempts INTEGER NOT NULL, deaths INTEGER NOT NULL, trace TEXT, died INTEGER NOT NULL,
                reason TEXT NOT NULL
            ) STRICT;
            CREATE TABLE dead_letter_history (
                number INTEGER NOT NULL, step INTEGER NOT NULL, at INTEGER NOT NULL, what TEXT NOT NULL,
                PRIMARY KEY (number, step)
            ) STRICT, WITHOUT ROWID;
            CREATE TABLE store_pulse (one INTEGER PRIMARY KEY CHECK (one = 1), at INTEGER NOT NULL) STRICT;
            """)
    ]
}
