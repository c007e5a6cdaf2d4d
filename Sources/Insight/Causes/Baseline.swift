import Glibc

/// What a series usually is, and how far it usually strays: medians and quantiles, which a few wild values do not move.
struct Baseline {
    /// A change by less than this share of the level means nothing, however still the series was.
    private static let smallestShare = 0.03
    /// What was constant and moves is this far away.
    private static let fromStillness = 20.0

    let count: Int
    let level: Double
    let spread: Double
    /// The same without regard to the tail.
    let core: Double
    private let isStill: Bool

    /// From finite values; nil without any.
    init?(_ values: [Double]) {
        guard !values.isEmpty else { return nil }
        let sorted = values.sorted()
        count = sorted.count
        level = Self.quantile(sorted, 0.5)
        var distances = sorted
        for index in distances.indices { distances[index] = abs(distances[index] - level) }
        let mean = distances.reduce(0, +) / Double(count)
        distances.sort()
        let middle = (Self.quantile(sorted, 0.75) - Self.quantile(sorted, 0.25)) / 1.349
        // A series with a heavy tail has its own measure of what is far.
        let tail = Self.quantile(distances, 0.95) / 2.5
        isStill = mean == 0
        // Few values say little about how far the next may stray.
        let doubt = 1 + 4 / Double(count)
        let smallest = max(abs(level) * Self.smallestShare, .leastNormalMagnitude)
        core = max((middle > 0 ? middle : mean) * doubt, smallest)
        spread = max(max(middle, tail, mean / 2) * doubt, smallest)
    }

    /// How many usual distances a value is above the level (below, where negative); `strays` is how many times further
    /// than expected series of this kind go.
    func distance(_ value: Double, strays: Double = 1) -> Double {
        let distance = (value - level) / max(spread, core * strays)
        return isStill ? max(-Self.fromStillness, min(Self.fromStillness, distance)) : distance
    }

    /// The value below which a share of sorted values lies.
    static func quantile(_ sorted: [Double], _ share: Double) -> Double {
        let place = Double(sorted.count - 1) * share
        let lower = Int(place)
        let upper = min(lower + 1, sorted.count - 1)
        return sorted[lower] + (sorted[upper] - sorted[lower]) * (place - Double(lower))
    }
}
