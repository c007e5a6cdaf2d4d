/// How well a node, as the cause, would cover what hurts: its callers hurt, and whoever hurts calls it, directly or not.
///
/// What delays calls on their way shows in no series of the node that they are made to, only in those of its callers.
struct Coverage {
    private let graph: CallGraph
    /// How much each node's calls hurt, its own or those made to it.
    private let hurt: [Double]
    private let most: Double
    private let all: Double

    private static let fullHurt = 3.0

    init(graph: CallGraph, readings: [[SeriesVerdict]], isIdle: (Int) -> Bool) {
        self.graph = graph
        hurt = readings.indices.map { node in
            let latencies = readings[node].filter { ($0.kind == .latency || $0.kind == .error) && $0.shift > 0 }
            return isIdle(node) ? 0 : latencies.map(\.strength).max() ?? 0
        }
        most = hurt.max() ?? 0
        all = hurt.reduce(0, +)
    }

    /// From 0 to 1, and how many callers hurt of how many.
    func share(_ node: Int) -> (share: Double, hurt: Int, callers: Int) {
        let callers = graph.callers[node]
        guard most > 0, all > 0, !callers.isEmpty else { return (0, 0, callers.count) }
        let near = callers.reduce(0) { $0 + hurt[$1] } / (Double(callers.count) * most)
        var reached = Array(repeating: false, count: hurt.count)
        reached[node] = true
        var queue = [node]
        var next = 0
        var covered = 0.0
        while next < queue.count {
            covered += hurt[queue[next]]
            for caller in graph.callers[queue[next]] where !reached[caller] {
                reached[caller] = true
                queue.append(caller)
            }
            next += 1
        }
        let recall = covered / all
        guard near + recall > 0 else { return (0, 0, callers.count) }
        let share = 2 * near * recall / (near + recall) * min(1, most / Self.fullHurt)
        return (share, callers.filter { hurt[$0] >= most / 2 }.count, callers.count)
    }
}
