/// How much of what a node shows is explained by what it calls: seconds (or failures) come from where they are spent.
struct Excess {
    private let graph: CallGraph
    /// The readings of each node, the strongest first.
    private let readings: [[SeriesReading]]
    /// Calls per sample, where the node tells.
    private let traffic: [Double?]

    init(graph: CallGraph, readings: [[SeriesReading]]) {
        self.graph = graph
        self.readings = readings
        traffic = readings.map { Self.traffic($0) }
    }

    private static let callWords = ["requests", "request", "rps", "qps", "ops", "workload", "calls", "throughput"]

    private static func traffic(_ readings: [SeriesReading]) -> Double? {
        let counts = readings.filter { reading in
            reading.kind == .traffic && MetricWords.words(of: reading.name).contains { callWords.contains($0) }
        }
        return counts.min { $0.name < $1.name }.map { max(0, $0.after) }
    }

    /// The share of a reading that the node's callees explain, and the one that explains most of it.
    func explained(_ reading: SeriesReading, of node: Int) -> (share: Double, by: Int?) {
        guard reading.kind == .latency || reading.kind == .error, reading.shift > 0 else { return (0, nil) }
        var sum = 0.0
        var most = (excess: 0.0, node: Int?.none)
        for callee in graph.callees[node] {
            guard let other = matching(reading, in: callee), other.distance >= SeriesReading.noticeable else {
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

    /// How much of a symptom a node's reading amounts to: 1 where it is all of it or where nothing can be compared.
    func impact(_ reading: SeriesReading, of node: Int, on symptom: SeriesReading, of target: Int) -> Double {
        guard reading.name == symptom.name, reading.kind == .latency || reading.kind == .error, symptom.shift > 0,
            symptom.distance >= SeriesReading.noticeable, let mine = traffic[node], let theirs = traffic[target]
        else { return 1 }
        return min(1, reading.shift * mine / (symptom.shift * max(theirs, .leastNormalMagnitude)))
    }

    /// The callee's series of the same name, or its strongest of the same kind.
    private func matching(_ reading: SeriesReading, in node: Int) -> SeriesReading? {
        readings[node].first { $0.name == reading.name } ?? readings[node].first { $0.kind == reading.kind }
    }
}
