import Contracts
import Insight

/// Notices kinds of log lines that are new, or that come oftener than they ever did; says how likely it is that users are
/// hurt within the hour, and what would be hit.
struct MessageWatch: Sendable {
    /// A service must have spoken for so long before anything it says can be new.
    private static let acquaintance: Int64 = 60_000_000_000
    /// Places of the past that a new kind is given: it was not there in them.
    private static let past = 18
    /// Seconds after its end at which a place is counted: lines come in batches of a second.
    private static let delay: Int64 = 2
    private static let grave = 6.0

    private var watches: [LogBook.Key: RateWatch] = [:]
    private var place: Int64 = -1

    /// Looks at kinds that came for the first time.
    mutating func meet(_ fresh: [LogBook.Key], in book: LogBook, into findings: inout FindingBook, now: Int64) {
        for key in fresh where LogEntry.rank(key.level) >= 2 {
            guard let began = book.began[key.node], now - began >= Self.acquaintance, let kind = book.kinds[key],
                !kind.isKnown
            else { continue }
            var finding = Finding(
                .newMessage, .notice, node: key.node, subject: Self.subject(key), began: kind.firstSeen, noticed: now,
                text: "\(key.node) logs what it has not logged before (\(key.level)): \(key.template)")
            finding.trace = kind.examples.last { $0.trace != nil }?.trace
            findings.assert(finding, hold: 60_000_000_000, now: now)
        }
    }

    private static func subject(_ key: LogBook.Key) -> String { "\(key.level): \(key.template.prefix(120))" }

    /// Looks at the rates, whenever a place of time is over.
    mutating func tick(
        _ book: LogBook, endangered: (String) -> [String], into findings: inout FindingBook, now: Int64
    ) {
        let current = (now / 1_000_000_000 - Self.delay) / RateWatch.step
        // The clock may have been set back.
        if current < place - 1 { place = current - 1 }
        guard current > place else { return }
        // After a long pause only the latest places are looked at.
        let first = place < 0 ? current : max(place, current - Int64(Self.past))
        place = current
        for key in book.kinds.keys.sorted() where LogEntry.rank(key.level) >= 2 {
            var watch = watches.removeValue(forKey: key) ?? Self.newcomer(key, book, now)
            for count in book.counts(of: key, places: Int(current - first), until: current * RateWatch.step) {
                watch.add(Double(count))
            }
            watches[key] = watch
            guard watch.isAlarming else { continue }
            say(key, watch, book, endangered, &findings, now)
        }
        if watches.count > book.count { watches = watches.filter { book.kinds[$0.key] != nil } }
    }

    /// What is new was not there before, as far as its service was.
    private static func newcomer(_ key: LogBook.Key, _ book: LogBook, _ now: Int64) -> RateWatch {
        var watch = RateWatch()
        let heard = (now - (book.began[key.node] ?? now)) / 1_000_000_000 / RateWatch.step
        for _ in 0..<min(Int64(past), max(heard, 0)) { watch.add(0) }
        return watch
    }

    private func say(
        _ key: LogBook.Key, _ watch: RateWatch, _ book: LogBook, _ endangered: (String) -> [String],
        _ findings: inout FindingBook, _ now: Int64
    ) {
        let isGrave = key.level == "error" && watch.sigmas >= Self.grave
        var finding = Finding(
            .messageRate, isGrave ? .warning : .notice, node: key.node, subject: Self.subject(key),
            began: now - Int64(watch.alarmingSeconds) * 1_000_000_000, noticed: now,
            text: "\(key.node) logs \(shown(watch.perMinute)) a minute instead of \(shown(watch.usualPerMinute)), "
                + "\(shown(watch.sigmas)) sigmas more (\(key.level)): \(key.template)", value: watch.perMinute,
            expected: watch.usualPerMinute)
        finding.probability = FailureOutlook.counted.probability(watch)
        finding.endangers = endangered(key.node)
        finding.trace = book.kinds[key]?.examples.last { $0.trace != nil }?.trace
        findings.assert(finding, hold: 30_000_000_000, now: now)
    }
}
