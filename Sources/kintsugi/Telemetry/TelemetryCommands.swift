import Bus
import Commands
import Contracts
import FoundationEssentials
import Glibc
import Host
import Insight
import Signals

extension Operator {
    /// The telemetry agent, asked once.
    func telemetry<Answer: Sendable>(
        _ places: Places, _ ask: @escaping @Sendable ($TelemetryDesk<BusSystem>) async throws -> Answer
    ) throws(Failure) -> Answer {
        try onBus(places) { bus in
            let desk = try $TelemetryDesk<BusSystem>.resolve(id: BusID(role: "telemetry"), using: bus)
            return try await withCallOptions(patience: .seconds(10), idempotent: true) { try await ask(desk) }
        }
    }

    func signals(_ invocation: Invocation, _ places: Places) throws(Failure) {
        if invocation.path.last == "standing" { return try standing(invocation, places) }
        if invocation.path.last == "note" { return try note(invocation, places) }
        var query = try self.query(invocation)
        let report = SignalReport(paint: terminal.paint, asLines: invocation.has("lines"))
        let asJSON = invocation.has("json")
        var answer = try ask(query, places)
        guard invocation.has("follow") else {
            terminal.write(asJSON ? json(answer) : report.text(answer, query.kind))
            return
        }
        var shown = Shown()
        while true {
            let fresh = shown.new(in: answer)
            if !asJSON {
                terminal.write(report.text(fresh, query.kind, isFollowed: true))
            } else if !fresh.isEmpty {
                terminal.write(json(fresh))
            }
            // The pace of asking, and no wait for anything.
            poll(nil, 0, 1_000)
            query.from = WallTime.now.nanoseconds - 15_000_000_000
            answer = try ask(query, places)
        }
    }

    private func ask(_ query: SignalQuery, _ places: Places) throws(Failure) -> SignalAnswer {
        try telemetry(places) { try await $0.query(query) }
    }

    private func query(_ invocation: Invocation) throws(Failure) -> SignalQuery {
        let kinds: [String: SignalQuery.Kind] = [
            "metrics": .metrics, "logs": .logs, "traces": .traces, "findings": .findings, "changes": .changes,
        ]
        var query = SignalQuery(kinds[invocation.path.last ?? ""] ?? .metrics)
        query.node = invocation.text("service")
        query.name = invocation.text("NAME")
        query.text = invocation.text("TEXT")
        query.level = invocation.text("level")
        query.onlyErrors = invocation.has("errors")
        query.atLeastSeconds = invocation.number("slower").map { Double($0) / 1_000 }
        query.limit = invocation.number("limit") ?? 40
        query.from = try time(invocation, "since")
        if let label = invocation.text("label") {
            let parts = label.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else {
                throw Failure("--label: expected NAME=VALUE, found \"\(harmless(label))\"", exit: ExitCode.usage)
            }
            query.labels = [SignalLabel(parts[0], parts[1])]
        }
        return query
    }

    private func time(_ invocation: Invocation, _ option: String) throws(Failure) -> Int64? {
        guard let text = invocation.text(option) else { return nil }
        guard let time = TimeWords.parse(text, now: WallTime.now.nanoseconds) else {
            throw Failure(
                "--\(option): expected 90s, 15m, 2h or 3d ago, or a time such as 2026-03-01T09:30:00Z, found "
                    + "\"\(harmless(text))\"", exit: ExitCode.usage)
        }
        return time
    }

    private func note(_ invocation: Invocation, _ places: Places) throws(Failure) {
        let now = WallTime.now.nanoseconds
        let author = getenv("USER").map { String(cString: $0) } ?? "somebody"
        let change = ChangeNotice(
            id: "\(author)-\(now)", kind: ChangeNotice.Kind(rawValue: invocation.text("kind") ?? "") ?? .deploy,
            nodes: invocation.text("service").map { [$0] } ?? [], text: invocation.text("TEXT") ?? "",
            commit: invocation.text("commit"), author: author, at: now)
        try telemetry(places) { try await $0.note(change) }
        terminal.write(invocation.has("json") ? json(change) : "The cluster knows of it.\n")
    }

    private func standing(_ invocation: Invocation, _ places: Places) throws(Failure) {
        let standing = try telemetry(places) { try await $0.standing() }
        terminal.write(invocation.has("json") ? json(standing) : StandingReport(standing: standing).text)
    }

    func trace(_ invocation: Invocation, _ places: Places) throws(Failure) {
        let id = (invocation.text("ID") ?? "").lowercased()
        guard id.count == 32, id.allSatisfy(\.isHexDigit) else {
            throw Failure("ID: expected 32 hexadecimal digits, found \"\(harmless(id))\"", exit: ExitCode.usage)
        }
        let answer = try telemetry(places) { try await $0.trace(id) }
        guard !answer.spans.isEmpty else {
            throw Failure(
                "no span of the trace \(id) was kept: only failed and slow ones, those asked for while they are young, "
                    + "and a share of the rest are")
        }
        terminal.write(invocation.has("json") ? json(answer) : Waterfall(answer: answer, paint: terminal.paint).text)
    }

    func investigate(_ invocation: Invocation, _ places: Places) throws(Failure) {
        let now = WallTime.now.nanoseconds
        var scope = EvidenceScope(
            from: try time(invocation, "since") ?? now - 300_000_000_000, until: try time(invocation, "until"))
        if let node = invocation.text("service") { scope.target = node }
        let question = scope
        let evidence = try telemetry(places) { try await $0.investigate(question) }
        if let path = invocation.text("out") {
            do { try Data(json(evidence).utf8).write(to: URL(fileURLWithPath: path), options: .atomic) } catch {
                throw Failure("the file \(path) cannot be written: \(error)")
            }
        }
        let report = InvestigationReport(
            evidence: evidence, ranking: RootCauses.rank(Scene(evidence)), paint: terminal.paint)
        terminal.write(invocation.has("json") ? json(report.summary) : report.text)
    }

    func capacity(_ invocation: Invocation, _ places: Places) throws(Failure) {
        let answer = try telemetry(places) { try await $0.capacity() }
        terminal.write(
            invocation.has("json") ? json(answer) : CapacityText(answer: answer, paint: terminal.paint).text)
    }
}

/// What a follower has shown already.
private struct Shown {
    private var seen: Set<String> = []

    /// Only what was not there the last time; series are always news.
    mutating func new(in answer: SignalAnswer) -> SignalAnswer {
        var fresh = answer
        fresh.messages = answer.messages.filter { isNew("\($0.node) \($0.level) \($0.template)") }
        fresh.lines = answer.lines.filter { isNew("\($0.at) \($0.node) \($0.text)") }
        fresh.traces = answer.traces.filter { isNew($0.trace) }
        fresh.findings = answer.findings.filter { isNew("\($0.id) \($0.severity.rawValue) \($0.ended ?? 0)") }
        fresh.changes = answer.changes.filter { isNew($0.id) }
        return fresh
    }

    private mutating func isNew(_ name: String) -> Bool {
        if seen.count > 100_000 { seen = [] }
        return seen.insert(name).inserted
    }
}

extension SignalAnswer {
    fileprivate var isEmpty: Bool {
        series.isEmpty && messages.isEmpty && lines.isEmpty && traces.isEmpty && findings.isEmpty && changes.isEmpty
    }
}
