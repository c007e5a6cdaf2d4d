public import Contracts
import FoundationEssentials

/// A pair of windows whose burn rates must both be above a threshold: the long one says that it matters, the short one
/// that it still goes on.
public struct BurnWindow: Sendable, Equatable {
    public let long: Duration
    public let short: Duration
    public let burn: Double

    public init(long: Duration, short: Duration, burn: Double) {
        self.long = long
        self.short = short
        self.burn = burn
    }

    /// Those that are usual for an objective over 30 days: 2 % of the budget in an hour, 5 % in six, 10 % in three days.
    public static let usual = [
        BurnWindow(long: .seconds(3_600), short: .seconds(300), burn: 14.4),
        BurnWindow(long: .seconds(21_600), short: .seconds(1_800), burn: 6),
        BurnWindow(long: .seconds(259_200), short: .seconds(21_600), burn: 1),
    ]
}

/// How fast the error budget of one objective is used up, over each pair of windows.
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

    /// Of the highest burn that can be: beyond it a threshold would never be crossed.
    private static let reachable = 0.9

    public let objective: Double
    public let windows: [BurnWindow]
    private var fine: EventHistory
    private var coarse: EventHistory
    private var reading = CounterReading()
    /// Counts that were no numbers, infinite or negative, and so had no part in anything.
    public private(set) var refused = 0

    /// `objective` is the share that must be good, such as 0.999; `step` is the resolution of short windows.
    public init(
        objective: Double, windows: [BurnWindow] = BurnWindow.usual, step: Duration = .seconds(10)
    ) throws(InvalidObjective) {
        guard objective >= 0, objective < 1 else { throw InvalidObjective(found: objective) }
        self.objective = objective
        self.windows = windows
        let longest = windows.map(\.long).max() ?? .seconds(3_600)
        fine = EventHistory(step: step, span: min(longest, .seconds(21_600)))
        coarse = EventHistory(step: max(step, .seconds(300)), span: max(longest, .seconds(2_592_000)))
    }

    /// The highest burn rate that this objective allows: everything fails.
    public var highest: Double { 1 / (1 - objective) }

    /// Counts events, as differences.
    public mutating func add(bad: Double, total: Double, now: Moment) {
        guard bad.isFinite, total.isFinite, bad >= 0, total >= 0 else {
            refused += 1
            return
        }
        fine.add(bad: min(bad, total), total: total, now: now)
        coarse.add(bad: min(bad, total), total: total, now: now)
    }

    /// Counts events from counters that grow and begin anew with their process.
    public mutating func read(badCounter: Double, totalCounter: Double, now: Moment) {
        guard let more = reading.increase(bad: badCounter, total: totalCounter) else {
            refused += badCounter.isFinite && totalCounter.isFinite && badCounter >= 0 && totalCounter >= 0 ? 0 : 1
            return
        }
        add(bad: more.bad, total: more.total, now: now)
    }

    /// The share of bad events over a window; nil without traffic.
    public func errorRatio(over window: Duration, now: Moment) -> Double? {
        let counts = (fine.covers(window) ? fine : coarse).counts(over: window, now: now)
        guard counts.total > 0 else { return nil }
        return counts.bad / counts.total
    }

    /// How many times faster than allowed the budget is used; nil without traffic.
    public func burn(over window: Duration, now: Moment) -> Double? {
        errorRatio(over: window, now: now).map { $0 / (1 - objective) }
    }

    /// The share of the budget that is left over a period; all of it without traffic, below zero when it is overdrawn.
    public func budgetLeft(over period: Duration, now: Moment) -> Double {
        1 - (burn(over: period, now: now) ?? 0)
    }

    /// Judges every pair of windows.
    public func verdicts(now: Moment) -> [Verdict] {
        windows.map { window in
            let threshold = min(window.burn, highest * Self.reachable)
            let long = burn(over: window.long, now: now)
            let short = burn(over: window.short, now: now)
            // Without traffic nothing fails: silence is another alarm's matter.
            let isFiring = (long ?? 0) > threshold && (short ?? 0) > threshold
            return Verdict(
                window: window, threshold: threshold, long: long, short: short, isFiring: isFiring,
                explanation: explain(window, threshold, now))
        }
    }

    private func explain(_ window: BurnWindow, _ threshold: Double, _ now: Moment) -> String {
        let parts = [window.long, window.short].map { span in
            let ratio = errorRatio(over: span, now: now)
            guard let ratio else { return "no traffic in \(span.inSeconds.rounded()) s" }
            let share = shown(ratio * 100), burn = shown(ratio / (1 - objective))
            return
                "\(share) % bad in \(span.inSeconds.rounded()) s / \(shown((1 - objective) * 100)) % allowed = \(burn)"
        }
        let capped =
            threshold < window.burn
            ? " (\(shown(window.burn)) cannot be reached: everything failing burns \(shown(highest)))" : ""
        return "\(parts[0]); \(parts[1]); fires above \(shown(threshold)) in both\(capped)"
    }

    private func shown(_ number: Double) -> String { "\((number * 1_000).rounded() / 1_000)" }
}
