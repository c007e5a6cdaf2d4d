import Capabilities
import Contracts
import Doorkeeping
public import Store

/// The tables of a door, in the file of its service.
public enum DoorRows {
    /// The step of the service's schema that brings them.
    public static func migration(_ number: Int) -> Migration {
        Migration(
            number, "the door for agents: settings, used capabilities",
            """
            CREATE TABLE door_settings (
                action TEXT NOT NULL, target TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
                PRIMARY KEY (action, target, name)
            ) STRICT, WITHOUT ROWID;
            CREATE TABLE door_uses (
                id TEXT PRIMARY KEY, capability BLOB NOT NULL, wanted BLOB NOT NULL, plan BLOB NOT NULL,
                result BLOB NOT NULL, expires INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX door_uses_by_age ON door_uses (expires);
            """)
    }

    private static let select = "SELECT action, target, name, value FROM door_settings ORDER BY action, target, name"

    static func settings(_ connection: Connection) throws -> DoorSettings {
        DoorSettings(try connection.all(select) { try setting($0) }.compactMap(\.self))
    }

    static func settings(_ context: WriteContext) throws -> DoorSettings {
        DoorSettings(try context.all(select) { try setting($0) }.compactMap(\.self))
    }

    /// Nil for an action that this version does not know: nothing acts on it.
    private static func setting(_ row: borrowing Row) throws -> DoorSettings.Row? {
        guard let action = ActionClass(rawValue: try row.value(0)) else { return nil }
        return DoorSettings.Row(action, try row.value(1), ActionArgument(try row.value(2), try row.value(3)))
    }

    static func set(_ order: ActionOrder, _ words: [ActionArgument], _ context: WriteContext) throws {
        try context.run(
            "DELETE FROM door_settings WHERE action = ? AND target = ?", order.action.rawValue, order.target)
        for word in words {
            try context.run(
                "INSERT INTO door_settings (action, target, name, value) VALUES (?, ?, ?, ?)", order.action.rawValue,
                order.target, word.name, word.value)
        }
    }

    static func use(_ id: UUID, _ context: WriteContext) throws -> StoredUse? {
        try context.first("SELECT capability, wanted, plan, result FROM door_uses WHERE id = ?", id.description) {
            row in
            StoredUse(
                id: id, capability: try digest(row, 0), order: try digest(row, 1), plan: try digest(row, 2),
                result: try row.value(3, as: [UInt8].self))
        }
    }

    private static func digest(_ row: borrowing Row, _ column: Int) throws -> Digest {
        let bytes = try row.value(column, as: [UInt8].self)
        guard let digest = Digest(bytes: bytes) else { throw DoorRowFault(length: bytes.count) }
        return digest
    }

    static func keep(_ use: StoredUse, result: [UInt8], expires: Int64, _ context: WriteContext) throws {
        try context.run(
            "INSERT INTO door_uses (id, capability, wanted, plan, result, expires) VALUES (?, ?, ?, ?, ?, ?)",
            use.id.description, use.capability.bytes, use.order.bytes, use.plan.bytes, result, expires)
    }

    /// No door accepts them any more.
    static func forgetUses(expiredBefore limit: Int64, _ context: WriteContext) throws {
        try context.run("DELETE FROM door_uses WHERE expires < ?", limit)
    }

    static func figures(_ target: String, _ connection: Connection) throws -> [ActionArgument] {
        func count(_ sql: String) throws -> String {
            "\(try connection.first(sql, target) { try $0.value(0, as: Int64.self) } ?? 0)"
        }
        return [
            ActionArgument("waiting", try count("SELECT count(*) FROM outbox WHERE target = ?")),
            ActionArgument(
                "dead", try count("SELECT count(*) FROM dead_letters WHERE target = ? AND state = 'waiting'")),
        ]
    }
}

/// A row that this program did not write.
struct DoorRowFault: Error, CustomStringConvertible {
    let length: Int

    var description: String { "a used capability: expected a digest of 32 bytes, found \(length)" }
}
