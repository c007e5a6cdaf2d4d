import Contracts
import Store

/// What the triage agent keeps on disk: alerts, incidents, the journal, silences, and what became of incidents.
enum Tables {
    static let migrations = [
        Migration(
            1, "incidents",
            """
            CREATE TABLE alerts (
                fingerprint TEXT NOT NULL, began INTEGER NOT NULL, last_heard INTEGER NOT NULL, firing INTEGER NOT NULL,
                incident TEXT, body BLOB NOT NULL, PRIMARY KEY (fingerprint, began)
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX alerts_by_time ON alerts (last_heard);
            CREATE INDEX alerts_by_incident ON alerts (incident, last_heard) WHERE incident IS NOT NULL;
            CREATE INDEX alerts_firing ON alerts (last_heard) WHERE firing = 1;
            CREATE TABLE incidents (
                number INTEGER PRIMARY KEY, stage TEXT NOT NULL, open INTEGER NOT NULL, opened INTEGER NOT NULL,
                ended INTEGER, summary BLOB NOT NULL, body BLOB NOT NULL
            ) STRICT;
            CREATE INDEX incidents_open ON incidents (number) WHERE open = 1;
            CREATE INDEX incidents_by_stage ON incidents (stage, number);
            CREATE TABLE journal (
                sequence INTEGER PRIMARY KEY, incident TEXT NOT NULL, number INTEGER NOT NULL, input BLOB NOT NULL,
                result BLOB NOT NULL, previous BLOB NOT NULL, before BLOB NOT NULL, digest BLOB NOT NULL,
                UNIQUE (incident, number)
            ) STRICT;
            CREATE TABLE silences (id TEXT PRIMARY KEY, until INTEGER NOT NULL, body BLOB NOT NULL) STRICT, WITHOUT ROWID;
            CREATE TABLE history (incident TEXT PRIMARY KEY, at INTEGER NOT NULL, body BLOB NOT NULL) STRICT, WITHOUT ROWID;
            CREATE INDEX history_by_time ON history (at);
            CREATE TABLE lessons (
                incident TEXT NOT NULL, generation INTEGER NOT NULL, truth TEXT NOT NULL, body BLOB NOT NULL,
                PRIMARY KEY (incident, generation, truth)
            ) STRICT, WITHOUT ROWID;
            CREATE TABLE orders (id TEXT PRIMARY KEY, incident TEXT NOT NULL, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
            CREATE INDEX orders_by_time ON orders (at);
            """)
    ]

    /// `I-12` is number 12.
    static func number(_ incident: String) -> Int64? {
        guard incident.hasPrefix("I-") else { return nil }
        return Int64(incident.dropFirst(2))
    }

    static func name(_ number: Int64) -> String { "I-\(number)" }

    // MARK: writing

    static func keep(_ record: AlertRecord, _ context: WriteContext) throws {
        try context.run(
            """
            INSERT INTO alerts (fingerprint, began, last_heard, firing, incident, body) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET last_heard = excluded.last_heard, firing = excluded.firing,
                incident = excluded.incident, body = excluded.body
            """, record.alert.fingerprint, record.alert.began, record.lastHeard,
            record.alert.state == .firing ? 1 : 0, record.receipt.incident, try Packed.encode(record))
    }

    static func keep(_ incident: Incident, _ context: WriteContext) throws {
        try context.run(
            """
            INSERT INTO incidents (number, stage, open, opened, ended, summary, body) VALUES (?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET stage = excluded.stage, open = excluded.open, ended = excluded.ended,
                summary = excluded.summary, body = excluded.body
            """, number(incident.id) ?? 0, incident.stage.rawValue, incident.stage.isEnd ? 0 : 1, incident.opened,
            incident.ended, try Packed.encode(IncidentSummary(incident)), try Packed.encode(incident))
    }

    /// Refuses an entry that is not tied to the last one on disk: the journal has one end.
    static func append(_ entry: JournalEntry, _ context: WriteContext) throws {
        let last = try context.first("SELECT digest FROM journal ORDER BY sequence DESC LIMIT 1") {
            try $0.value(0, as: [UInt8].self)
        }
        guard (last ?? JournalEntry.beginning.bytes) == entry.previous.bytes else {
            throw TriageFault.otherEnd(entry.sequence)
        }
        try context.run(
            """
            INSERT INTO journal (sequence, incident, number, input, result, previous, before, digest)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """, entry.sequence, entry.incident, entry.number, entry.input, entry.result, entry.previous.bytes,
            entry.before.bytes, entry.digest.bytes)
    }

    static func keep(_ past: PastSignature, _ context: WriteContext) throws {
        try context.run(
            "INSERT INTO history (incident, at, body) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body",
            past.outcome.incident, past.outcome.at, try Packed.encode(past))
    }

    static func keep(_ lesson: CalibrationLesson, _ context: WriteContext) throws {
        try context.run(
            """
            INSERT INTO lessons (incident, generation, truth, body) VALUES (?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET body = excluded.body
            """, lesson.incident, lesson.generation, lesson.truth.rawValue, try Packed.encode(lesson))
    }

    static func keep(_ silence: SilenceNote, _ context: WriteContext) throws {
        try context.run(
            """
            INSERT INTO silences (id, until, body) VALUES (?, ?, ?)
            ON CONFLICT DO UPDATE SET until = excluded.until, body = excluded.body
            """, silence.id, silence.until, try Packed.encode(silence))
    }

    static func taught(_ lesson: CalibrationLesson, _ context: WriteContext) throws {
        try context.run(
            "DELETE FROM lessons WHERE incident = ? AND generation = ? AND truth = ? AND body = ?", lesson.incident,
            lesson.generation, lesson.truth.rawValue, try Packed.encode(lesson))
    }

    /// What nobody will ask for any more. Incidents and their journal stay.
    static func forget(_ context: WriteContext, now: Int64) throws {
        let week = Int64.seconds(7 * 86_400)
        try context.run(
            """
            DELETE FROM alerts WHERE (fingerprint, began) IN (
                SELECT fingerprint, began FROM alerts WHERE last_heard < ? AND firing = 0 AND incident IS NULL LIMIT 5000)
            """, now - week)
        try context.run("DELETE FROM silences WHERE until < ?", now - week)
        try context.run("DELETE FROM orders WHERE at < ?", now - week)
    }
}

/// What cannot be, and what it means.
enum TriageFault: Error, CustomStringConvertible {
    case otherEnd(Int64)
    case notActive
    case noSuchIncident(String)
    case noSuchSilence(String)
    case badSilence(String)
    case unreadable(String)

    var description: String {
        switch self {
        case .otherEnd(let sequence):
            "entry \(sequence) is not tied to the end of the journal on disk: the state is read again"
        case .notActive: "this replica does not write: another is about to take over"
        case .noSuchSilence(let id): "there is no silence \(id)"
        case .badSilence(let text): "the silence cannot be: \(text)"
        case .noSuchIncident(let id): "there is no incident \(id)"
        case .unreadable(let what): "\(what) on disk cannot be read"
        }
    }
}
