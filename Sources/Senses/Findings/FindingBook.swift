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
            entry.finding = finding
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
            leftOut += 1
            return
        }
        lasting[key] = Entry(finding: finding, seen: now, hold: hold)
        order.append(key)
        news.append(finding)
    }

    /// Says that something is over.
    public mutating func end(_ key: String, now: Int64) {
        guard let entry = lasting.removeValue(forKey: key) else { return }
        order.removeAll { $0 == key }
        close(entry, now: now)
    }

    private mutating func close(_ entry: Entry, now: Int64) {
        var finding = entry.finding
        finding.ended = now
        news.append(finding)
        if ended.count >= limits.ended { ended.removeFirst() }
        ended.append(finding)
    }

    /// Ends what nobody has said for long enough.
    public mutating func tick(now: Int64) {
        for key in order {
            guard let entry = lasting[key], now - entry.seen >= entry.hold else { continue }
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

    /// Takes over what lasted when the process before this one ended.
    public mutating func restore(_ findings: [Finding], now: Int64, hold: Int64) {
        for finding in findings {
            if lasting[finding.key] != nil {
                // Noticed here too: it is the same episode, and keeps the name that was told to others.
                lasting[finding.key]?.finding.began = finding.began
                lasting[finding.key]?.finding.noticed = finding.noticed
            } else if lasting.count < limits.lasting {
                lasting[finding.key] = Entry(finding: finding, seen: now, hold: hold)
                order.append(finding.key)
            }
        }
        // What only this process noticed has not been told to anybody.
        news = current.filter { own in !findings.contains { $0.key == own.key } }
    }
}
