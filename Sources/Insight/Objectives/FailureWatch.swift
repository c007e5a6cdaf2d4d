public import Contracts
import Glibc

/// Notices within seconds that too many of the events fail, without crying at single failures.
///
/// Each second's events are weighed: how much likelier are they if the share that fails is `alternative` than if it is
/// what is tolerated? The weights are multiplied up from every second at which the trouble could have begun, and the sum
/// over those beginnings is what is judged (the procedure of Shiryaev and Roberts). While no more fails than is tolerated
/// and seconds know nothing of each other, that sum grows by one a second on the average, so that the mean time to a false
/// alarm is at least `quiet` seconds, whatever the traffic. A second's weight is bounded, which keeps the promise and
/// means that one bad second alone is no alarm.
public struct FailureWatch: Sendable {
    /// One suspicion: the share that would fail.
    private struct Test: Sendable {
        let alternative: Double
        /// Logarithms: of the sum for an alarm, and of the one for its end.
        var evidence = -Double.infinity
        var relief = -Double.infinity
        var isFiring = false

        mutating func weigh(_ bad: Double, _ total: Double, tolerated: Double, limit: Double) {
            let fails = Glance.log(alternative / tolerated)
            let passes = Glance.log((1 - alternative) / (1 - tolerated))
            let bound = limit / Double(FailureWatch.leastSeconds)
            let weight = bad * fails + (total - bad) * passes
            evidence = Glance.onePlus(evidence) + min(weight, bound)
            relief = Glance.onePlus(relief) + min(-weight, FailureWatch.reliefLimit / Double(FailureWatch.leastSeconds))
        }
    }

    /// What is noticed: what share fails, and when that was.
    public struct Notice: Sendable, Equatable {
        public let at: Moment
        public let isFiring: Bool
        /// The share for which the alarm is.
        public let suspected: Double
        /// What failed in the last seconds with traffic, and of how many.
        public let bad: Double
        public let total: Double
        public let explanation: String
    }

    fileprivate static let leastSeconds = 3
    /// The end of an alarm is worth less care than its beginning: a thousand to one.
    fileprivate static let reliefLimit = 6.9
    private static let second: Int64 = 1_000_000_000
    /// Seconds of which a notice tells the counts.
    private static let told = 10

    /// The share that may fail.
    public let tolerated: Double
    private let limit: Double
    private var tests: [Test]
    private var current: Int64 = -1
    private var bad = 0.0
    private var total = 0.0
    private var recent: [(bad: Double, total: Double)] = []
    private var time = SteadyTime()

    /// `tolerated` is the share that may fail, such as what an objective allows; `quiet` is the mean time to a false alarm
    /// that is promised for all suspicions together.
    public init(tolerated: Double, quiet: Duration = .seconds(30 * 86_400)) {
        let share = tolerated.isFinite ? max(0.000_1, min(tolerated, 0.5)) : 0.001
        self.tolerated = share
        let alternatives = [0.2, 0.02].map { max($0, min(2 * share, (1 + share) / 2)) }
        limit = Glance.log(max(10, quiet.inSeconds) * Double(alternatives.count))
        tests = alternatives.map { Test(alternative: $0) }
    }

    /// Whether too much fails now, as far as is known.
    public var isFiring: Bool { tests.contains(where: \.isFiring) }

    /// Counts events as differences; says when something begins or ends.
    public mutating func add(bad more: Double, total all: Double, now: Moment) -> Notice? {
        let notice = advance(to: now)
        guard more >= 0, all >= 0, more.isFinite, all.isFinite else { return notice }
        bad += min(more, all)
        total += all
        return notice
    }

    /// Judges the seconds that are over.
    public mutating func advance(to now: Moment) -> Notice? {
        let number = Int64(clamping: time.advance(now).nanoseconds) / Self.second
        guard current >= 0 else {
            current = number
            return nil
        }
        guard number > current else { return nil }
        current = number
        // A second without traffic knows nothing.
        guard total > 0 else { return nil }
        defer { (bad, total) = (0, 0) }
        recent.append((bad, total))
        if recent.count > Self.told { recent.removeFirst() }
        let before = isFiring
        for index in tests.indices { judge(&tests[index]) }
        guard isFiring != before else { return nil }
        return notice(time.latest)
    }

    private func judge(_ test: inout Test) {
        test.weigh(bad, total, tolerated: tolerated, limit: limit)
        if test.isFiring {
            guard test.relief >= Self.reliefLimit else { return }
            test.isFiring = false
            test.evidence = -.infinity
        } else if test.evidence >= limit {
            test.isFiring = true
            test.relief = -.infinity
        }
    }

    private func notice(_ now: Moment) -> Notice {
        let counts = recent.reduce((bad: 0.0, total: 0.0)) { ($0.bad + $1.bad, $0.total + $1.total) }
        let suspected = tests.first(where: \.isFiring)?.alternative ?? tests[0].alternative
        let share = Spoken.number(counts.bad / counts.total * 100)
        let text =
            "\(Spoken.number(counts.bad)) of \(Spoken.number(counts.total)) failed (\(share) %) in the last "
            + "\(recent.count) s with traffic; \(Spoken.number(tolerated * 100)) % is tolerated"
        return Notice(
            at: now, isFiring: isFiring, suspected: suspected, bad: counts.bad, total: counts.total,
            explanation: text)
    }
}

/// Logarithms, as the watch needs them.
private enum Glance {
    static func log(_ number: Double) -> Double { Glibc.log(number) }

    /// The logarithm of one more than what the logarithm stands for.
    static func onePlus(_ logarithm: Double) -> Double {
        logarithm > 0 ? logarithm + log(1 + exp(-logarithm)) : log(1 + exp(logarithm))
    }
}
