public import Contracts

/// The findings that last, and what becomes of them. Whoever notices something says so as long as it lasts; what is no
/// longer said ends after a while.
public struct FindingBook: Sendable {
    /// What the book may keep.
    public struct Limits: Sendable {
        public var lasting = 500
        /// Findings of one kind about one service at a time.
        public var ofOneKind = 20
        /// Ended ones that are remembered, so that the next episode is told from the last.
        public var ended = 500
        /// Bytes of a text.
        public var text = 1_000

        public init() {}
    }

    private struct Entry: Sendable {
        var finding: Finding
        /// Last time somebody said that it lasts.
        var seen: Int64
        var hold: Int64
    }

    private let limits: Limits
    private var lasting: [String: Entry] = [:]
    private var order: [String] = []
    private var news: [Finding] = []
    private var turnedAway: Set<String> = []
    private(set) public var ended: [Finding] = []
    /// Findings for which there was no room.
    public private(set) var leftOut = 0

    public init(limits: Limits = Limits()) { self.limits = limits }

    /// Says that something lasts. It ends when nobody has said so for `hold` nanoseconds; zero for what is over as soon
    /// as it has happened.
    public mutating func assert(_ finding: Finding, hold: Int64, now: Int64) {
        let key = finding.key
        if var entry = lasting[key] {
            entry.seen = now
            entry.hold = hold
            let before = entry.finding
            entry.finding = bounded(finding)
            (entry.finding.began, entry.finding.noticed) = (before.began, before.noticed)
            entry.finding.trace = finding.trace ?? before.trace
            // What is worse now is news; that the number moved is not.
            if finding.severity > before.severity { news.append(entry.finding) }
            entry.finding.severity = max(finding.severity, before.severity)
            lasting[key] = entry
            return
        }
        let alike = lasting.values.count { $0.finding.kind == finding.kind && $0.finding.node == finding.node }
        guard lasting.count < limits.lasting, alike < limits.ofOneKind else {
            // Said again and again as long as it lasts, and counted once.
            if turnedAway.count < 10_000, turnedAway.insert(key).inserted { leftOut += 1 }
            return
        }
        let finding = bounded(apart(finding))
        lasting[key] = Entry(finding: finding, seen: now, hold: hold)
        order.append(key)
        news.append(finding)
    }

    /// Two episodes are two, though what they are about may seem to have begun at the same time.
    private func apart(_ finding: Finding) -> Finding {
        guard let last = ended.last(where: { $0.key == finding.key }), let end = last.ended,
            finding.began <= max(end, last.began)
        else { return finding }
        var finding = finding
        finding.began = max(end, last.began + 1_000_000)
        finding.noticed = max(finding.noticed, finding.began)
        return finding
    }

    private func bounded(_ finding: Finding) -> Finding {
        guard finding.text.utf8.count > limits.text else { return finding }
        var finding = finding
        finding.text = finding.text.cut(to: limits.text) + "…"
        return finding
    }

    /// Says that something is over.
    public mutating func end(_ key: String, now: Int64) {
        guard let entry = lasting.removeValue(forKey: key) else { return }
        order.removeAll { $0 == key }
        close(entry, now: now)
    }

    private mutating func close(_ entry: Entry, now: Int64) {
        var finding = entry.finding
        finding.ended = max(now, finding.began)
        news.append(finding)
        if ended.count >= limits.ended { ended.removeFirst() }
        ended.append(finding)
        turnedAway = []
    }

    /// Ends what nobody has said for long enough.
    public mutating func tick(now: Int64) {
        for key in order {
            guard let entry = lasting[key], now - entry.seen >= entry.hold || entry.seen - now > 60_000_000_000 else {
                continue
            }
            end(key, now: now)
        }
    }

    /// What is new since the last time: findings that began, got worse or ended.
    public mutating func takeNews() -> [Finding] {
        defer { news = [] }
        return news
    }

    /// What lasts, in the order of noticing.
    public var current: [Finding] { order.compactMap { lasting[$0]?.finding } }

    /// The finding of a key, where it lasts.
    public func current(_ key: String) -> Finding? { lasting[key]?.finding }

    /// Takes over what lasted when the process before this one ended. What the other has told is not told again; what only
    /// this one knows, or knows to be worse, is.
    public mutating func restore(_ findings: [Finding], now: Int64, hold: Int64) {
        var told: [String: FindingSeverity] = [:]
        for finding in findings where finding.isLasting {
            let key = finding.key
            told[key] = finding.severity
            guard var entry = lasting[key] else {
                lasting[key] = Entry(finding: finding, seen: now, hold: max(hold, Self.patience(finding.kind)))
                order.append(key)
                continue
            }
            // Noticed here too: it is the same episode, and keeps the name that was told to others.
            (entry.finding.began, entry.finding.noticed) = (finding.began, finding.noticed)
            entry.finding.severity = max(entry.finding.severity, finding.severity)
            lasting[key] = entry
        }
        news = current.filter { own in told[own.key].map { own.severity > $0 } ?? true }
    }

    /// What is told once, and not again as long as it lasts, must not end for want of words.
    private static func patience(_ kind: FindingKind) -> Int64 { kind == .givenUp ? 600_000_000_000 : 0 }
}
