import Contracts
import Dispatching
import Knowledge
import Signals
import Store

/// What the agent for people keeps: notices that came, sessions, grants and links that were used, and who did what.
enum Tables {
    static let migrations =
        [
            Migration(
                1, "comms",
                """
                CREATE TABLE arrived (number INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
                CREATE TABLE sessions (
                    id TEXT PRIMARY KEY, person TEXT NOT NULL, began INTEGER NOT NULL, expires INTEGER NOT NULL,
                    ended INTEGER, body BLOB NOT NULL
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX sessions_ended ON sessions (ended) WHERE ended IS NOT NULL;
                CREATE TABLE used (name TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
                CREATE TABLE acts (
                    number INTEGER PRIMARY KEY, at INTEGER NOT NULL, person TEXT NOT NULL, act TEXT NOT NULL,
                    subject TEXT NOT NULL, text TEXT NOT NULL, outcome TEXT NOT NULL
                ) STRICT;
                """)
        ] + DispatchTables.migrations(from: 2)
        + KnowledgeTables.migrations(after: 1 + DispatchTables.migrations(from: 2).count)

    // MARK: notices

    static func arrived(_ notice: IncidentNotice, _ context: WriteContext) throws {
        try context.run("INSERT INTO arrived (body) VALUES (?)", try Packed.encode(notice))
    }

    static func waiting(_ connection: Connection) throws -> [(number: Int64, notice: IncidentNotice)] {
        try connection.all("SELECT number, body FROM arrived ORDER BY number LIMIT 200") {
            (
                try $0.value(0, as: Int64.self),
                try Packed.decode(IncidentNotice.self, from: try $0.value(1, as: [UInt8].self))
            )
        }
    }

    static func taken(upTo number: Int64, _ context: WriteContext) throws {
        try context.run("DELETE FROM arrived WHERE number <= ?", number)
    }

    // MARK: sessions

    /// A session that begins; false where its grant was used before.
    static func begin(_ session: KeptSession, _ context: WriteContext) throws -> Bool {
        guard try use("grant \(session.grant.digest)", context) else { return false }
        try context.run(
            "INSERT INTO sessions (id, person, began, expires, body) VALUES (?, ?, ?, ?, ?)", session.id,
            session.grant.person, context.now.nanoseconds, session.grant.expires, try Packed.encode(session))
        return true
    }

    static func end(_ id: String, _ context: WriteContext) throws {
        try context.run("UPDATE sessions SET ended = ? WHERE id = ? AND ended IS NULL", context.now.nanoseconds, id)
    }

    static func session(_ id: String, _ connection: Connection) throws -> KeptSession? {
        try connection.first("SELECT body FROM sessions WHERE id = ? AND ended IS NULL", id) {
            try Packed.decode(KeptSession.self, from: try $0.value(0, as: [UInt8].self))
        }
    }

    static func ended(_ connection: Connection) throws -> [String] {
        try connection.all("SELECT id FROM sessions WHERE ended IS NOT NULL ORDER BY id") {
            try $0.value(0, as: String.self)
        }
    }

    /// Says that something was used; false where it was before.
    static func use(_ name: String, _ context: WriteContext) throws -> Bool {
        let isKnown = try context.first("SELECT 1 FROM used WHERE name = ?", name) { try $0.value(0, as: Int.self) }
        guard isKnown == nil else { return false }
        try context.run("INSERT INTO used (name, at) VALUES (?, ?)", name, context.now.nanoseconds)
        return true
    }

    /// Forgets what holds no longer by itself.
    static func forget(_ context: WriteContext) throws {
        let now = context.now.nanoseconds
        try context.run("DELETE FROM sessions WHERE expires < ?", now)
        try context.run("DELETE FROM used WHERE at < ?", now - 2 * SessionGrant.longest)
    }

    // MARK: acts

    static func note(_ act: Act, _ context: WriteContext) throws {
        try context.run(
            "INSERT INTO acts (at, person, act, subject, text, outcome) VALUES (?, ?, ?, ?, ?, ?)",
            context.now.nanoseconds, act.person, act.act, act.subject, act.text, act.outcome)
    }

    static func acts(before number: Int64?, limit: Int, _ connection: Connection) throws -> [NumberedAct] {
        try connection.all(
            "SELECT number, at, person, act, subject, text, outcome FROM acts WHERE number < ? ORDER BY number DESC LIMIT ?",
            number ?? .max, limit
        ) { row in
            NumberedAct(
                number: try row.value(0, as: Int64.self), at: try row.value(1, as: Int64.self),
                person: try row.value(2, as: String.self), act: try row.value(3, as: String.self),
                subject: try row.value(4, as: String.self), text: try row.value(5, as: String.self),
                outcome: try row.value(6, as: String.self))
        }
    }
}

/// A session as it is kept.
struct KeptSession: Codable, Sendable, Equatable {
    var id: String
    var grant: SessionGrant
}

/// What a person did from here.
struct Act: Codable, Sendable, Equatable {
    var person: String
    /// Such as `approve` or `merge`.
    var act: String
    /// Such as `I-12` or `pull 3`.
    var subject: String
    var text: String = ""
    /// `done`, or why not.
    var outcome: String
}

/// With its place in the order of all, and its time in nanoseconds since 1970.
struct NumberedAct: Codable, Sendable, Equatable {
    var number: Int64
    var at: Int64
    var person: String
    var act: String
    var subject: String
    var text: String
    var outcome: String
}
