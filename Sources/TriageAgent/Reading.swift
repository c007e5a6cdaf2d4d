import Contracts
import Incidents
import Store
import Triaging

/// Reads what is on disk; any replica may.
struct Reading: Sendable {
    let store: Store

    /// What the process that writes has to know.
    struct Legacy: Sendable {
        var open: [Incident] = []
        var end = JournalEnd()
        var ends: [(incident: String, number: Int, digest: Digest)] = []
        var lastNumber: Int64 = 0
        var past: [PastSignature] = []
        var silences: [SilenceNote] = []
        var alerts: [AlertRecord] = []
        /// Those that ended of late.
        var ended: [EndedIncident] = []
    }

    static let mostPast = 500
    static let mostAlerts = 50_000

    func legacy(now: Int64) async throws -> Legacy {
        try await store.read { connection in
            var legacy = Legacy()
            legacy.open = try connection.all("SELECT body FROM incidents WHERE open = 1 ORDER BY number") {
                try Packed.decode(Incident.self, from: try $0.value(0, as: [UInt8].self))
            }
            if let last = try connection.first(
                "SELECT sequence, digest FROM journal ORDER BY sequence DESC LIMIT 1",
                read: { (try $0.value(0, as: Int64.self), try Self.digest($0, 1)) })
            {
                legacy.end = JournalEnd(sequence: last.0, last: last.1)
            }
            for incident in legacy.open {
                guard let end = try Self.end(of: incident.id, connection) else { continue }
                legacy.ends.append((incident.id, end.number, end.digest))
            }
            legacy.lastNumber =
                try connection.first("SELECT max(number) FROM incidents") { try $0.value(0, as: Int64?.self) ?? 0 } ?? 0
            legacy.past = try connection.all(
                "SELECT body FROM history ORDER BY at DESC LIMIT ?", Self.mostPast
            ) { try Packed.decode(PastSignature.self, from: try $0.value(0, as: [UInt8].self)) }.reversed()
            legacy.silences = try connection.all("SELECT body FROM silences WHERE until > ? ORDER BY id", now) {
                try Packed.decode(SilenceNote.self, from: try $0.value(0, as: [UInt8].self))
            }
            legacy.alerts = try connection.all(
                "SELECT body FROM alerts WHERE last_heard > ? OR firing = 1 ORDER BY last_heard DESC LIMIT ?",
                now - .seconds(6 * 3_600), Self.mostAlerts
            ) { try Packed.decode(AlertRecord.self, from: try $0.value(0, as: [UInt8].self)) }.reversed()
            legacy.ended = try connection.all(
                "SELECT number, ended FROM incidents WHERE open = 0 AND ended > ? ORDER BY number DESC LIMIT 64",
                now - .seconds(6 * 3_600)
            ) { EndedIncident(Tables.name(try $0.value(0, as: Int64.self)), at: try $0.value(1, as: Int64.self)) }
            return legacy
        }
    }

    private static func digest(_ row: borrowing Row, _ column: Int) throws -> Digest {
        guard let digest = Digest(bytes: try row.value(column, as: [UInt8].self)) else {
            throw TriageFault.unreadable("a digest of the journal")
        }
        return digest
    }

    private static func end(of incident: String, _ connection: Connection) throws -> (number: Int, digest: Digest)? {
        try connection.first(
            "SELECT number, digest FROM journal WHERE incident = ? ORDER BY number DESC LIMIT 1", incident
        ) { (try $0.value(0, as: Int.self), try digest($0, 1)) }
    }

    func end(of incident: String) async throws -> (number: Int, digest: Digest)? {
        try await store.read { try Self.end(of: incident, $0) }
    }

    /// The sequence of the last entry of the journal.
    func lastEntry() async throws -> Int64 {
        try await store.read { connection in
            try connection.first("SELECT max(sequence) FROM journal") { try $0.value(0, as: Int64?.self) ?? 0 } ?? 0
        }
    }

    func incident(_ id: String) async throws -> Incident? {
        guard let number = Tables.number(id) else { return nil }
        return try await store.read { connection in
            try connection.first("SELECT body FROM incidents WHERE number = ?", number) {
                try Packed.decode(Incident.self, from: try $0.value(0, as: [UInt8].self))
            }
        }
    }

    func incidents(_ query: IncidentQuery) async throws -> [IncidentSummary] {
        let before = query.before.flatMap(Tables.number) ?? .max
        let limit = max(1, min(query.limit, 1_000))
        return try await store.read { connection in
            func summary(_ row: borrowing Row) throws -> IncidentSummary {
                try Packed.decode(IncidentSummary.self, from: try row.value(0, as: [UInt8].self))
            }
            guard !query.stages.isEmpty else {
                let condition = query.onlyOpen ? "open = 1 AND" : ""
                return try connection.all(
                    "SELECT summary FROM incidents WHERE \(condition) number < ? ORDER BY number DESC LIMIT ?", before,
                    limit, read: summary)
            }
            var found: [(Int64, IncidentSummary)] = []
            for stage in IncidentStage.allCases where query.stages.contains(stage) && !(query.onlyOpen && stage.isEnd) {
                found += try connection.all(
                    "SELECT summary, number FROM incidents WHERE stage = ? AND number < ? ORDER BY number DESC LIMIT ?",
                    stage.rawValue, before, limit
                ) { (try $0.value(1, as: Int64.self), try summary($0)) }
            }
            return found.sorted { $0.0 > $1.0 }.prefix(limit).map(\.1)
        }
    }

    func alerts(_ query: AlertQuery) async throws -> [AlertRecord] {
        let limit = max(1, min(query.limit, 10_000))
        return try await store.read { connection in
            func record(_ row: borrowing Row) throws -> AlertRecord {
                try Packed.decode(AlertRecord.self, from: try row.value(0, as: [UInt8].self))
            }
            let firing = query.onlyFiring ? "firing = 1 AND" : ""
            let order = "ORDER BY last_heard DESC LIMIT ?"
            if let fingerprint = query.fingerprint {
                return try connection.all(
                    "SELECT body FROM alerts WHERE \(firing) fingerprint = ? \(order)", fingerprint, limit, read: record
                )
            }
            if let incident = query.incident {
                return try connection.all(
                    "SELECT body FROM alerts WHERE \(firing) incident = ? \(order)", incident, limit, read: record)
            }
            return try connection.all("SELECT body FROM alerts WHERE \(firing) 1 \(order)", limit, read: record)
        }
    }

    func journal(_ query: JournalQuery) async throws -> [JournalEntry] {
        let limit = max(1, min(query.limit, 1_000))
        return try await store.read { connection in
            let sql =
                "SELECT sequence, incident, number, input, result, previous, before, digest FROM journal WHERE sequence > ? "
            if let incident = query.incident {
                return try connection.all(
                    sql + "AND incident = ? ORDER BY sequence LIMIT ?", query.after, incident, limit, read: Self.entry)
            }
            return try connection.all(sql + "ORDER BY sequence LIMIT ?", query.after, limit, read: Self.entry)
        }
    }

    /// As it is written, also where that is not what it should be: whoever checks it must see it.
    private static func entry(_ row: borrowing Row) throws -> JournalEntry {
        var entry = JournalEntry(
            sequence: try row.value(0), incident: try row.value(1), number: try row.value(2),
            input: try row.value(3), result: try row.value(4), previous: try digest(row, 5), before: try digest(row, 6))
        entry.digest = try digest(row, 7)
        return entry
    }

    func lessons() async throws -> [CalibrationLesson] {
        try await store.read { connection in
            try connection.all("SELECT body FROM lessons LIMIT 100") {
                try Packed.decode(CalibrationLesson.self, from: try $0.value(0, as: [UInt8].self))
            }
        }
    }

    func wasObeyed(_ order: String) async throws -> Bool {
        try await store.read { connection in
            try connection.first("SELECT 1 FROM orders WHERE id = ?", order) { _ in true } ?? false
        }
    }
}
