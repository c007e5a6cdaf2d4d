/// How much of what a node shows is explained by what it calls: seconds (or failures) come from where they are spent.
struct Excess {
    private let graph: CallGraph
    /// The readings of each node, the strongest first.
    private let readings: [[SeriesVerdict]]
    /// Calls per sample, where the node tells.
    private let traffic: [Double?]
    private let idle: [Bool]

    init(graph: CallGraph, readings: [[SeriesVerdict]]) {
        self.graph = graph
        self.readings = readings
        let calls = readings.map { Self.calls($0) }
        traffic = calls.map { $0.map { max(0, $0.after) } }
        idle = calls.map { $0.map { $0.after <= 0 && $0.before <= 0 } ?? false }
    }

    /// The most that any node of a list shows in a series of each name and that its callees do not explain.
    func most(among nodes: [Int]) -> [String: Double] {
        var mostByName: [String: Double] = [:]
        for node in nodes {
            for reading in readings[node] where reading.kind == .latency || reading.kind == .error {
                guard reading.distance >= SeriesVerdict.noticeable else { break }
                guard let calls = traffic[node] else { continue }
                let amount = reading.shift * calls * (1 - explained(reading, of: node).share)
                mostByName[reading.name] = max(mostByName[reading.name] ?? 0, amount)
            }
        }
        return mostByName
    }

    private static let callWords = ["requests", "request", "rps", "qps", "ops", "workload", "calls", "throughput"]

    private static func calls(_ readings: [SeriesVerdict]) -> SeriesVerdict? {
        let counts = readings.filter { reading in
            reading.kind == .traffic && MetricWords.words(of: reading.name).contains { callWords.contains($0) }
        }
        return counts.min { $0.name < $1.name }
    }

    /// The share of a reading that the node's callees explain, and the one that explains most of it.
    func explained(_ reading: SeriesVerdict, of node: Int) -> (share: Double, by: Int?) {
        guard reading.kind == .latency || reading.kind == .error, reading.shift > 0 else { return (0, nil) }
        var sum = 0.0
        var most = (excess: 0.0, node: Int?.none)
        for callee in graph.callees[node] {
            guard let other = matching(reading, in: callee), other.distance >= SeriesVerdict.noticeable else {
                continue
            }
            var excess = other.shift
            if let mine = traffic[node], let theirs = traffic[callee], mine > 0 { excess *= theirs / mine }
            // What is measured in another unit can only be compared by how unusual it is.
            if other.name != reading.name { excess = reading.shift * min(1, other.distance / reading.distance) }
            sum += excess
            if excess > most.excess { most = (excess, callee) }
        }
        return (min(1, sum / reading.shift), most.node)
    }

    /// How much of a symptom a node amounts to: 1 where it is all of it, or as much as anybody's, or where nothing can be
    /// compared.
    func impact(of node: Int, on symptom: SeriesVerdict, of target: Int, most: Double) -> Double {
        guard symptom.kind == .latency || symptom.kind == .error, let theirs = traffic[target],
            let mine = amount(node, symptom.name)
        else { return 1 }
        // Less than what would be noticed there cannot be what was noticed.
        let noticed = max(symptom.shift, SeriesVerdict.noticeable * symptom.spread) * theirs
        let most = max(noticed, most)
        return most > 0 ? min(1, mine / most) : 1
    }

    /// Whether a node is not called, and never was: then its latency means nothing.
    func isIdle(_ node: Int) -> Bool { idle[node] }

    func amount(_ node: Int, _ name: String) -> Double? {
        guard let reading = readings[node].first(where: { $0.name == name }), let calls = traffic[node] else {
            return nil
        }
        return reading.shift * calls
    }

    /// The callee's series of the same name, or its strongest of the same kind.
    private func matching(_ reading: SeriesVerdict, in node: Int) -> SeriesVerdict? {
        readings[node].first { $0.name == reading.name } ?? readings[node].first { $0.kind == reading.kind }
    }
}
