import Glibc

/// Gathers what speaks for and against each node.
struct Judge {
    private let view: SceneView
    private let excess: Excess
    private let coverage: Coverage
    private let blame: TraceBlame
    private let faults: TraceFaults
    private let reach: [Int?]
    private let mostByName: [String: Double]
    private let onsets: (earliest: Double, latest: Double)?
    /// What the scene looks like: its most unusual series.
    let signature: [String]

    init(_ view: SceneView) {
        self.view = view
        let reach = view.target.map { view.graph.distances(from: $0) } ?? []
        let excess = Excess(graph: view.graph, readings: view.readings)
        // Only what the symptom's node calls can have made it.
        mostByName = excess.most(
            among: reach.isEmpty ? Array(view.readings.indices) : reach.indices.filter { reach[$0] != nil })
        self.reach = reach
        self.excess = excess
        coverage = Coverage(graph: view.graph, readings: view.readings) { excess.isIdle($0) }
        blame = TraceBlame(view.traces)
        faults = TraceFaults(view.traces)
        let unusual = view.readings.flatMap { $0 }.filter { $0.distance >= SeriesVerdict.unusual }
        let times = unusual.compactMap(\.onset)
        onsets = times.min().flatMap { earliest in times.max().map { (earliest, $0) } }
        signature = unusual.sorted { ($1.distance, $0.node, $0.name) < ($0.distance, $1.node, $1.name) }.prefix(8)
            .map { "\($0.node) \($0.name) \($0.wentUp ? "up" : "down")" }.sorted()
    }

    func suspect(_ node: Int) -> Suspect {
        var reasons: [Contribution] = []
        let strongest = loudest(of: node)
        var metric: String?
        if let (reading, points, explained) = strongest, points > 0 {
            metric = reading.name
            reasons.append(
                Contribution(
                    "anomaly", points,
                    "\(reading.name) is \(Figures.short(reading.distance)) usual distances away: "
                        + "\(Figures.short(reading.after)) instead of \(Figures.short(reading.before))"))
            reasons += place(node, reading, points, explained)
            reasons += confirmation(node, reading, points)
            reasons += order(reading)
        }
        reasons += callers(node)
        reasons += traces(node)
        reasons += Circumstances.contributions(view.graph.names[node], view)
        reasons += history(node)
        return Suspect(
            node: view.graph.names[node], metric: metric, onset: strongest?.reading.onset,
            contributions: reasons.filter { $0.points != 0 })
    }

    /// The reading that says most after what the node's callees explain is taken off; where nothing is left of any, the
    /// one that says most.
    private func loudest(of node: Int) -> (reading: SeriesVerdict, points: Double, explained: Explained)? {
        typealias Candidate = (reading: SeriesVerdict, points: Double, explained: Explained)
        var (left, plain): (Candidate?, Candidate?)
        for reading in view.readings[node] where reading.distance > 0 {
            var points = reading.strength * Weights.kind(reading.kind) * likeness(reading)
            if reading.isOutbound { points *= Weights.outbound }
            let candidate = (reading, points, excess.explained(reading, of: node))
            if left.map({ Self.rest(candidate) > Self.rest($0) }) ?? true { left = candidate }
            if plain.map({ points > $0.points }) ?? true { plain = candidate }
        }
        guard let left, Self.rest(left) >= Weights.leastOfSeries else { return plain }
        return left
    }

    private static func rest(_ candidate: (reading: SeriesVerdict, points: Double, explained: Explained)) -> Double {
        candidate.points * (1 - candidate.explained.share)
    }

    /// What is measured as the symptom was says most about it.
    private func likeness(_ reading: SeriesVerdict) -> Double {
        guard let symptom = view.scene.symptom else { return 1 }
        if let kind = symptom.kind, kind != reading.kind { return Weights.otherThanSymptom }
        if let metric = symptom.metric, metric != reading.name { return Weights.otherMetric }
        return 1
    }

    private typealias Explained = (share: Double, by: Int?)

    private func place(
        _ node: Int, _ reading: SeriesVerdict, _ points: Double, _ explained: Explained
    ) -> [Contribution] {
        var reasons: [Contribution] = []
        if explained.share > 0, let callee = explained.by {
            reasons.append(
                Contribution(
                    "place", -points * explained.share,
                    "\(Int(explained.share * 100)) % of it is explained by what it calls, most by "
                        + view.graph.names[callee]))
        }
        let unwellCallers = view.graph.callers[node].filter { isUnusual($0) }
        if !unwellCallers.isEmpty, explained.share < 0.5, reading.distance >= SeriesVerdict.unusual {
            reasons.append(
                Contribution(
                    "place", Weights.bottom * (1 - explained.share),
                    "what it calls is well, and \(unwellCallers.count) of its callers are not"))
        }
        return reasons + path(node, reading, points)
    }

    /// Whether it can have made what hurts.
    private func path(_ node: Int, _ reading: SeriesVerdict, _ points: Double) -> [Contribution] {
        guard let target = view.target, let symptom = view.symptomReading, !view.graph.callees[target].isEmpty else {
            if reading.kind == .latency, excess.isIdle(node) {
                return [Contribution("impact", -points, "nobody calls it")]
            }
            guard let most = mostByName[reading.name], most > 0, let mine = excess.amount(node, reading.name) else {
                return []
            }
            let share = mine / most
            guard share < Weights.smallest else { return [] }
            return [
                Contribution(
                    "impact", -points * Weights.tooSmall * (1 - share / Weights.smallest),
                    "it amounts to \(Int(share * 100)) % of what others show")
            ]
        }
        guard reach[node] != nil else {
            return [
                Contribution(
                    "path", -points * Weights.offThePath, "no calls lead to it from \(view.graph.names[target])")
            ]
        }
        let impact =
            node == target ? 1 : excess.impact(of: node, on: symptom, of: target, most: mostByName[symptom.name] ?? 0)
        guard impact < 1 else { return [] }
        return [
            Contribution(
                "impact", -points * Weights.tooSmall * (1 - impact),
                "it amounts to \(Int(impact * 100)) % of what \(view.graph.names[target]) shows")
        ]
    }

    /// Spans are seen one by one, and say whether a series about calls means anything.
    private func confirmation(_ node: Int, _ reading: SeriesVerdict, _ points: Double) -> [Contribution] {
        guard reading.kind == .latency, blame.significance > 0 else { return [] }
        let involved = blame.parts.first { $0.node == view.graph.names[node] }?.involved ?? 0
        guard involved < Weights.confirmed else { return [] }
        let doubt = blame.significance * (1 - involved / Weights.confirmed)
        return [
            Contribution(
                "spans", -points * Weights.unconfirmed * doubt,
                "its spans have to do with \(Int(involved * 100)) % of what takes longer")
        ]
    }

    private func callers(_ node: Int) -> [Contribution] {
        let found = coverage.share(node)
        guard found.share > 0 else { return [] }
        // Who tells nothing of itself may be anything.
        let doubt = view.readings[node].isEmpty ? 0.25 : 1
        return [
            Contribution(
                "callers", Weights.callers * doubt * found.share,
                "\(found.hurt) of its \(found.callers) callers hurt, and it would explain what hurts")
        ]
    }

    private func isUnusual(_ node: Int) -> Bool {
        node == view.target || (view.readings[node].first?.distance ?? 0) >= SeriesVerdict.unusual
    }

    private func order(_ reading: SeriesVerdict) -> [Contribution] {
        guard let onset = reading.onset, let onsets, onsets.latest > onsets.earliest,
            reading.distance >= SeriesVerdict.unusual
        else { return [] }
        let late = (onset - onsets.earliest) / (onsets.latest - onsets.earliest)
        guard late < 1 else { return [] }
        return [
            Contribution(
                "order", Weights.earliest * (1 - max(0, late)),
                onset <= onsets.earliest
                    ? "it was unusual first"
                    : "it was unusual \(Figures.seconds(onset - onsets.earliest)) after the first")
        ]
    }

    private func traces(_ node: Int) -> [Contribution] {
        let name = view.graph.names[node]
        var reasons: [Contribution] = []
        if let part = blame.parts.first(where: { $0.node == name }), part.share > 0 {
            let certainty = max(blame.significance, part.clarity)
            reasons.append(
                Contribution(
                    "traces", Weights.traces * part.share * certainty,
                    "\(part.reason) (\(Int(part.share * 100)) % of what the spans can blame)"))
        }
        return reasons + faults.contributions(name)
    }

    private func history(_ node: Int) -> [Contribution] {
        let name = view.graph.names[node]
        var best: (points: Double, past: PastIncident)?
        for past in view.scene.past where past.node == name && past.weight.isFinite {
            let points = Weights.history * max(-1, min(1, past.weight)) * History.likeness(past.signature, signature)
            let isStronger = abs(points) > abs(best?.points ?? 0)
            let isTie = abs(points) == abs(best?.points ?? 0) && points > best?.points ?? 0
            if isStronger || isTie { best = (points, past) }
        }
        guard let best else { return [] }
        return [
            Contribution(
                "history", best.points, "an incident that looked like this one was \(best.past.category.rawValue) here")
        ]
    }

    /// A symptom's own node must be unwell, or somebody whom it calls; without a symptom, anybody.
    func isAnythingWrong(_ suspects: [Suspect]) -> Bool {
        // Who raised an alarm and named no series is believed.
        if view.scene.symptom != nil, view.symptomReading == nil { return true }
        return suspects.contains { suspect in
            let proof = suspect.contributions.filter { Self.proofs.contains($0.name) }
            return proof.reduce(0) { $0 + $1.points } >= Weights.least && suspect.score >= Weights.least
        }
    }

    /// A change or a past incident alone proves nothing.
    private static let proofs = ["anomaly", "traces", "errors", "calls", "logs", "process", "limit"]
}

/// How much two incidents look alike.
enum History {
    /// The share of what either shows that both show.
    static func likeness(_ left: [String], _ right: [String]) -> Double {
        let (a, b) = (TraceBlame.unique(left.sorted()), TraceBlame.unique(right.sorted()))
        guard !a.isEmpty, !b.isEmpty else { return 0 }
        let both = a.filter { b.contains($0) }.count
        return Double(both) / Double(a.count + b.count - both)
    }
}
