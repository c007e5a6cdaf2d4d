import Glibc

/// Ranks the causes of what hurts: a pure function of the evidence, the same whatever the order of the input.
public enum RootCauses {
    /// The suspects, each with the reasons for its score; an empty list where nothing is wrong.
    public static func rank(_ scene: Scene) -> Ranking {
        let view = SceneView(scene)
        let judge = Judge(view)
        var suspects: [Suspect] = []
        for node in view.graph.names.indices {
            let suspect = judge.suspect(node)
            if !suspect.contributions.isEmpty { suspects.append(suspect) }
        }
        suspects.sort { ($1.score, $0.node) < ($0.score, $1.node) }
        let missing = MissingSignals.list(view)
        guard judge.isAnythingWrong(suspects) else {
            return Ranking(suspects: [], hypotheses: [], missing: missing, onset: nil, signature: [])
        }
        suspects = suspects.filter { $0.score > 0 }
        let signature = judge.signature
        let categories = Categories(view)
        let hypotheses = suspects.prefix(5).flatMap { categories.hypotheses($0) }
            .sorted { ($1.score, $0.node, $0.category.rawValue) < ($0.score, $1.node, $1.category.rawValue) }
        // Two suspects may point at the same one outside: the stronger voice counts.
        var distinct: [Hypothesis] = []
        for found in hypotheses
        where !distinct.contains(where: { $0.node == found.node && $0.category == found.category }) {
            distinct.append(found)
        }
        return Ranking(
            suspects: suspects, hypotheses: distinct, missing: missing, onset: view.onset, signature: signature)
    }
}

/// A scene in a fixed order, with its series read.
struct SceneView {
    let scene: Scene
    let graph: CallGraph
    /// By node, the strongest first.
    let readings: [[SeriesVerdict]]
    let onset: Double?
    let target: Int?
    let symptomReading: SeriesVerdict?
    let traces: [TraceEvidence]
    /// Fewest values that a series was compared with.
    let shortestPast: Int

    /// How far back from the symptom a cause is looked for, as a share of what is known.
    private static let lookBack = 0.5
    /// The share of all voices that must agree on an onset, against the symptom's time.
    private static let agreement = 0.5
    /// What changed long before it hurt says half as much for each so many seconds.
    private static let fadesWithin = 30.0
    /// Values after the symptom that still count.
    private static let lookOn = 3.0

    init(_ scene: Scene) {
        self.scene = scene
        graph = CallGraph(names: Self.names(scene), calls: scene.calls + Self.calls(scene.traces))
        let prepared = scene.series.compactMap { PreparedSeries($0) }.sorted { Self.isBefore($0, $1) }
        let onset = Self.onset(prepared, scene.symptom)
        self.onset = onset
        let step = Self.step(prepared)
        let end = scene.symptom?.time.map { $0 + max(Self.lookOn * step, 0) } ?? .infinity
        let measured = prepared.compactMap { MeasuredSeries($0, onset: onset, end: end) }
        let strays = UsualStrays(measured)
        var byNode = Array(repeating: [SeriesVerdict](), count: graph.names.count)
        for series in measured {
            guard let number = graph.number(series.source.node) else { continue }
            byNode[number].append(SeriesVerdict(series, strays: strays.factor(series.source.name)))
        }
        for number in byNode.indices {
            byNode[number].sort { ($1.distance, $0.name, $0.after) < ($0.distance, $1.name, $1.after) }
        }
        readings = byNode
        let target = scene.symptom?.node.flatMap { [graph] in graph.number($0) }
        self.target = target
        symptomReading = target.flatMap { node in
            byNode[node].first { $0.name == scene.symptom?.metric }
                ?? byNode[node].first { scene.symptom?.kind == nil || $0.kind == scene.symptom?.kind }
        }
        traces = scene.traces.filter(\.isFinite).sorted { Self.isBefore($0, $1) }
        shortestPast = prepared.map { $0.reference.isEmpty ? $0.measured.count : $0.reference.count }.min() ?? 0
    }

    /// The usual time between two values: some series have gaps.
    private static func step(_ prepared: [PreparedSeries]) -> Double {
        let steps = prepared.map(\.step).filter { $0 > 0 }.sorted()
        return steps.isEmpty ? 0 : steps[steps.count / 2]
    }

    private static func names(_ scene: Scene) -> [String] {
        var names = scene.series.map(\.node) + scene.calls.flatMap { [$0.caller, $0.callee] }
        names += scene.traces.flatMap { [$0.service] + ($0.peer.map { [$0] } ?? []) }
        names += scene.logs.map(\.node) + scene.events.map(\.node) + scene.limits.map(\.node)
        names += scene.changes.map(\.target)
        return TraceBlame.unique(names.filter { !$0.isEmpty }.sorted())
    }

    private static func calls(_ traces: [TraceEvidence]) -> [Call] {
        traces.compactMap { one in one.peer.map { Call(caller: one.service, callee: $0) } }
    }

    private static func onset(_ prepared: [PreparedSeries], _ symptom: Symptom?) -> Double? {
        guard let first = prepared.compactMap(\.times.first).min(), let last = prepared.compactMap(\.times.last).max()
        else { return symptom?.time }
        let hasReference = prepared.contains { !$0.reference.isEmpty }
        // Without a symptom's time and with a reference, all values are compared with it.
        if hasReference, symptom?.time == nil { return first }
        let step = Self.step(prepared)
        let now = symptom?.time ?? last
        let earliest = symptom?.time.map { $0 - min(lookBack * ($0 - first), max(300, 5 * step)) } ?? first
        var vote = OnsetVote()
        let fades = symptom?.time == nil ? Double.infinity : max(fadesWithin, 5 * step)
        for series in prepared {
            vote.hear(times: series.times, values: series.measured, from: earliest, symptom: now, fades: fades)
        }
        // Who tells when it hurt tells more than series that do not agree.
        let share = symptom?.time == nil ? 0 : agreement
        if let verdict = vote.verdict(span: last - first, share: share) { return verdict }
        // Nothing changed clearly: the last values against all others.
        return now - step
    }

    private static func isBefore(_ left: PreparedSeries, _ right: PreparedSeries) -> Bool {
        let (a, b) = (left.source, right.source)
        if (a.node, a.name) != (b.node, b.name) { return (a.node, a.name) < (b.node, b.name) }
        return left.measured.lexicographicallyPrecedes(right.measured)
    }

    private static func isBefore(_ left: TraceEvidence, _ right: TraceEvidence) -> Bool {
        let (a, b) = (left.peer ?? "", right.peer ?? "")
        if (left.service, a, left.operation) != (right.service, b, right.operation) {
            return (left.service, a, left.operation) < (right.service, b, right.operation)
        }
        return (left.after.count, left.after.seconds, left.before.count, left.before.seconds)
            < (right.after.count, right.after.seconds, right.before.count, right.before.seconds)
    }
}
