import Glibc

/// What one series says about its node.
struct SeriesReading {
    let node: String
    let name: String
    let kind: SignalKind
    let lowIsBad: Bool
    /// How many usual distances the series is away, for long enough to mean it; bad is positive, never negative.
    let distance: Double
    /// Its logarithm: each point is twice as far.
    let strength: Double
    /// How much worse the level is than usual, in the series' own unit.
    let shift: Double
    /// What it usually is, and what it is now.
    let before: Double
    let after: Double
    /// When it left what is usual.
    let onset: Double?
    let wentUp: Bool

    /// A distance at which a series is called unusual.
    static let unusual = 5.0
    /// A distance at which a series may explain another.
    static let noticeable = 3.0
    private static let mostDistance = 4_095.0

    static func strength(_ distance: Double) -> Double { log2(1 + max(0, min(mostDistance, distance))) }
}

/// Reads series: what is usual comes from before the onset, or from a reference.
struct SeriesReader {
    let onset: Double?
    /// What is later than this is no longer looked at.
    let end: Double
    /// Voices from the wrong side, such as less latency, count half.
    private static let wrongSide = 0.5

    func read(_ series: PreparedSeries) -> SeriesReading? {
        let source = series.source
        let onset = onset ?? source.times.first ?? 0
        let edge = source.reference.isEmpty ? onset - series.step * 0.5 : -Double.infinity
        let reference =
            source.reference.isEmpty
            ? zip(series.times, series.values).filter { $0.0 < edge }.map(\.1) : series.reference
        let from = onset - series.step * 0.5
        let late = zip(series.times, series.values).filter { $0.0 >= from && $0.0 <= end }
        guard reference.count >= 2, !late.isEmpty else { return nil }
        // What has a best value is measured by what is missing to it.
        let top = source.kind == .error && source.lowIsBad ? reference.max() ?? 0 : 0
        let usual = top > 0 ? reference.map { top - $0 } : reference
        let now = top > 0 ? late.map { top - $0.1 } : late.map(\.1)
        guard let baseline = Baseline(usual) else { return nil }
        let lowIsBad = top > 0 ? false : source.lowIsBad
        let distances = now.map { baseline.distance($0) }
        let (up, down) = (Self.sustained(distances), Self.sustained(distances.map { -$0 }))
        let (bad, good) = lowIsBad ? (down, up) : (up, down)
        let countsBothWays = source.kind == .traffic || source.kind == .other
        let other = countsBothWays ? good.distance : good.distance * Self.wrongSide
        let chosen = bad.distance >= other ? bad : good
        let distance = max(bad.distance, other)
        let isBad = bad.distance >= other
        let wentUp = isBad != lowIsBad
        let first = distances.firstIndex {
            (wentUp ? $0 : -$0) >= max(SeriesReading.noticeable, chosen.distance / 2)
        }
        let shift = isBad ? abs(now[chosen.index] - baseline.level) : 0
        return SeriesReading(
            node: source.node, name: source.name, kind: source.kind, lowIsBad: source.lowIsBad,
            distance: max(0, distance),
            strength: SeriesReading.strength(distance), shift: distance > 0 ? shift : 0, before: baseline.level,
            after: now[chosen.index], onset: first.map { late[$0].0 }, wentUp: wentUp != (top > 0))
    }

    /// The distance that is reached often enough: a tenth of the time, and at least twice where there are three values.
    private static func sustained(_ distances: [Double]) -> (distance: Double, index: Int) {
        let order = distances.indices.sorted { (distances[$0], $1) > (distances[$1], $0) }
        let place = distances.count < 3 ? 0 : max(1, (distances.count + 9) / 10 - 1)
        return (distances[order[place]], order[place])
    }
}

/// A series without its gaps.
struct PreparedSeries {
    let source: MetricSeries
    let times: [Double]
    let values: [Double]
    let reference: [Double]
    /// The usual time between two values.
    let step: Double

    private static let largest = 1e150

    /// Nil for what has no values.
    init?(_ source: MetricSeries) {
        self.source = source
        var times: [Double] = []
        var values: [Double] = []
        let count = min(source.times.count, source.values.count)
        times.reserveCapacity(count)
        values.reserveCapacity(count)
        for index in 0..<count where Self.counts(source.values[index]) && Self.counts(source.times[index]) {
            times.append(source.times[index])
            values.append(source.values[index])
        }
        guard !values.isEmpty else { return nil }
        if zip(times, times.dropFirst()).contains(where: { $0 > $1 }) {
            let order = times.indices.sorted { (times[$0], values[$0]) < (times[$1], values[$1]) }
            times = order.map { times[$0] }
            values = order.map { values[$0] }
        }
        self.times = times
        self.values = values
        reference = source.reference.filter(Self.counts)
        step = times.count > 1 ? (times[times.count - 1] - times[0]) / Double(times.count - 1) : 0
    }

    // Sums of squares must stay finite, too.
    private static func counts(_ value: Double) -> Bool { value.isFinite && abs(value) < largest }
}
