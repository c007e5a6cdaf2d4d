public import Contracts

/// How fast the error budget of one objective is used up, over each pair of windows and over the whole period.
public struct BurnRate: Sendable {
    /// What stands in the way of an objective.
    public struct InvalidObjective: Error, Equatable, CustomStringConvertible {
        public let found: Double
        /// What was expected, what was found.
        public var description: String {
            "an objective is a share of at least 0 and below 1 (0.999 for 99.9 %), and not \(found)"
        }
    }

    /// One pair of windows, judged.
    public struct Verdict: Sendable, Equatable {
        public let window: BurnWindow
        /// The threshold in force: what was asked for, or what can be reached at all.
        public let threshold: Double
        /// Budgets per budget period over the long and the short window; nil without traffic.
        public let long: Double?
        public let short: Double?
        public let isFiring: Bool
        /// The formula with its numbers, for people.
        public let explanation: String
    }

    /// What was counted, to be kept elsewhere; the windows must be the same when it comes back.
    public struct Snapshot: Sendable, Equatable, Codable {
        var histories: [EventHistory.Snapshot]
        var reading: CounterReading
    }

    /// Of the highest burn that can be: beyond it a threshold would never be crossed.
    public static let reachable = 0.9
    /// More events at once than any counter has: an error of whoever counts.
    static let most = 0x1p50

    public let objective: Double
    public let windows: [BurnWindow]
    public let period: Duration
    private var histories: [EventHistory]
    private var reading = CounterReading()
    /// Counts that were no numbers, infinite or negative, and so had no part in anything.
    public private(set) var refused = 0

    /// `objective` is the share that must be good over the period, such as 0.999.
    public init(
        objective: Double, windows: [BurnWindow] = BurnWindow.usual, period: Duration = BurnWindow.usualPeriod
    ) throws(InvalidObjective) {
        guard objective >= 0, objective < 1 else { throw InvalidObjective(found: objective) }
        self.objective = objective
        self.windows = windows
        self.period = period
        let all = (windows.flatMap { [$0.long, $0.short] } + [period]).sorted()
        histories = all.enumerated().filter { $0 == 0 || all[$0 - 1] != $1 }.map { EventHistory(span: $1) }
    }

    /// The highest burn rate that this objective allows: everything fails.
    public var highest: Double { 1 / (1 - objective) }

    /// Counts events, as differences.
    public mutating func add(bad: Double, total: Double, now: Moment) {
        guard bad >= 0, bad.isFinite else {
            refused += 1
            return
        }
        add(change: min(bad, total), total: total, now: now)
    }

    /// The same where what is bad is a difference of two counts that are not told at the same time.
    mutating func add(change bad: Double, total: Double, now: Moment) {
        guard abs(bad) <= Self.most, total >= 0, total <= Self.most else {
            refused += 1
            return
        }
        for index in histories.indices { histories[index].add(bad: bad, total: total, now: now) }
    }

    /// Counts events from counters that grow and begin anew with their process.
    public mutating func read(badCounter: Double, totalCounter: Double, now: Moment) {
        guard let more = reading.increase(bad: badCounter, total: totalCounter) else {
            refused += badCounter.isFinite && totalCounter.isFinite && badCounter >= 0 && totalCounter >= 0 ? 0 : 1
            return
        }
        add(bad: more.bad, total: more.total, now: now)
    }

    /// How many events there were in a window, and how many of them bad.
    public func counts(over window: Duration, now: Moment) -> (bad: Double, total: Double) {
        let wanted = window.wholeNanoseconds
        guard let history = histories.first(where: { $0.span >= wanted }) ?? histories.last else { return (0, 0) }
        let counts = history.counts(over: window, now: now)
        return (min(counts.bad, counts.total), counts.total)
    }

    /// The share of bad events over a window; nil without traffic.
    public func errorRatio(over window: Duration, now: Moment) -> Double? {
        let counts = counts(over: window, now: now)
        guard counts.total > 0 else { return nil }
        return min(1, counts.bad / counts.total)
    }

    /// How many times faster than allowed the budget is used; nil without traffic.
    public func burn(over window: Duration, now: Moment) -> Double? {
        errorRatio(over: window, now: now).map { $0 / (1 - objective) }
    }

    /// The share of the budget that is left over a period; all of it without traffic, below zero when it is overdrawn.
    public func budgetLeft(over period: Duration, now: Moment) -> Double {
        1 - (burn(over: period, now: now) ?? 0)
    }

    /// The same where events have been counted for a part of the period only: what is left of the budget of a whole period, if the
    /// rest of it has the same traffic, and is well.
    public func budgetLeft(ofWhole period: Duration, now: Moment) -> Double {
        let whole = period.wholeNanoseconds
        guard let history = histories.first(where: { $0.span >= whole }) ?? histories.last, whole > 0 else { return 1 }
        let share = min(1, Double(history.age(now: now)) / Double(whole))
        return 1 - (burn(over: period, now: now) ?? 0) * share
    }

    /// The threshold in force for a pair of windows: one beyond reach is brought down to what can be reached.
    public func threshold(of window: BurnWindow) -> Double { min(window.burn, highest * Self.reachable) }

    /// Judges every pair of windows as it is now; how long it must stay so is not looked at.
    public func verdicts(now: Moment) -> [Verdict] {
        windows.map { window in
            let threshold = threshold(of: window)
            let long = burn(over: window.long, now: now)
            let short = burn(over: window.short, now: now)
            // Without traffic nothing fails: silence is another alarm's matter.
            let isFiring = window.isAbove(long, threshold) && window.isAbove(short, threshold)
            return Verdict(
                window: window, threshold: threshold, long: long, short: short, isFiring: isFiring,
                explanation: explain(window, threshold, now))
        }
    }

    private func explain(_ window: BurnWindow, _ threshold: Double, _ now: Moment) -> String {
        let parts = [window.long, window.short].map { span in
            let ratio = errorRatio(over: span, now: now)
            guard let ratio else { return "no traffic in \(Spoken.seconds(span))" }
            let allowed = Spoken.number((1 - objective) * 100)
            return
                "\(Spoken.number(ratio * 100)) % bad in \(Spoken.seconds(span)) / \(allowed) % allowed = "
                + Spoken.number(ratio / (1 - objective))
        }
        let capped =
            threshold < window.burn
            ? " (\(Spoken.number(window.burn)) cannot be reached: everything failing burns \(Spoken.number(highest)))"
            : ""
        let word = window.includesThreshold ? "from" : "above"
        return "\(parts[0]); \(parts[1]); fires \(word) \(Spoken.number(threshold)) in both\(capped)"
    }

    /// What was counted, to be kept elsewhere.
    public var snapshot: Snapshot { Snapshot(histories: histories.map(\.snapshot), reading: reading) }

    /// Goes on from what was kept. Windows that were not kept begin empty.
    public mutating func restore(_ snapshot: Snapshot) {
        for index in histories.indices {
            guard let kept = snapshot.histories.first(where: { $0.span == histories[index].span }) else { continue }
            histories[index].restore(kept)
        }
        reading = snapshot.reading
    }
}

/// Numbers as people read them.
enum Spoken {
    static func number(_ number: Double) -> String {
        guard number.isFinite, abs(number) < 1e12 else { return "\(number)" }
        // Small shares keep three digits that say something.
        var scale = 1_000.0
        while number != 0, abs(number) * scale < 100, scale < 1e9 { scale *= 10 }
        let rounded = (number * scale).rounded() / scale
        return rounded == rounded.rounded() ? "\(Int64(rounded))" : "\(rounded)"
    }

    static func seconds(_ span: Duration) -> String {
        let seconds = span.inSeconds
        let units: [(length: Double, name: String)] = [(86_400, "d"), (3_600, "h"), (60, "min")]
        for unit in units where seconds >= unit.length && (seconds / unit.length).rounded() * unit.length == seconds {
            return "\(number(seconds / unit.length)) \(unit.name)"
        }
        return "\(number(seconds)) s"
    }
}
