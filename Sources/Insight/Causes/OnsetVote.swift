import Glibc

/// Finds since when a system is unusual: each series says where its level changed most clearly, and the clearer it says
/// so the more its voice counts.
struct OnsetVote {
    /// A split below this many standard errors is no change: the clearest of many splits of noise reaches about four.
    private static let clear = 6.0
    private static let mostVoice = 30.0
    /// Deviations are cut at so many spreads: no single value is a change.
    private static let cut = 5.0
    /// Voices within this share of the span belong together.
    private static let width = 0.04
    private static let fewest = 8

    private var voices: [(time: Double, weight: Double)] = []

    /// Where the level of a series changed most clearly, and how clearly, in standard errors. The split lies between
    /// `range`, in numbers of values.
    static func split(_ values: [Double], in range: Range<Int>) -> (index: Int, clarity: Double)? {
        let count = values.count
        guard count >= fewest, let baseline = Baseline(values) else { return nil }
        var cutValues = values
        var mean = 0.0
        for index in 0..<count {
            let distance = (values[index] - baseline.level) / baseline.spread
            cutValues[index] = max(-cut, min(cut, distance))
            mean += cutValues[index]
        }
        mean /= Double(count)
        var variance = 0.0
        for value in cutValues { variance += (value - mean) * (value - mean) }
        variance /= Double(count)
        guard variance > 1e-12 else { return nil }
        var sum = 0.0
        var best = (index: 0, clarity: 0.0)
        for index in 0..<(count - 1) {
            sum += cutValues[index] - mean
            guard range.contains(index + 1) else { continue }
            let before = Double(index + 1)
            let error = (variance * before * (Double(count) - before) / Double(count)).squareRoot()
            let clarity = abs(sum) / error
            if clarity > best.clarity { best = (index + 1, clarity) }
        }
        return best.clarity > 0 ? best : nil
    }

    /// Hears one series. Its voice is the weaker the longer before the symptom it places the change.
    mutating func hear(
        times: [Double], values: [Double], from earliest: Double, symptom: Double = 0, fades: Double = .infinity
    ) {
        // A change needs values on both sides of it.
        let first = max(3, times.firstIndex { $0 >= earliest } ?? times.count)
        guard first < values.count - 1,
            let split = Self.split(values, in: first..<(values.count - 1)), split.clarity > Self.clear
        else { return }
        let lag = max(0, symptom - times[split.index])
        let weight = min(Self.mostVoice, split.clarity - Self.clear)
        voices.append((times[split.index], fades.isFinite ? weight * exp2(-lag / fades) : weight))
    }

    /// The middle of the loudest voices that lie close together, where they have at least a share of all weight.
    mutating func verdict(span: Double, share: Double) -> Double? {
        voices.sort { ($0.time, $0.weight) < ($1.time, $1.weight) }
        let reach = span * Self.width
        var best = (first: 0, last: -1, weight: 0.0)
        var first = 0
        for last in voices.indices {
            while voices[last].time - voices[first].time > reach { first += 1 }
            let weight = voices[first...last].reduce(0) { $0 + $1.weight }
            if weight > best.weight { best = (first, last, weight) }
        }
        let all = voices.reduce(0) { $0 + $1.weight }
        guard best.last >= best.first, best.weight >= share * all else { return nil }
        var half = best.weight / 2
        for voice in voices[best.first...best.last] {
            half -= voice.weight
            if half <= 0 { return voice.time }
        }
        return voices[best.last].time
    }
}
