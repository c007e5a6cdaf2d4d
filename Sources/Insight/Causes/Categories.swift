import Glibc

/// Weighs what kind of cause a suspect is.
struct Categories {
    private let view: SceneView

    private static let base = 0.25
    private static let strong = 3.0
    private static let some = 1.5
    private static let little = 0.75

    init(_ view: SceneView) { self.view = view }

    /// All categories of one suspect, each with what speaks for and against it.
    func hypotheses(_ suspect: Suspect) -> [Hypothesis] {
        let evidence = NodeEvidence(suspect.node, view)
        // A kind of cause cannot be likelier than that the node is one: it begins with a part of the node's score.
        let standing = Contribution("standing", Self.base * suspect.score, "\(suspect.node) is a suspect")
        return CauseCategory.allCases.map { category in
            // Who fails since somebody outside does is not the one to blame.
            Hypothesis(
                node: category == .externalDependency ? evidence.failingOutside ?? suspect.node : suspect.node,
                category: category,
                evidence: [standing] + weigh(category, evidence).filter { $0.points != 0 })
        }
    }

    private func weigh(_ category: CauseCategory, _ evidence: NodeEvidence) -> [Contribution] {
        switch category {
        case .codeBug: code(evidence)
        case .configurationError: configuration(evidence)
        case .permissionIssue: permission(evidence)
        case .resourceLimit: resources(evidence)
        case .externalDependency: dependency(evidence)
        }
    }

    private func code(_ evidence: NodeEvidence) -> [Contribution] {
        var found = change([.deployment], evidence, "it was deployed")
        found += words(CauseWords.exception, evidence, Self.strong, "its log speaks of a fault in its code")
        if evidence.crashes > 0 { found.append(Contribution("process", Self.some, "its process crashed")) }
        if evidence.ownErrors { found.append(Contribution("errors", Self.some, "it fails by itself")) }
        if evidence.isOutside { found.append(Contribution("place", -Self.strong, "its code is not ours")) }
        if evidence.isFull { found.append(Contribution("limit", -Self.little, "something it needs is full")) }
        return found
    }

    private func configuration(_ evidence: NodeEvidence) -> [Contribution] {
        var found = change([.configuration], evidence, "its configuration was changed")
        found += words(CauseWords.configuration, evidence, Self.some, "its log speaks of its configuration")
        if evidence.nearest == nil, !view.scene.changes.isEmpty {
            found.append(Contribution("change", -Self.little, "none of the known changes is near"))
        }
        if evidence.isOutside { found.append(Contribution("place", -Self.some, "its configuration is not ours")) }
        return found
    }

    private func permission(_ evidence: NodeEvidence) -> [Contribution] {
        var found = change([.permission], evidence, "its permissions were changed")
        found += words(CauseWords.denial, evidence, Self.strong, "its log speaks of denial")
        if evidence.errorReading == nil && !evidence.ownErrors && evidence.logs.isEmpty {
            found.append(Contribution("errors", -Self.little, "nothing is refused"))
        }
        return found
    }

    private func resources(_ evidence: NodeEvidence) -> [Contribution] {
        var found = words(CauseWords.exhaustion, evidence, Self.strong, "its log speaks of something used up")
        if evidence.isFull { found.append(Contribution("limit", Self.strong, "something it needs is full")) }
        if evidence.outOfMemory > 0 { found.append(Contribution("process", Self.strong, "it ran out of memory")) }
        if let usage = evidence.usageReading {
            let said = "\(usage.name) is \(Figures.short(usage.after)) instead of \(Figures.short(usage.before))"
            // Who does more work needs more for it: only what grew faster than the work is used up.
            let isWork = evidence.risingTraffic.map { Self.growth(usage) <= 1.5 * Self.growth($0) } ?? false
            if isWork && !evidence.isFull {
                found.append(Contribution("usage", -Self.little, "\(said), as its traffic would have it"))
            } else if evidence.isFarFromLimits {
                found.append(Contribution("usage", Self.little, "\(said), far from what it may use"))
            } else {
                found.append(Contribution("usage", Self.strong * min(1, usage.strength / 6), said))
            }
        } else if evidence.hasUsage {
            found.append(Contribution("usage", -Self.some, "what it uses is as usual"))
        }
        if let traffic = evidence.risingTraffic {
            found.append(
                Contribution("traffic", Self.little, "\(traffic.name) rose to \(Figures.short(traffic.after))"))
        }
        return found
    }

    private static func growth(_ reading: SeriesVerdict) -> Double {
        guard reading.before > 0, reading.after.isFinite else { return .infinity }
        return reading.after / reading.before
    }

    private func dependency(_ evidence: NodeEvidence) -> [Contribution] {
        var found = words(CauseWords.unreachable, evidence, Self.some, "its log speaks of somebody unreachable")
        if evidence.isOutside {
            found.append(
                evidence.isUnwell
                    ? Contribution("place", Self.strong, "it stands outside the cluster, and is unwell")
                    : Contribution("place", -Self.some, "it stands outside the cluster, and answers as it does"))
        } else if let peer = evidence.failingOutside {
            found.append(Contribution("calls", Self.strong, "what fails are its calls to \(peer), outside the cluster"))
        } else if !view.scene.outside.isEmpty {
            found.append(Contribution("calls", -Self.some, "it has no unwell peer outside the cluster"))
        }
        if evidence.isOutside || evidence.failingOutside != nil, evidence.hasUsage, evidence.usageReading == nil {
            found.append(Contribution("usage", Self.little, "what it uses itself is as usual"))
        }
        if evidence.nearest != nil { found.append(Contribution("change", -Self.some, "it was changed just before")) }
        return found
    }

    private func change(_ kinds: [SystemChange.Kind], _ evidence: NodeEvidence, _ reason: String) -> [Contribution] {
        guard let nearest = evidence.nearest, kinds.contains(nearest.change.kind) else { return [] }
        return [
            Contribution(
                "change", Self.strong * nearest.nearness, "\(reason) \(Figures.seconds(nearest.ago)) before the onset")
        ]
    }

    private func words(
        _ words: [String], _ evidence: NodeEvidence, _ points: Double, _ reason: String
    ) -> [Contribution] {
        for log in evidence.logs {
            guard let word = CauseWords.holds(log.template, words) else { continue }
            let isNew = log.before == 0
            return [Contribution("logs", points * (isNew ? 1 : 0.6), "\(reason) (\"\(word)\")")]
        }
        return []
    }
}

/// What the categories look at, gathered once for a node.
private struct NodeEvidence {
    let nearest: (change: SystemChange, nearness: Double, ago: Double)?
    /// Lines that grew, the gravest and most frequent first.
    let logs: [LogEvidence]
    let crashes: Int
    let outOfMemory: Int
    let ownErrors: Bool
    let isOutside: Bool
    let isFull: Bool
    /// Limits are known, and none of them is near.
    let isFarFromLimits: Bool
    let hasUsage: Bool
    let usageReading: SeriesVerdict?
    let errorReading: SeriesVerdict?
    /// It fails or waits more than it did.
    let isUnwell: Bool
    let risingTraffic: SeriesVerdict?
    /// A peer outside the cluster whose calls fail or wait.
    let failingOutside: String?

    /// The share of a limit from which on it is near.
    private static let near = 0.6

    init(_ node: String, _ view: SceneView) {
        let readings = view.graph.number(node).map { view.readings[$0] } ?? []
        nearest = Circumstances.nearestChange(node, view)
        logs = view.scene.logs.filter { $0.node == node && $0.gravity >= .warning && $0.after > $0.before }
            .sorted {
                ($1.gravity, $1.after, $0.template) < ($0.gravity, $0.after, $1.template)
            }
        let events = view.scene.events.filter { $0.node == node }
        crashes = events.filter { $0.kind == .crash }.count
        outOfMemory = events.filter { $0.kind == .outOfMemory }.count
        isOutside = view.scene.outside.contains(node)
        isFull = view.scene.limits.contains { $0.node == node && $0.used >= 0.9 }
        let limits = view.scene.limits.filter { $0.node == node }
        isFarFromLimits = !limits.isEmpty && limits.allSatisfy { $0.used < Self.near }
        let usage = readings.filter { $0.kind == .usage }
        hasUsage = !usage.isEmpty
        usageReading = usage.first { $0.distance >= SeriesVerdict.unusual && $0.wentUp }
        errorReading = readings.first { $0.kind == .error && $0.distance >= SeriesVerdict.unusual }
        let failing = view.traces.contains { $0.peer == node && $0.after.errors > $0.before.errors * $0.scale + 1 }
        isUnwell = Self.isUnwell(readings) || failing
        risingTraffic = readings.first { $0.kind == .traffic && $0.wentUp && $0.distance >= SeriesVerdict.unusual }
        let own = view.traces.filter { $0.service == node }
        ownErrors = own.contains { $0.peer == nil && $0.after.errors > $0.before.errors * $0.scale + 1 }
        let bad = own.filter { row in
            guard let peer = row.peer, view.scene.outside.contains(peer) else { return false }
            return row.after.errors > row.before.errors * row.scale + 1
                || row.before.count > 0 && row.after.mean > 3 * row.before.mean
        }
        let unwell = view.graph.number(node).map { number in
            view.graph.callees[number].first { callee in
                view.scene.outside.contains(view.graph.names[callee])
                    && Self.isUnwell(view.readings[callee])
            }.map { view.graph.names[$0] }
        }
        failingOutside = bad.first?.peer ?? unwell ?? nil
    }

    /// More work alone is no illness.
    private static func isUnwell(_ readings: [SeriesVerdict]) -> Bool {
        readings.contains {
            ($0.kind == .error || $0.kind == .latency) && $0.wentUp && $0.distance >= SeriesVerdict.unusual
        }
    }
}
