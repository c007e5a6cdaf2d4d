import Contracts
import Senses
import Signals
import Store

/// What must outlive the process, on disk. Only the active replica writes.
struct Archive: Sendable {
    /// What happened in one turn.
    struct Turn: Codable, Sendable {
        var findings: [Finding] = []
        var changes: [ChangeNotice] = []
    }

    let store: Store
    let retention: Retention
    /// The role that findings are sent to.
    let triage: String?

    init(_ store: Store, retention: Retention, triage: String?) {
        self.store = store
        self.retention = retention
        self.triage = triage
    }

    /// Counts what was received, before its sender is told so.
    func count(_ signal: String, _ counts: [(outcome: String, count: Int)]) async throws {
        try await store.write { context in
            for (outcome, count) in counts where count > 0 { try Tables.count(signal, outcome, count, context) }
        }
    }

    /// Findings go to disk and into the outbox in one transaction.
    func keep(_ findings: [Finding]) async throws {
        guard !findings.isEmpty else { return }
        let triage = triage
        try await store.write { context in
            for finding in findings {
                try Tables.keep(finding, context)
                guard let triage else { continue }
                let state = finding.ended.map { "ended \($0)" } ?? finding.severity.rawValue
                try context.send(
                    OutboxMessage(
                        target: triage, type: "finding", key: finding.key, body: try Packed.encode(finding),
                        id: "\(finding.id) \(state)", trace: nil))
            }
        }
    }

    func keep(_ traces: [TraceHold.Whole]) async throws {
        guard !traces.isEmpty else { return }
        try await store.write(lazily: true) { context in
            for trace in traces { try Tables.keep(trace, context) }
        }
    }

    func keep(_ change: ChangeNotice) async throws {
        try await store.write { context in try Tables.keep(change, context) }
    }

    func keep(
        minutes: [(key: SeriesKey, unit: String, figures: MinuteFigures)], kinds: [(LogBook.Key, Int64)]
    ) async throws {
        // In pieces, so that no other write waits long.
        for start in stride(from: 0, to: minutes.count, by: 500) {
            let piece = Array(minutes[start..<min(start + 500, minutes.count)])
            try await store.write { context in
                for entry in piece { try Tables.keep(entry.key, unit: entry.unit, entry.figures, context) }
            }
        }
        guard !kinds.isEmpty else { return }
        try await store.write { context in
            for (kind, firstSeen) in kinds { try Tables.keep(kind, firstSeen: firstSeen, context) }
        }
    }

    func keep(state name: String, _ body: [UInt8]) async throws {
        try await store.write(lazily: true) { context in try Tables.keep(state: name, body, context) }
    }

    func forget(now: Int64) async throws {
        let retention = retention
        while try await store.write({ try Tables.forget(retention, now: now, $0) }) >= 5_000 {}
    }

    // MARK: reading

    /// What the replica before this one left.
    struct Legacy: Sendable {
        var lasting: [Finding] = []
        var changes: [ChangeNotice] = []
        var kinds: [(LogBook.Key, Int64)] = []
        var objectives: [UInt8]?
    }

    func legacy(now: Int64) async throws -> Legacy {
        try await store.read { connection in
            Legacy(
                lasting: try Tables.findings(lasting: true, since: 0, limit: 500, connection),
                changes: try Tables.changes(since: now - 7 * 86_400_000_000_000, connection),
                kinds: try Tables.kinds(connection), objectives: try Tables.state("objectives", connection))
        }
    }

    func trace(_ id: String) async throws -> [TraceSpan] { try await store.read { try Tables.trace(id, $0) } }

    func received() async throws -> [NamedCount] { try await store.read { try Tables.received($0) } }

    /// Traces and their spans, findings of long ago, and minutes of series.
    func answer(_ query: SignalQuery, _ answer: inout SignalAnswer) async throws {
        let limit = max(1, min(query.limit, 10_000))
        switch query.kind {
        case .traces, .spans:
            let found = try await store.read { try Tables.traces(query, $0) }
            let chosen = found.filter { summary, spans in
                (query.node == nil || spans.contains { $0.node == query.node })
                    && (query.name.map { name in spans.contains { $0.name.hasPrefix(name) } } ?? true)
            }
            if query.kind == .traces {
                answer.leftOut = max(0, chosen.count - limit)
                answer.traces = chosen.prefix(limit).map(\.0)
            } else {
                let spans = chosen.flatMap(\.1).filter { matches($0, query) }
                answer.leftOut = max(0, spans.count - limit)
                answer.spans = Array(spans.prefix(limit))
            }
        case .metrics: answer.series = try await store.read { try Tables.minutes(query, $0) }
        case .findings:
            let all = try await store.read {
                try Tables.findings(lasting: false, since: query.from ?? 0, limit: 5_000, $0)
            }
            let chosen = all.filter { finding in
                (query.node == nil || finding.node == query.node) && finding.began <= query.until ?? .max
                    && (query.name.map { finding.key.hasPrefix($0) } ?? true)
                    && (query.text.map { finding.text.lowercased().contains($0.lowercased()) } ?? true)
            }
            answer.leftOut = max(0, chosen.count - limit)
            answer.findings = Array(chosen.prefix(limit))
        case .logs, .changes, .processes: break
        }
    }

    private func matches(_ span: TraceSpan, _ query: SignalQuery) -> Bool {
        (query.node == nil || span.node == query.node) && (query.name.map { span.name.hasPrefix($0) } ?? true)
            && (!query.onlyErrors || !span.ok)
            && Double(span.nanoseconds) >= (query.atLeastSeconds ?? 0) * 1e9
            && (query.text.map { (span.fault ?? "").lowercased().contains($0.lowercased()) } ?? true)
    }
}
