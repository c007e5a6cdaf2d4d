import Glibc

/// What else is known of a node: logs, changes, the life of its processes, limits.
enum Circumstances {
    static func contributions(_ node: String, _ view: SceneView) -> [Contribution] {
        logs(node, view) + changes(node, view) + events(node, view) + limits(node, view)
    }

    /// The kind of error line that grew most.
    private static func logs(_ node: String, _ view: SceneView) -> [Contribution] {
        var best: (points: Double, log: LogEvidence)?
        for log in view.scene.logs where log.node == node && log.gravity >= .warning {
            guard log.before.isFinite, log.after.isFinite, log.after > log.before else { continue }
            let weight = log.gravity == .warning ? 0.5 : 1
            let growth = log2(1 + max(0, log.after) / (1 + max(0, log.before)))
            let points = Weights.logs * weight * min(1, growth / 4)
            guard let last = best, (points, log.template) <= (last.points, last.log.template) else {
                best = (points, log)
                continue
            }
        }
        guard let best else { return [] }
        return [
            Contribution(
                "logs", best.points,
                "\(Figures.short(best.log.after)) lines a minute instead of \(Figures.short(best.log.before)): "
                    + best.log.template.prefix(120))
        ]
    }

    /// The change nearest before the onset.
    private static func changes(_ node: String, _ view: SceneView) -> [Contribution] {
        guard let change = nearestChange(node, view) else { return [] }
        return [
            Contribution(
                "change", Weights.change * change.nearness,
                "\(change.change.kind.rawValue) \(Figures.seconds(change.ago)) before: "
                    + change.change.text.prefix(120))
        ]
    }

    /// The change of a node that may explain its state: before the onset, or just after it where clocks disagree.
    static func nearestChange(
        _ node: String, _ view: SceneView
    ) -> (change: SystemChange, nearness: Double, ago: Double)? {
        guard let onset = view.onset ?? view.scene.symptom?.time else { return nil }
        let known = view.scene.changes.filter { $0.target == node && $0.time.isFinite && $0.time <= onset + 60 }
            .sorted { ($1.time, $0.kind.rawValue, $0.text) < ($0.time, $1.kind.rawValue, $1.text) }
        // What came after the onset explains it only as far as clocks disagree.
        let near = known.map { change in
            (change: change, nearness: exp(-max(onset - change.time, (change.time - onset) * 60) / Weights.changeFades))
        }
        var best: (change: SystemChange, nearness: Double)?
        for found in near where best.map({ found.nearness > $0.nearness }) ?? true { best = found }
        guard let (change, nearness) = best else { return nil }
        let ago = onset - change.time
        return nearness > 0.01 ? (change, nearness, ago) : nil
    }

    private static func events(_ node: String, _ view: SceneView) -> [Contribution] {
        let events = view.scene.events.filter { $0.node == node }
            .sorted { ($0.time, $0.kind.rawValue, $0.text) < ($1.time, $1.kind.rawValue, $1.text) }
        guard let first = events.first(where: { $0.kind != .restart }) ?? events.first else { return [] }
        let weight = first.kind == .restart ? 0.5 : 1
        let count = events.count == 1 ? "" : " (\(events.count) such events)"
        return [
            Contribution("process", Weights.event * weight, "\(first.kind.rawValue)\(count): \(first.text.prefix(120))")
        ]
    }

    private static func limits(_ node: String, _ view: SceneView) -> [Contribution] {
        let fullest = view.scene.limits.filter { $0.node == node && $0.used.isFinite }
            .max { ($0.used, $0.name) < ($1.used, $1.name) }
        guard let fullest, fullest.used > 0.8 else { return [] }
        return [
            Contribution(
                "limit", Weights.limit * min(1, (fullest.used - 0.8) / 0.2),
                "\(fullest.name) is \(Int(min(fullest.used, 1e6) * 100)) % used")
        ]
    }
}
