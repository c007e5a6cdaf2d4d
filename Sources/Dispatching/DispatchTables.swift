import Contracts
import Notices
public import Store

/// What is kept of notices on disk.
public enum DispatchTables {
    /// To be joined into the migrations of the store's owner, from a number on.
    public static func migrations(from number: Int) -> [Migration] {
        [
            Migration(
                number, "notices",
                """
                CREATE TABLE notices (
                    id TEXT PRIMARY KEY, incident TEXT NOT NULL, at INTEGER NOT NULL, body BLOB NOT NULL
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX notices_by_time ON notices (at);
                CREATE TABLE dispatches (
                    id TEXT PRIMARY KEY, incident TEXT NOT NULL, channel TEXT NOT NULL, number INTEGER NOT NULL,
                    state TEXT NOT NULL, dead INTEGER NOT NULL, ended INTEGER, body BLOB NOT NULL
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX dispatches_by_incident ON dispatches (incident, number);
                CREATE INDEX dispatches_waiting ON dispatches (number) WHERE state = 'waiting';
                CREATE INDEX dispatches_dead ON dispatches (number) WHERE dead = 1;
                CREATE INDEX dispatches_by_end ON dispatches (ended) WHERE ended IS NOT NULL;
                CREATE INDEX dispatches_by_number ON dispatches (number);
                CREATE TABLE acknowledgements (
                    incident TEXT PRIMARY KEY, at INTEGER NOT NULL, body BLOB NOT NULL
                ) STRICT, WITHOUT ROWID;
                CREATE TABLE threads (
                    channel TEXT NOT NULL, incident TEXT NOT NULL, reference TEXT NOT NULL, at INTEGER NOT NULL,
                    PRIMARY KEY (channel, incident)
                ) STRICT, WITHOUT ROWID;
                """)
        ]
    }

    static func write(_ effects: [NoticeEffect], at now: Int64, _ context: WriteContext) throws {
        for effect in effects {
            switch effect {
            case .know(let notice):
                try context.run(
                    "INSERT INTO notices (id, incident, at, body) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                    notice.id,
                    notice.incident, now, try Packed.encode(notice))
            case .keep(let dispatch): try keep(dispatch, context)
            case .keepAcknowledgement(let new):
                try context.run(
                    """
                    INSERT INTO acknowledgements (incident, at, body) VALUES (?, ?, ?)
                    ON CONFLICT DO UPDATE SET at = excluded.at, body = excluded.body
                    """, new.incident, now, try Packed.encode(new))
            case .send: break
            }
        }
    }

    private static func keep(_ dispatch: Dispatch, _ context: WriteContext) throws {
        try context.run(
            """
            INSERT INTO dispatches (id, incident, channel, number, state, dead, ended, body)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET number = excluded.number, state = excluded.state, dead = excluded.dead,
                ended = excluded.ended, body = excluded.body
            """, dispatch.id, dispatch.incident, dispatch.channel, dispatch.number, dispatch.state.rawValue,
            dispatch.isDeadLetter ? 1 : 0, dispatch.ended, try Packed.encode(dispatch))
        // The first message about an incident is the one that the others hang on.
        guard dispatch.state == .sent, !dispatch.isGathering, let reference = dispatch.reference else { return }
        try context.run(
            "INSERT INTO threads (channel, incident, reference, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            dispatch.channel, dispatch.incident, reference, dispatch.ended ?? 0)
    }

    /// The state as it is on disk.
    static func book(_ connection: Connection, since: Int64) throws -> NoticeBook {
        let waiting = try dispatches(connection, "WHERE state = 'waiting' ORDER BY number")
        let ended = try connection.all("SELECT body FROM dispatches WHERE ended >= ? LIMIT 100000", since) {
            try dispatch($0.value(0))
        }
        let known = try connection.all("SELECT id, at FROM notices WHERE at >= ? LIMIT 1000000", since) {
            (id: try $0.value(0, as: String.self), at: try $0.value(1, as: Int64.self))
        }
        let acknowledgements = try connection.all("SELECT body FROM acknowledgements LIMIT 1000000") {
            try Packed.decode(Acknowledgement.self, from: $0.value(0, as: [UInt8].self))
        }
        let last = try connection.first("SELECT max(number) FROM dispatches") { try $0.value(0, as: Int64?.self) }
        return NoticeBook(
            waiting: waiting, ended: ended, known: known, acknowledgements: acknowledgements, last: (last ?? nil) ?? 0)
    }

    static func dispatches(_ connection: Connection, _ condition: String) throws -> [Dispatch] {
        try connection.all("SELECT body FROM dispatches \(condition)") { try dispatch($0.value(0)) }
    }

    static func dispatch(_ body: [UInt8]) throws -> Dispatch { try Packed.decode(Dispatch.self, from: body) }

    /// Those that are on disk.
    static func known(_ ids: [String], _ connection: Connection) throws -> [String] {
        try ids.filter { id in
            try connection.first("SELECT 1 FROM notices WHERE id = ?", id) { try $0.value(0, as: Int64.self) } != nil
        }
    }

    static func notices(_ ids: [String], _ connection: Connection) throws -> [IncidentNotice] {
        try ids.compactMap { id in
            try connection.first("SELECT body FROM notices WHERE id = ?", id) {
                try Packed.decode(IncidentNotice.self, from: $0.value(0, as: [UInt8].self))
            }
        }
    }

    static func thread(_ channel: String, _ incident: String, _ connection: Connection) throws -> String? {
        try connection.first("SELECT reference FROM threads WHERE channel = ? AND incident = ?", channel, incident) {
            try $0.value(0, as: String.self)
        }
    }

    /// What nobody will ask for any more.
    static func forget(before: Int64, _ context: WriteContext) throws {
        try context.run(
            """
            DELETE FROM dispatches WHERE id IN (
                SELECT id FROM dispatches WHERE ended < ? AND state != 'waiting' AND dead = 0 LIMIT 5000)
            """, before)
        try context.run(
            """
            DELETE FROM notices WHERE id IN (
                SELECT id FROM notices WHERE at < ? AND NOT EXISTS (
                    SELECT 1 FROM dispatches WHERE dispatches.incident = notices.incident) LIMIT 5000)
            """, before)
        try context.run("DELETE FROM acknowledgements WHERE at < ?", before)
        try context.run("DELETE FROM threads WHERE at < ?", before)
    }
}
