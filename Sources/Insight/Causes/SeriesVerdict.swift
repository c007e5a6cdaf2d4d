import Glibc

/// What one series says about its node.
struct SeriesVerdict {
    let node: String
    let name: String
    let kind: SignalKind
    let lowIsBad: Bool
    /// Whether it is about the calls that the node makes.
    let isOutbound: Bool
    /// How many usual distances the series is away, for long enough to mean it; bad is positive, never negative.
    let distance: Double
    /// Its logarithm: each point is twice as far.
    let strength: Double
    /// How much worse the level is than usual, in the series' own unit.
    let shift: Double
    /// What it usually is, and what it is now.
    let before: Double
    let after: Double
    /// How far it usually strays, in its own unit.
    let spread: Double
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

/// A series with its baseline: what is usual comes from before the onset, or from a reference.
struct MeasuredSeries {
    let source: MetricSeries
    let baseline: Baseline
    /// Distances of some of the usual values.
    let usualDistances: [Double]
    let lateTimes: [Double]
    let lateValues: [Double]
    /// What has a best value is measured by what is missing to it.
    let isMirrored: Bool

    /// Of each series so many usual values tell how far its kind strays.
    private static let samples = 64

    /// Nil where there is nothing to compare. What is later than `end` is no longer looked at.
    init?(_ series: PreparedSeries, onset: Double?, end: Double) {
        source = series.source
        let onset = onset ?? series.times.first ?? 0
        let from = onset - series.step * 0.5
        let first = series.times.firstIndex { $0 >= from } ?? series.times.count
        let last = series.times.lastIndex { $0 <= end } ?? -1
        guard first <= last else { return nil }
        let reference = series.reference.isEmpty ? Array(series.measured[..<first]) : series.reference
        guard reference.count >= 2 else { return nil }
        let top = source.kind == .error && source.lowIsBad ? reference.max() ?? 0 : 0
        isMirrored = top > 0
        let late = Array(series.measured[first...last])
        let usual = isMirrored ? reference.map { top - $0 } : reference
        lateValues = isMirrored ? late.map { top - $0 } : late
        lateTimes = Array(series.times[first...last])
        guard let baseline = Baseline(usual) else { return nil }
        self.baseline = baseline
        let stride = max(1, usual.count / Self.samples)
        usualDistances = Swift.stride(from: 0, to: usual.count, by: stride).map {
            abs(usual[$0] - baseline.level) / baseline.core
        }
    }
}

/// How far series of one name stray when all is well, over all nodes: what happens to one of them every hundredth time
/// is no news of any of them.
struct UsualStrays {
    private static let fewestSeries = 5
    private static let share = 0.99
    /// What well-behaved series reach at that share.
    private static let ordinary = 3.0

    private var factorByName: [String: Double] = [:]

    init(_ measured: [MeasuredSeries]) {
        let order = measured.indices.sorted { (measured[$0].source.name, $0) < (measured[$1].source.name, $1) }
        var first = 0
        while first < order.count {
            let name = measured[order[first]].source.name
            var last = first
            var distances: [Double] = []
            while last < order.count, measured[order[last]].source.name == name {
                distances += measured[order[last]].usualDistances
                last += 1
            }
            if last - first >= Self.fewestSeries {
                distances.sort()
                factorByName[name] = max(1, Baseline.quantile(distances, Self.share) / Self.ordinary)
            }
            first = last
        }
    }

    func factor(_ name: String) -> Double { factorByName[name] ?? 1 }
}

extension SeriesVerdict {
    /// What nobody feels, however steady it was before: a twentieth of a processor, a millisecond.
    private static func least(_ name: String) -> Double {
        if name.hasPrefix("process.cpu.time:rate") { return 0.05 }
        if name.hasPrefix("kintsugi.pool.lag") || name.hasPrefix("kintsugi.bus.loop_lag") { return 0.01 }
        return name.contains(".duration:") && !name.contains(":rate") ? 0.001 : 0
    }

    /// Voices from the wrong side, such as less latency, count half.
    private static let wrongSide = 0.5

    init(_ series: MeasuredSeries, strays: Double) {
        let (source, baseline, now) = (series.source, series.baseline, series.lateValues)
        let lowIsBad = series.isMirrored ? false : source.lowIsBad
        let distances = now.map { baseline.distance($0, strays: strays) }
        let (up, down) = (Self.sustained(distances), Self.sustained(distances.map { -$0 }))
        let (bad, good) = lowIsBad ? (down, up) : (up, down)
        let countsBothWays = source.kind == .traffic || source.kind == .other
        let other = countsBothWays ? good.distance : good.distance * Self.wrongSide
        let isBad = bad.distance >= other
        let chosen = isBad ? bad : good
        let rises = isBad != lowIsBad
        let first = distances.firstIndex {
            (rises ? $0 : -$0) >= max(SeriesVerdict.noticeable, chosen.distance / 2)
        }
        let isFelt = abs(now[chosen.index] - baseline.level) >= Self.least(source.name)
        distance = isFelt ? max(0, bad.distance, other) : 0
        node = source.node
        name = source.name
        kind = source.kind
        self.lowIsBad = source.lowIsBad
        isOutbound = (kind == .latency || kind == .error) && MetricWords.isOutbound(name)
        strength = SeriesVerdict.strength(distance)
        shift = isBad && distance > 0 ? abs(now[chosen.index] - baseline.level) : 0
        before = baseline.level
        spread = max(baseline.spread, baseline.core * strays)
        after = now[chosen.index]
        onset = first.map { series.lateTimes[$0] }
        wentUp = rises != series.isMirrored
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
    let measured: [Double]
    let reference: [Double]
    /// The usual time between two values.
    let step: Double

    private static let largest = 1e150

    /// Nil for what has no values.
    init?(_ source: MetricSeries) {
        self.source = source
        var times: [Double] = []
        var measured: [Double] = []
        let count = min(source.times.count, source.measured.count)
        times.reserveCapacity(count)
        measured.reserveCapacity(count)
        for index in 0..<count where Self.counts(source.measured[index]) && Self.counts(source.times[index]) {
            times.append(source.times[index])
            measured.append(source.measured[index])
        }
        guard !measured.isEmpty else { return nil }
        if zip(times, times.dropFirst()).contains(where: { $0 > $1 }) {
            let order = times.indices.sorted { (times[$0], measured[$0]) < (times[$1], measured[$1]) }
            times = order.map { times[$0] }
            measured = order.map { measured[$0] }
        }
        self.times = times
        self.measured = measured
        reference = source.reference.filter(Self.counts)
        step = times.count > 1 ? (times[times.count - 1] - times[0]) / Double(times.count - 1) : 0
    }

    // Sums of squares must stay finite, too.
    private static func counts(_ value: Double) -> Bool { value.isFinite && abs(value) < largest }
}
