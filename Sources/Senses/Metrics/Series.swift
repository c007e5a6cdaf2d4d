public import Contracts
import Insight

/// What names a series.
public struct SeriesKey: Hashable, Sendable, Comparable {
    public var node: String
    public var instance: String?
    /// With `:rate`, `:mean` or `:p99` behind it where it is what a counter or a histogram came to.
    public var metric: String
    public var labels: [SignalLabel]

    /// The name of a series; labels are sorted.
    public init(node: String, instance: String?, metric: String, labels: [SignalLabel]) {
        self.node = node
        self.instance = instance
        self.metric = metric
        self.labels = labels
    }

    public static func < (left: SeriesKey, right: SeriesKey) -> Bool {
        if (left.node, left.metric) != (right.node, right.metric) {
            return (left.node, left.metric) < (right.node, right.metric)
        }
        if left.labels != right.labels { return left.labels.lexicographicallyPrecedes(right.labels) }
        return (left.instance ?? "") < (right.instance ?? "")
    }
}

extension SeriesKey {
    /// Bytes of memory of its texts, about: short ones stand within the value itself.
    var bytes: Int {
        func bytes(_ text: String) -> Int { text.utf8.count > 15 ? text.utf8.count + 32 : 0 }
        return labels.reduce(bytes(node) + bytes(metric) + bytes(instance ?? "") + 32) {
            $0 + MemoryLayout<SignalLabel>.stride + bytes($1.name) + bytes($1.value)
        }
    }
}

/// One series of plain numbers with its recent past, and what is usual for it.
struct Series: Sendable {
    static let fineStep: Int64 = 1
    static let coarseStep: Int64 = 5
    private static let finePlaces = 120
    private static let coarsePlaces = 720

    let key: SeriesKey
    let unit: String
    private(set) var fine = Ring(step: fineStep, capacity: finePlaces)
    private(set) var coarse = Ring(step: coarseStep, capacity: coarsePlaces)
    /// The coarse place that is being filled.
    private var place: Int64 = -1
    private var sum = 0.0
    private var count = 0.0
    private var sumOfSecond = 0.0
    private var inSecond = 0.0
    private var scorer = AnomalyScorer()
    /// How unusual the last whole coarse value was, 0 to 1.
    private(set) var unusual = 0.0
    /// The last second of a value by its own time, and the one in which any came by ours.
    private(set) var lastSecond: Int64 = -1
    private(set) var heard: Int64 = -1
    private(set) var last = 0.0
    private(set) var minute = MinuteTally()
    /// Given once: who remembers the place of a series can tell whether another stands there now.
    let number: Int
    /// Whether it stands for many others that have no room.
    var isFolded = false

    init(_ key: SeriesKey, unit: String, number: Int) {
        self.key = key
        self.unit = unit
        self.number = number
    }

    /// Bytes of memory, about; without those of the name.
    var bytes: Int { MemoryLayout<Series?>.stride + fine.bytes + coarse.bytes }

    /// Takes a value; false where it came too late to have a place. The score is new when a coarse value was completed.
    mutating func add(_ value: Double, at second: Int64, now: Int64) -> (isKept: Bool, isScored: Bool) {
        heard = max(heard, now)
        guard second >= lastSecond else {
            guard fine.put(value, at: second) else { return (false, false) }
            minute.add(value, at: second)
            return (true, false)
        }
        // Several within a second count as one: their mean.
        (inSecond, sumOfSecond) = second == lastSecond ? (inSecond + 1, sumOfSecond + value) : (1, value)
        guard fine.put(sumOfSecond / inSecond, at: second) else { return (false, false) }
        minute.add(value, at: second)
        (lastSecond, last) = (second, value)
        let now = second / Self.coarseStep
        let isScored = now != place && close()
        place = now
        sum += value
        count += 1
        return (true, isScored)
    }

    private mutating func close() -> Bool {
        guard count > 0 else { return false }
        let mean = sum / count
        _ = coarse.put(mean, at: place * Self.coarseStep)
        unusual = scorer.score(mean)
        (sum, count) = (0, 0)
        return true
    }

    /// The values from one second to another at a step that is a multiple of what is kept.
    func values(from: Int64, until: Int64, step: Int64) -> [Double?] {
        stride(from: from, to: until, by: Int(step)).map { second in
            guard step >= Self.coarseStep else { return mean(of: fine, from: second, until: second + step) }
            // What is too young to be summed up is in the fine detail only.
            return mean(of: coarse, from: second, until: second + step)
                ?? mean(of: fine, from: second, until: second + step)
        }
    }

    private func mean(of ring: Ring, from: Int64, until: Int64) -> Double? {
        var total = 0.0
        var count = 0.0
        for second in stride(from: from, to: until, by: Int(ring.step)) {
            guard let value = ring.value(at: second) else { continue }
            total += value
            count += 1
        }
        return count > 0 ? total / count : nil
    }

    /// The figures of the minutes that are over, for the disk.
    mutating func takeMinute(before second: Int64) -> MinuteFigures? { minute.take(before: second / 60) }
}
