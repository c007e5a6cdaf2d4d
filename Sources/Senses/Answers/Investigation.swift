import Contracts
import Glibc
import Insight

/// Gathers everything known about a window: what a diagnosis may use, and what is missing in it.
struct Investigation {
    /// How much a piece of evidence may hold.
    private static let mostSeries = 300
    private static let mostPlaces: Int64 = 120
    private static let mostMessages = 200
    /// How long before the window is looked at for what is usual, in seconds.
    private static let usual: Int64 = 900

    let scope: EvidenceScope
    let observatory: Observatory
    let now: Int64

    /// All times in whole seconds.
    private var until: Int64 { min(scope.until ?? now, now) / 1_000_000_000 }
    private var from: Int64 { scope.from / 1_000_000_000 }

    func evidence() -> Evidence {
        let start = min(from, until - 30) - Self.usual
        var evidence = Evidence(scope: scope, from: start * 1_000_000_000, until: until * 1_000_000_000)
        let findings = observatory.findings.ended + observatory.findings.current
        evidence.findings = findings.filter { finding in
            finding.began <= evidence.until && (finding.ended ?? .max) >= from * 1_000_000_000 && concerns(finding.node)
        }
        let onset = onset(among: evidence.findings)
        evidence.onset = onset * 1_000_000_000
        evidence.series = series(from: start, onset: onset)
        evidence.services = observatory.calls.figures(from: start, onset: onset, until: until).filter {
            concerns($0.node)
        }
        evidence.edges = observatory.calls.edges(from: start, onset: onset, until: until).filter {
            concerns($0.caller) || concerns($0.callee)
        }
        evidence.messages = messages(from: start, onset: onset)
        evidence.changes = observatory.changes.filter { change in
            change.at >= start * 1_000_000_000 && change.at <= evidence.until
                && (change.nodes.isEmpty || change.nodes.contains(where: concerns))
        }
        evidence.processes = observatory.processes.notices(from: evidence.from, until: evidence.until).filter {
            concerns($0.role) && $0.kind != .started && $0.kind != .ready
        }
        evidence.missing = missing(evidence, start: start)
        return evidence
    }

    private func concerns(_ node: String) -> Bool { scope.nodes.isEmpty || scope.nodes.contains(node) }

    /// The beginning of the first finding that hurts within the window, else of the window.
    private func onset(among findings: [Finding]) -> Int64 {
        let hurting = findings.filter { $0.severity > .notice && $0.kind != .deadProcess }
        let first = (hurting.isEmpty ? findings : hurting).map(\.began).min() ?? scope.from
        return max(min(first / 1_000_000_000, until - 1), from - 60)
    }

    private func series(from start: Int64, onset: Int64) -> [EvidenceSeries] {
        var step = (until - start + Self.mostPlaces - 1) / Self.mostPlaces
        step = step <= 1 ? 1 : (step + Series.coarseStep - 1) / Series.coarseStep * Series.coarseStep
        let first = start / step * step
        var found: [EvidenceSeries] = []
        for series in observatory.series.all(where: { concerns($0.node) }) {
            let values = series.values(from: first, until: until, step: step)
            guard values.count(where: { $0 != nil }) >= 3 else { continue }
            var evidence = EvidenceSeries(
                node: series.key.node, instance: series.key.instance, metric: series.key.metric,
                labels: series.key.labels, unit: series.unit, start: first * 1_000_000_000, step: Double(step),
                points: values)
            describe(&evidence, onset: onset)
            evidence.limit = observatory.limits.limit(of: series.key)
            found.append(evidence)
        }
        let most = found.sorted { left, right in
            let (a, b) = (left.deviation ?? 0, right.deviation ?? 0)
            return a == b ? (left.node, left.metric) < (right.node, right.metric) : a > b
        }.prefix(Self.mostSeries)
        return most.sorted { ($0.node, $0.metric, $0.instance ?? "") < ($1.node, $1.metric, $1.instance ?? "") }
    }

    /// How far the values after the onset are from those before, and since when.
    private func describe(_ series: inout EvidenceSeries, onset: Int64) {
        let split = Int((onset * 1_000_000_000 - series.start) / Int64(series.step * 1e9))
        let before = series.points.prefix(max(split, 0)).compactMap(\.self)
        let after = series.points.dropFirst(max(split, 0)).compactMap(\.self)
        guard before.count >= 4, !after.isEmpty else { return }
        let usual = median(before)
        let spread = max(median(before.map { abs($0 - usual) }) * 1.4826, abs(usual) * 0.05, 1e-9)
        series.deviation = min(after.map { abs($0 - usual) / spread }.max() ?? 0, 1e6)
        var detector = ChangePointDetector()
        for (index, value) in series.points.enumerated() {
            guard let change = detector.add(value ?? .nan), index >= split - 4 else { continue }
            series.onset = series.start + Int64(Double(change.onset) * series.step * 1e9)
            break
        }
    }

    private func messages(from start: Int64, onset: Int64) -> [EvidenceMessage] {
        let all = observatory.logs.messages(from: start, onset: onset, until: until) { concerns($0.node) }
        let most = all.sorted { left, right in
            let (a, b) = (weight(left), weight(right))
            return a == b ? (left.node, left.template) < (right.node, right.template) : a > b
        }
        return Array(most.prefix(Self.mostMessages))
    }

    /// What is graver, and what has changed more, comes first.
    private func weight(_ message: EvidenceMessage) -> Double {
        Double(LogEntry.rank(message.level)) * 2 + abs(Glibc.log((message.after + 0.1) / (message.before + 0.1)))
    }

    private func missing(_ evidence: Evidence, start: Int64) -> [MissingSignal] {
        var missing = observatory.missing(now: now).filter { _ in true }
        if let began = observatory.began, began / 1_000_000_000 > start {
            missing.append(
                MissingSignal(
                    "detail from before \(observatory.shownTime(began))",
                    "this process listens since then; older minutes are on disk"))
        }
        for node in scope.nodes {
            if !evidence.series.contains(where: { $0.node == node }) {
                missing.append(MissingSignal("metrics of \(node)", "none came within the window"))
            }
            if !evidence.services.contains(where: { $0.node == node }) {
                missing.append(MissingSignal("traces of \(node)", "no span of it was kept within the window"))
            }
        }
        if evidence.services.isEmpty { missing.append(MissingSignal("traces", "no span came within the window")) }
        if evidence.messages.isEmpty { missing.append(MissingSignal("logs", "no line came within the window")) }
        return missing
    }
}
