public import Contracts
import Glibc
public import Signals

/// Counts of measurements by size: how many were at most each bound and above the one before.
public struct Distribution: Sendable, Equatable {
    /// Rising upper bounds; the last bucket may end at infinity.
    public var bounds: [Double]
    public var counts: [Double]
    public var sum: Double

    /// Bounds and counts of the same number.
    public init(bounds: [Double], counts: [Double], sum: Double) {
        self.bounds = bounds
        self.counts = counts
        self.sum = sum
    }

    /// The buckets of one of our own histograms that hold anything.
    public init(_ snapshot: HistogramSnapshot) {
        self.init(
            scale: snapshot.scale, zeroCount: Double(snapshot.zeroCount), offset: snapshot.offset,
            counts: snapshot.counts.map(Double.init), sum: snapshot.sum)
    }

    /// The buckets of an exponential histogram that hold anything; what is below zero is in one.
    public init(
        scale: Int, zeroCount: Double, offset: Int, counts: [Double], below: [Double] = [], sum: Double
    ) {
        bounds = []
        self.counts = []
        self.sum = sum
        let zero = below.reduce(zeroCount, +)
        if zero > 0 {
            bounds.append(0)
            self.counts.append(zero)
        }
        let perDoubling = Glibc.exp2(Double(scale))
        for (index, count) in counts.enumerated() where count > 0 {
            bounds.append(Glibc.exp2(Double(offset + index + 1) / perDoubling))
            self.counts.append(count)
        }
    }

    /// Bytes of memory, about.
    var bytes: Int { 80 + 8 * (bounds.count + counts.count) }

    /// How many measurements there were.
    public var count: Double { counts.reduce(0, +) }

    /// Whether it can be counted: bounds that rise, and as many counts, none of them below zero.
    var isSound: Bool {
        guard bounds.count == counts.count, sum.isFinite else { return false }
        guard counts.allSatisfy({ $0 >= 0 && $0.isFinite }) else { return false }
        return zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 } && bounds.first?.isNaN != true
    }

    /// What was measured since an earlier reading of the same histogram; nil when it began anew in between.
    ///
    /// The buckets may have become wider meanwhile, as those of exponential histograms do: what was in a narrow one is in
    /// the one that holds it.
    public func since(_ earlier: Distribution) -> Distribution? {
        guard count >= earlier.count else { return nil }
        var rest = counts
        var place = 0
        for (bound, count) in zip(earlier.bounds, earlier.counts) where count > 0 {
            while place < bounds.count, bounds[place] < bound { place += 1 }
            guard place < rest.count, rest[place] >= count else { return nil }
            rest[place] -= count
        }
        return Distribution(bounds: bounds, counts: rest, sum: max(0, sum - earlier.sum))
    }

    /// The value below which a share of the measurements lies, read as the bound of its bucket; what lies above all
    /// bounds is read as the highest of them. Nil without any measurement or bound.
    public func quantile(_ share: Double) -> Double? {
        let total = count
        guard total > 0 else { return nil }
        var seen = 0.0
        var last: Double?
        for (bound, count) in zip(bounds, counts) {
            seen += count
            if bound.isFinite { last = bound }
            if count > 0, seen >= share * total { return last }
        }
        return last
    }

    /// How many were at most `threshold`: exact where it is a bound, else up to the bound below it.
    public func count(upTo threshold: Double) -> Double {
        var sum = 0.0
        for (bound, count) in zip(bounds, counts) {
            // The bounds are powers of two with fractions: what differs in the last digits is the same bound.
            guard bound <= threshold * (1 + 1e-9) else { break }
            sum += count
        }
        return sum
    }
}

/// What a metric says at one time.
public enum MetricReading: Sendable, Equatable {
    /// Grows until its process begins anew.
    case counter(Double)
    /// What was added since the reading before.
    case increase(Double)
    case gauge(Double)
    /// Grows until its process begins anew.
    case distribution(Distribution)
    /// What was measured since the reading before.
    case measurements(Distribution)
}

/// One reading of one series.
public struct MetricPoint: Sendable, Equatable {
    public var node: String
    public var instance: String?
    public var metric: String
    public var unit: String
    public var labels: [SignalLabel]
    /// Nanoseconds since 1970.
    public var at: Int64
    public var reading: MetricReading

    /// A reading of a series; labels are sorted by name.
    public init(
        node: String, instance: String?, metric: String, unit: String, labels: [SignalLabel], at: Int64,
        reading: MetricReading
    ) {
        self.node = node
        self.instance = instance
        self.metric = metric
        self.unit = unit
        self.labels = labels.sorted()
        self.at = at
        self.reading = reading
    }
}
