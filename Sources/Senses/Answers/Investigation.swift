import Contracts
import Glibc
import Insight

/// Gathers everything known about a window: what a diagnosis may use, and what is missing in it.
struct Investigation {
    /// How much a piece of evidence may hold.
    private static let mostSeries = 300
    private static let mostPlaces: Int64 = 120
    private static let mostMessages = 200
    private static let mostServices = 200
    private static let mostEdges = 500
    private static let mostOfOthers = 200
    /// How long before the window is looked at for what is usual, in seconds.
    private static let usual: Int64 = 900
    /// An onset is fresh for so many seconds.
    private static let fresh: Int64 = 45

    let scope: EvidenceScope
    let observatory: Observatory
    let now: Int64

    /// All times in whole seconds; nothing in memory is older than the oldest.
    private var oldest: Int64 { now / 1_000_000_000 - 4 * 3_600 }
    private var until: Int64 { max(min(scope.until ?? now, now) / 1_000_000_000, oldest + 60) }
    private var from: Int64 { max(min(scope.from / 1_000_000_000, until), oldest) }

    func evidence() -> Evidence {
        var left = LeftOut()
        let found = findings(until: until * 1_000_000_000, &left)
        let onset = onset(among: found)
        let long = min(from, until - 30) - Self.usual
        let start = start(long, onset: onset)
        var evidence = Evidence(scope: scope, from: start * 1_000_000_000, until: until * 1_000_000_000)
        evidence.findings = found
        evidence.onset = onset * 1_000_000_000
        evidence.series = series(from: start, onset: onset, &left)
        let services = observatory.calls.figures(from: start, onset: onset, until: until).filter { concerns($0.node) }
        evidence.services = left.cut(services, Self.mostServices, "services") { size($0.before) + size($0.after) }
        let edges = observatory.calls.edges(from: start, onset: onset, until: until).filter {
            concerns($0.caller) || concerns($0.callee)
        }
        evidence.edges = left.cut(edges, Self.mostEdges, "calls between services") { size($0.before) + size($0.after) }
        evidence.messages = messages(from: start, onset: onset, &left)
        let changes = observatory.changes.filter { change in
            change.at >= long * 1_000_000_000 && change.at <= evidence.until
                && (change.nodes.isEmpty || change.nodes.contains(where: concerns))
        }
        evidence.changes = left.cut(changes, Self.mostOfOthers, "changes") { Double($0.at) }
        let notices = observatory.processes.notices(from: evidence.from, until: evidence.until).filter {
            concerns($0.role) && $0.kind != .started && $0.kind != .ready
        }
        evidence.processes = left.cut(ordered(notices), Self.mostOfOthers, "what happened to processes") {
            Double($0.at)
        }
        evidence.missing = missing(evidence, start: long) + left.signals
        return evidence
    }

    /// What has just begun is looked at second by second, as far back as that is known; and nothing from before this process
    /// listened.
    private func start(_ long: Int64, onset: Int64) -> Int64 {
        let heard = (observatory.began ?? 0) / 1_000_000_000
        let isFresh = until - onset <= Self.fresh
        return max(isFresh ? until - Self.mostPlaces + 2 : long, min(heard, until - 30))
    }

    /// Those of the window; what lasts and what is grave before the rest.
    private func findings(until: Int64, _ left: inout LeftOut) -> [Finding] {
        let all = (observatory.findings.ended + observatory.findings.current).filter { finding in
            finding.began <= until && (finding.ended ?? .max) >= from * 1_000_000_000 && concerns(finding.node)
        }
        let sorted = all.sorted { ($0.began, $0.key) < ($1.began, $1.key) }
        return left.cut(sorted, Self.mostOfOthers, "findings") { finding in
            (finding.severity > .notice ? 2 : 0) + (finding.isLasting ? 1 : 0)
        }
    }

    private func ordered(_ notices: [ProcessNotice]) -> [ProcessNotice] {
        notices.sorted { left, right in
            (left.at, left.role, left.slot ?? "", left.kind.rawValue)
                < (right.at, right.role, right.slot ?? "", right.kind.rawValue)
        }
    }

    /// Failures weigh more than traffic.
    private func size(_ figures: CallFigures) -> Double { figures.calls + 100 * figures.errors }

    /// What had no room, by what it is.
    struct LeftOut {
        private(set) var signals: [MissingSignal] = []

        mutating func note(_ what: String, _ count: Int, of all: Int) {
            signals.append(MissingSignal("some \(what)", "\(count) of \(all) had no room"))
        }

        /// The heaviest, in their own order.
        mutating func cut<Item>(
            _ items: [Item], _ most: Int, _ what: String, by weight: (Item) -> Double
        ) -> [Item] {
            guard items.count > most else { return items }
            note(what, items.count - most, of: items.count)
            let weights = items.map(weight)
            let chosen = items.indices.sorted { weights[$0] == weights[$1] ? $0 < $1 : weights[$0] > weights[$1] }
            return chosen.prefix(most).sorted().map { items[$0] }
        }
    }

    private func concerns(_ node: String) -> Bool { scope.nodes.isEmpty || scope.nodes.contains(node) }

    /// The beginning of the first finding that hurts within the window, else of the window.
    private func onset(among findings: [Finding]) -> Int64 {
        let hurting = findings.filter { $0.severity > .notice && $0.kind != .deadProcess }
        let first = (hurting.isEmpty ? findings : hurting).map(\.began).min() ?? from * 1_000_000_000
        return max(min(first / 1_000_000_000, until - 1), from - 60)
    }

    private func series(from start: Int64, onset: Int64, _ left: inout LeftOut) -> [EvidenceSeries] {
        var step = (until - start + Self.mostPlaces - 1) / Self.mostPlaces
        step = step <= 1 ? 1 : (step + Series.coarseStep - 1) / Series.coarseStep * Series.coarseStep
        let first = start / step * step
        var found: [EvidenceSeries] = []
        var all = 0
        for place in observatory.series.places(where: { concerns($0.node) }) {
            guard let series = observatory.series.entries[place] else { continue }
            let values = series.values(from: first, until: until, step: step)
            guard values.count(where: { $0 != nil }) >= 3 else { continue }
            var evidence = EvidenceSeries(
                node: series.key.node, instance: series.key.instance, metric: series.key.metric,
                labels: series.key.labels, unit: series.unit, start: first * 1_000_000_000, step: Double(step),
                points: values)
            describe(&evidence, onset: onset)
            evidence.limit = observatory.limits.limit(of: series.key)
            found.append(evidence)
            all += 1
            // Not all of them at once: ten thousand would take more memory than all else.
            if found.count >= 4 * Self.mostSeries { found = mostUnusual(found) }
        }
        found = mostUnusual(found)
        if all > found.count {
            left.note("series", all - found.count, of: all)
        }
        for index in found.indices { dateChange(&found[index], onset: onset) }
        return found
    }

    /// Those that are farthest from what was usual, in their own order.
    private func mostUnusual(_ found: [EvidenceSeries]) -> [EvidenceSeries] {
        let order = found.indices.sorted { left, right in
            let (a, b) = (found[left].deviation ?? 0, found[right].deviation ?? 0)
            return a == b ? left < right : a > b
        }
        return order.prefix(Self.mostSeries).sorted().map { found[$0] }
    }

    /// How far the values after the onset are from those before.
    private func describe(_ series: inout EvidenceSeries, onset: Int64) {
        let split = Int((onset * 1_000_000_000 - series.start) / Int64(series.step * 1e9))
        let before = series.points.prefix(max(split, 0)).compactMap(\.self)
        let after = series.points.dropFirst(max(split, 0)).compactMap(\.self)
        guard before.count >= 4, !after.isEmpty else { return }
        let usual = median(before)
        let spread = max(median(before.map { abs($0 - usual) }) * 1.4826, abs(usual) * 0.05, 1e-9)
        series.deviation = min(after.map { abs($0 - usual) / spread }.max() ?? 0, 1e6)
    }

    /// Since when the series is another, as far as its values tell.
    private func dateChange(_ series: inout EvidenceSeries, onset: Int64) {
        guard series.deviation != nil else { return }
        let split = Int((onset * 1_000_000_000 - series.start) / Int64(series.step * 1e9))
        var detector = ChangePointDetector()
        for (index, value) in series.points.enumerated() {
            guard let change = detector.add(value ?? .nan), index >= split - 4 else { continue }
            series.onset = series.start + Int64(Double(change.onset) * series.step * 1e9)
            break
        }
    }

    private func messages(from start: Int64, onset: Int64, _ left: inout LeftOut) -> [EvidenceMessage] {
        let all = observatory.logs.messages(from: start, onset: onset, until: until) { concerns($0.node) }
        let most = all.sorted { left, right in
            let (a, b) = (weight(left), weight(right))
            return a == b ? (left.node, left.level, left.template) < (right.node, right.level, right.template) : a > b
        }
        if most.count > Self.mostMessages {
            left.note("kinds of log lines", most.count - Self.mostMessages, of: most.count)
        }
        return Array(most.prefix(Self.mostMessages))
    }

    /// What is graver, and what has changed more, comes first.
    private func weight(_ message: EvidenceMessage) -> Double {
        Double(LogEntry.rank(message.level)) * 2 + abs(Glibc.log((message.after + 0.1) / (message.before + 0.1)))
    }

    private func missing(_ evidence: Evidence, start: Int64) -> [MissingSignal] {
        var missing = observatory.missing(now: now)
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
