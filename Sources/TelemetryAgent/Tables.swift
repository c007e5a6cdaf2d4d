import Contracts
import Senses
import Signals
import Store

/// What the telemetry agent keeps on disk: minutes and hours of series, traces worth keeping, kinds of log lines,
/// findings, changes, and the counts that must outlive the process.
enum Tables {
    static let migrations = [
        Migration(
            1, "signals",
            """
            CREATE TABLE received (
                signal TEXT NOT NULL, outcome TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (signal, outcome)
            ) STRICT, WITHOUT ROWID;
            CREATE TABLE series (
                id INTEGER PRIMARY KEY, node TEXT NOT NULL, instance TEXT NOT NULL, metric TEXT NOT NULL,
                labels TEXT NOT NULL, unit TEXT NOT NULL, UNIQUE (node, metric, labels, instance)
            ) STRICT;
            CREATE TABLE minutes (
                series INTEGER NOT NULL, minute INTEGER NOT NULL, count INTEGER NOT NULL, sum REAL NOT NULL,
                least REAL NOT NULL, most REAL NOT NULL, last REAL NOT NULL, PRIMARY KEY (series, minute)
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX minutes_by_time ON minutes (minute);
            CREATE TABLE hours (
                series INTEGER NOT NULL, hour INTEGER NOT NULL, count INTEGER NOT NULL, sum REAL NOT NULL,
                least REAL NOT NULL, most REAL NOT NULL, last REAL NOT NULL, PRIMARY KEY (series, hour)
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX hours_by_time ON hours (hour);
            CREATE TABLE traces (
                trace TEXT PRIMARY KEY, at INTEGER NOT NULL, root TEXT NOT NULL, node TEXT NOT NULL,
                nanoseconds INTEGER NOT NULL, spans INTEGER NOT NULL, errors INTEGER NOT NULL, kept_for TEXT NOT NULL,
                body BLOB NOT NULL
            ) STRICT;
            CREATE INDEX traces_by_time ON traces (at);
            CREATE TABLE kinds (
                node TEXT NOT NULL, level TEXT NOT NULL, template TEXT NOT NULL, first_seen INTEGER NOT NULL,
                PRIMARY KEY (node, level, template)
            ) STRICT, WITHOUT ROWID;
            CREATE TABLE findings (
                id TEXT PRIMARY KEY, key TEXT NOT NULL, began INTEGER NOT NULL, ended INTEGER, body BLOB NOT NULL
            ) STRICT;
            CREATE INDEX findings_by_time ON findings (began);
            CREATE TABLE changes (id TEXT PRIMARY KEY, at INTEGER NOT NULL, body BLOB NOT NULL) STRICT;
            CREATE TABLE state (name TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT, WITHOUT ROWID;
            """)
    ]

    // MARK: writing

    static func count(_ signal: String, _ outcome: String, _ count: Int, _ context: WriteContext) throws {
        try context.run(
            """
            INSERT INTO received (signal, outcome, count) VALUES (?, ?, ?)
            ON CONFLICT DO UPDATE SET count = count + excluded.count
            """, signal, outcome, count)
    }

    static func keep(_ key: SeriesKey, unit: String, _ figures: MinuteFigures, _ context: WriteContext) throws {
        let labels = key.labels.map { "\($0.name)\u{1}\($0.value)" }.joined(separator: "\u{2}")
        try context.run(
            "INSERT OR IGNORE INTO series (node, instance, metric, labels, unit) VALUES (?, ?, ?, ?, ?)", key.node,
            key.instance ?? "", key.metric, labels, unit)
        let number = try context.first(
            "SELECT id FROM series WHERE node = ? AND metric = ? AND labels = ? AND instance = ?", key.node, key.metric,
            labels, key.instance ?? ""
        ) { try $0.value(0, as: Int64.self) }
        guard let number else { return }
        for (table, unit, time) in [("minutes", "minute", figures.minute), ("hours", "hour", figures.minute / 60)] {
            try context.run(
                """
                INSERT INTO \(table) (series, \(unit), count, sum, least, most, last) VALUES (?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET count = count + excluded.count, sum = sum + excluded.sum,
                    least = min(least, excluded.least), most = max(most, excluded.most), last = excluded.last
                """, number, time, figures.count, figures.sum, figures.least, figures.most, figures.last)
        }
    }

    static func keep(_ whole: TraceHold.Whole, _ context: WriteContext) throws {
        guard let root = whole.spans.first(where: { $0.parent == nil }) ?? whole.spans.first else { return }
        // Spans that come after the rest was written belong to the same trace.
        var spans = try trace(whole.trace) { sql, values, read in try context.first(sql, values, read: read) } ?? []
        spans += whole.spans.filter { new in !spans.contains { $0.span == new.span } }
        let end = spans.map { $0.start + $0.nanoseconds }.max() ?? root.start
        let start = spans.map(\.start).min() ?? root.start
        try context.run(
            """
            INSERT OR REPLACE INTO traces (trace, at, root, node, nanoseconds, spans, errors, kept_for, body)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """, whole.trace, start, root.name, root.node, end - start, spans.count, spans.count { !$0.ok },
            whole.keptFor ?? "", try Packed.encode(spans))
    }

    private static func trace(
        _ id: String, _ first: (String, String, (borrowing Row) throws -> [TraceSpan]) throws -> [TraceSpan]?
    ) throws -> [TraceSpan]? {
        try first("SELECT body FROM traces WHERE trace = ?", id) { row in
            try Packed.decode([TraceSpan].self, from: try row.value(0, as: [UInt8].self))
        }
    }

    static func keep(_ kind: LogBook.Key, firstSeen: Int64, _ context: WriteContext) throws {
        try context.run(
            "INSERT OR IGNORE INTO kinds (node, level, template, first_seen) VALUES (?, ?, ?, ?)", kind.node,
            kind.level,
            kind.template, firstSeen)
    }

    static func keep(_ finding: Finding, _ context: WriteContext) throws {
        try context.run(
            """
            INSERT INTO findings (id, key, began, ended, body) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET ended = excluded.ended, body = excluded.body
            """, finding.id, finding.key, finding.began, finding.ended, try Packed.encode(finding))
    }

    static func keep(_ change: ChangeNotice, _ context: WriteContext) throws {
        try context.run(
            "INSERT OR IGNORE INTO changes (id, at, body) VALUES (?, ?, ?)", change.id, change.at,
            try Packed.encode(change))
    }

    static func keep(state name: String, _ body: [UInt8], _ context: WriteContext) throws {
        try context.run("INSERT OR REPLACE INTO state (name, body) VALUES (?, ?)", name, body)
    }

    /// Forgets what is older than it is to be kept; at most so many rows at once, so that no commit takes long.
    static func forget(_ retention: Retention, now: Int64, _ context: WriteContext) throws -> Int {
        let most = 5_000
        let minute = (now - retention.minutes) / 60_000_000_000
        let hour = (now - retention.hours) / 3_600_000_000_000
        var gone = try context.run(
            "DELETE FROM minutes WHERE (series, minute) IN (SELECT series, minute FROM minutes WHERE minute < ? LIMIT ?)",
            minute, most)
        gone += try context.run(
            "DELETE FROM hours WHERE (series, hour) IN (SELECT series, hour FROM hours WHERE hour < ? LIMIT ?)", hour,
            most)
        gone += try context.run(
            "DELETE FROM traces WHERE trace IN (SELECT trace FROM traces WHERE at < ? ORDER BY at LIMIT ?)",
            now - retention.traces, most)
        gone += try context.run(
            """
            DELETE FROM traces WHERE trace IN (
                SELECT trace FROM traces ORDER BY at LIMIT max(0, min((SELECT count(*) FROM traces) - ?, ?)))
            """, retention.mostTraces, most)
        gone += try context.run(
            "DELETE FROM findings WHERE id IN (SELECT id FROM findings WHERE began < ? AND ended IS NOT NULL LIMIT ?)",
            now - retention.findings, most)
        gone += try context.run(
            "DELETE FROM changes WHERE id IN (SELECT id FROM changes WHERE at < ? LIMIT ?)", now - retention.findings,
            most)
        return gone
    }

    // MARK: reading

    static func traces(_ query: SignalQuery, _ connection: Connection) throws -> [(TraceSummary, [TraceSpan])] {
        try connection.all(
            """
            SELECT trace, at, root, node, nanoseconds, spans, errors, kept_for, body FROM traces
            WHERE at >= ? AND at <= ? AND nanoseconds >= ? AND errors >= ? ORDER BY at DESC LIMIT 5000
            """, query.from ?? 0, query.until ?? .max, Int64((query.atLeastSeconds ?? 0) * 1e9),
            query.onlyErrors ? 1 : 0
        ) { row in
            let summary = TraceSummary(
                trace: try row.value(0), root: try row.value(2), node: try row.value(3), at: try row.value(1),
                nanoseconds: try row.value(4), spans: try row.value(5), errors: try row.value(6),
                keptFor: try row.value(7))
            return (summary, try Packed.decode([TraceSpan].self, from: try row.value(8, as: [UInt8].self)))
        }
    }

    static func trace(_ id: String, _ connection: Connection) throws -> [TraceSpan] {
        try trace(id) { sql, value, read in try connection.first(sql, value, read: read) } ?? []
    }

    static func minutes(_ query: SignalQuery, _ connection: Connection) throws -> [EvidenceSeries] {
        let from = (query.from ?? 0) / 60_000_000_000
        let until = (query.until ?? .max) / 60_000_000_000
        var found: [EvidenceSeries] = []
        let chosen = try connection.all(
            "SELECT id, node, instance, metric, labels, unit FROM series WHERE (? = '' OR node = ?) AND metric >= ? AND metric < ? ORDER BY node, metric, labels, instance LIMIT ?",
            query.node ?? "", query.node ?? "", query.name ?? "", (query.name ?? "") + "\u{10FFFF}", query.limit
        ) { row in
            let instance: String = try row.value(2)
            return (
                try row.value(0, as: Int64.self),
                SeriesKey(
                    node: try row.value(1), instance: instance.isEmpty ? nil : instance, metric: try row.value(3),
                    labels: labels(try row.value(4))), try row.value(5, as: String.self)
            )
        }
        for (number, key, unit) in chosen where query.labels.allSatisfy(key.labels.contains) {
            let values = try connection.all(
                "SELECT minute, sum / count FROM minutes WHERE series = ? AND minute >= ? AND minute <= ? ORDER BY minute LIMIT 3000",
                number, from, until
            ) { (try $0.value(0, as: Int64.self), try $0.value(1, as: Double.self)) }
            guard let first = values.first?.0, let last = values.last?.0 else { continue }
            var places = [Double?](repeating: nil, count: Int(last - first) + 1)
            for (minute, value) in values { places[Int(minute - first)] = value }
            found.append(
                EvidenceSeries(
                    node: key.node, instance: key.instance, metric: key.metric, labels: key.labels, unit: unit,
                    start: first * 60_000_000_000, step: 60, points: places))
        }
        return found
    }

    private static func labels(_ text: String) -> [SignalLabel] {
        text.split(separator: "\u{2}").compactMap { pair in
            let parts = pair.split(separator: "\u{1}", maxSplits: 1, omittingEmptySubsequences: false)
            return parts.count == 2 ? SignalLabel(String(parts[0]), String(parts[1])) : nil
        }
    }

    static func findings(lasting: Bool, since: Int64, limit: Int, _ connection: Connection) throws -> [Finding] {
        let bodies = try connection.all(
            """
            SELECT body FROM findings WHERE began >= ? AND (? = 0 OR ended IS NULL) ORDER BY began DESC LIMIT ?
            """, since, lasting ? 1 : 0, limit
        ) { try $0.value(0, as: [UInt8].self) }
        return try bodies.map { try Packed.decode(Finding.self, from: $0) }
    }

    static func changes(since: Int64, _ connection: Connection) throws -> [ChangeNotice] {
        let bodies = try connection.all("SELECT body FROM changes WHERE at >= ? ORDER BY at LIMIT 1000", since) {
            try $0.value(0, as: [UInt8].self)
        }
        return try bodies.map { try Packed.decode(ChangeNotice.self, from: $0) }
    }

    static func kinds(_ connection: Connection) throws -> [(LogBook.Key, Int64)] {
        try connection.all("SELECT node, level, template, first_seen FROM kinds ORDER BY first_seen DESC LIMIT 2000") {
            row in
            let key = LogBook.Key(node: try row.value(0), level: try row.value(1), template: try row.value(2))
            return (key, try row.value(3, as: Int64.self))
        }
    }

    static func state(_ name: String, _ connection: Connection) throws -> [UInt8]? {
        try connection.first("SELECT body FROM state WHERE name = ?", name) { try $0.value(0, as: [UInt8].self) }
    }

    static func received(_ connection: Connection) throws -> [NamedCount] {
        try connection.all("SELECT signal, outcome, count FROM received ORDER BY signal, outcome") { row in
            let (signal, outcome): (String, String) = (try row.value(0), try row.value(1))
            return NamedCount("\(signal) \(outcome)", try row.value(2))
        }
    }
}

/// How long what is on disk is kept, in nanoseconds.
struct Retention: Sendable {
    var minutes: Int64 = 3 * 86_400_000_000_000
    var hours: Int64 = 400 * 86_400_000_000_000
    var traces: Int64 = 7 * 86_400_000_000_000
    var mostTraces = 50_000
    var findings: Int64 = 90 * 86_400_000_000_000
}
