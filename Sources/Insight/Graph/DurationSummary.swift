import Glibc

/// Durations in buckets, each a quarter wider than the one before: enough for quantiles, in a fixed size.
public struct DurationSummary: Sendable, Equatable {
    private static let first = 1e-6
    private static let growth = 1.25
    private static let count = 96

    private var buckets: [UInt32] = []
    /// How many.
    public private(set) var count = 0
    /// Their sum.
    public private(set) var seconds = 0.0
    /// The longest.
    public private(set) var longest = 0.0

    init() {}

    mutating func add(_ seconds: Double) {
        guard seconds.isFinite, seconds >= 0 else { return }
        if buckets.isEmpty { buckets = Array(repeating: 0, count: Self.count) }
        let place = seconds <= Self.first ? 0 : Int(log(seconds / Self.first) / log(Self.growth)) + 1
        let bucket = min(Self.count - 1, place)
        if buckets[bucket] < .max { buckets[bucket] += 1 }
        count += 1
        self.seconds += seconds
        longest = max(longest, seconds)
    }

    /// The mean; nil without any.
    public var mean: Double? { count > 0 ? seconds / Double(count) : nil }

    /// The duration that a share of all stays below, to about an eighth; nil without any.
    public func quantile(_ share: Double) -> Double? {
        guard count > 0, !share.isNaN else { return nil }
        var left = max(1, (min(1, max(0, share)) * Double(count)).rounded(.up))
        for (place, number) in buckets.enumerated() {
            left -= Double(number)
            guard left <= 0 else { continue }
            let upper = Self.first * pow(Self.growth, Double(place))
            return min(longest, place == 0 ? upper : upper / Self.growth.squareRoot())
        }
        return longest
    }
}
