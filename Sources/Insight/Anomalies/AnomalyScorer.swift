import Glibc

/// Scores how unusual each value of a series is, by what came before it. Nothing is configured.
///
/// Three things are watched: the value, its step from the one before, and the mean of the last few. Each is measured in
/// usual distances from its usual level, and compared with the greatest distance that the series has had of late: what
/// a series does every day is no news, however far it goes. A record scores from 0.5 upwards; everything else scores
/// below it, by how far the value is away and how far values usually are at that time of day.
public struct AnomalyScorer: Sendable {
    /// Values before anything is said.
    private static let apprenticeship = 10
    private static let span = 1_000.0
    /// About two standard deviations: what is nearer is no news, even if it was never so far away.
    private static let leastOfRecord = 0.4
    /// Of the mean of the last few.
    private static let shortRate = 0.15

    private var counter = CounterGuess()
    private var value = Watch(span: span, weight: 1)
    private var step = Watch(span: span, weight: 0.8)
    private var recent = Watch(span: span, weight: 0.8)
    private var habit = Habit()
    private var last = 0.0
    private var mean = 0.0
    private var seen = 0
    /// Values that were no finite numbers; they are gaps in the series.
    public private(set) var gaps = 0

    public init() {}

    /// The score of the next value, between 0 and 1; from 0.5 on it is without precedent. `seconds` is when it was
    /// measured, on any clock whose days are days; without it no daily pattern is learned.
    public mutating func score(_ raw: Double, at seconds: Double? = nil) -> Double {
        // Sums of squares must stay finite, too.
        guard raw.isFinite, abs(raw) < 1e150 else {
            gaps += 1
            return 0
        }
        if counter.changesItsMind(with: raw) { forget() }
        guard let value = counter.measure(raw) else { return 0 }
        return judge(value, at: seconds)
    }

    private mutating func judge(_ number: Double, at seconds: Double?) -> Double {
        seen += 1
        if seen == 1 { (last, mean) = (number, number) }
        mean += Self.shortRate * (number - mean)
        let isReady = seen >= Self.apprenticeship
        let record = max(
            value.record(number, isReady), max(step.record(number - last, isReady), recent.record(mean, isReady)))
        last = number
        let unusual = habit.unusual(number, at: seconds)
        guard isReady else { return 0 }
        guard record >= 1, unusual >= Self.leastOfRecord else { return min(0.499, 0.5 * unusual / (1 + unusual)) }
        return record / (1 + record)
    }

    private mutating func forget() {
        (value, step) = (Watch(span: Self.span, weight: 1), Watch(span: Self.span, weight: 0.8))
        recent = Watch(span: Self.span, weight: 0.8)
        habit = Habit()
        seen = 0
    }
}

/// One thing that is watched: its level, and the greatest distance from it of late.
private struct Watch: Sendable {
    /// A distance below this one is no record, not even the first.
    private static let least = 3.5
    /// How much a single value can raise the bar for those after it.
    private static let mostAtOnce = 6.0
    /// The bar sinks by half in so many values.
    private static let forgetting = exp2(-1 / 5_000.0)

    private var level: RobustLevel
    private var bar = least
    private let weight: Double

    init(span: Double, weight: Double) {
        level = RobustLevel(span: span)
        self.weight = weight
    }

    /// How many times the greatest distance so far the value's distance is.
    mutating func record(_ number: Double, _ isReady: Bool) -> Double {
        let distance = level.distance(number)
        level.add(number)
        guard isReady else { return 0 }
        let ratio = distance / bar
        bar = max(Self.least, bar * Self.forgetting, min(distance, bar * Self.mostAtOnce))
        return weight * ratio
    }
}
