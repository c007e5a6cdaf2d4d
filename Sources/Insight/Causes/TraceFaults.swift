import Glibc

/// What the spans say besides how long they took: who fails by itself, and who no longer does what it did.
struct TraceFaults {
    private struct Node {
        var name: String
        /// More failures than before, in its own spans and in its calls.
        var failures = 0.0
        var callFailures = 0.0
        var total = 0.0
        /// The greatest loss of spans, in standard errors, and of which operation.
        var loss = 0.0
        var lost = ""
        var lostShare = 0.0
    }

    private static let fewestExpected = 8.0
    private static let clearLoss = 6.0
    private static let lossWeight = 0.7

    private var nodes: [Node] = []

    init(_ evidence: [TraceEvidence]) {
        for name in TraceBlame.unique(evidence.map(\.service).sorted()) {
            let rows = evidence.filter { $0.service == name }
            var node = Node(name: name)
            let inflow = Self.inflow(name, rows, evidence)
            for row in rows {
                let more = max(0, row.after.errors - row.before.errors * row.scale)
                if row.peer == nil { node.failures += more } else { node.callFailures += more }
                node.total += row.after.count
                let expected = row.before.count * inflow
                guard expected >= Self.fewestExpected else { continue }
                let loss = (expected - row.after.count) / expected.squareRoot()
                if loss > node.loss {
                    (node.loss, node.lost, node.lostShare) = (loss, row.operation, 1 - row.after.count / expected)
                }
            }
            nodes.append(node)
        }
    }

    /// How many times as many calls as before reach a service: what it does should grow and shrink with them.
    private static func inflow(_ name: String, _ rows: [TraceEvidence], _ all: [TraceEvidence]) -> Double {
        let calls = all.filter { $0.peer == name }
        let before = calls.reduce(0) { $0 + $1.before.count }
        let after = calls.reduce(0) { $0 + $1.after.count }
        if before >= fewestExpected { return after / before }
        return rows.first?.scale ?? 1
    }

    func contributions(_ name: String) -> [Contribution] {
        guard let node = nodes.first(where: { $0.name == name }) else { return [] }
        var reasons: [Contribution] = []
        let own = max(0, node.failures - node.callFailures)
        let all = nodes.reduce(0) { $0 + max(0, $1.failures - $1.callFailures) }
        if own > 0, all > 0, node.total > 0 {
            let doubt = own / (own + 2)
            reasons.append(
                Contribution(
                    "errors", Weights.traceErrors * own / all * doubt,
                    "\(Figures.short(own)) more of its spans fail without a failed call of its own"))
        }
        if node.loss >= Self.clearLoss {
            reasons.append(
                Contribution(
                    "calls", Self.lossWeight * SeriesVerdict.strength(node.loss),
                    "\(Int(node.lostShare * 100)) % of its usual \(node.lost) are missing"))
        }
        return reasons
    }
}
