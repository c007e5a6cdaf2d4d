public import Contracts

/// Notices processes that die, that are given up, and that say nothing though they should.
public struct ProcessWatch: Sendable {
    /// A process that has not spoken for so long is silent; it speaks each second.
    static let silence: Int64 = 5_000_000_000
    /// For so long what comes from a dead process is taken for what it said while it lived.
    static let echo: Int64 = 3_000_000_000
    private static let most = 4_096
    /// How long a death is a finding: within it, the next one belongs to it.
    static let deathLasts: Int64 = 30_000_000_000

    private struct Heard: Sendable {
        var instance: String
        var node: String
        var last: Int64
    }

    private var heard: [String: Heard] = [:]
    /// Slots that have died or were stopped, and when: what they said before may come after it.
    private var resting: [String: Int64] = [:]
    /// Slots and roles that are tried only slowly, by role.
    private var givenUp: [String: [String]] = [:]
    private var notices: [ProcessNotice] = []
    /// Readings of processes beyond those that are watched.
    public private(set) var leftOut = 0

    public init() {}

    /// Something came from a process of the cluster.
    public mutating func heard(_ instance: String, node: String, now: Int64) {
        if let since = resting[instance] {
            guard now - since >= Self.echo || now < since else { return }
            resting[instance] = nil
        }
        guard heard[instance] != nil || heard.count < Self.most else {
            leftOut += 1
            return
        }
        heard[instance] = Heard(instance: instance, node: node, last: now)
    }

    /// The supervisor saw something.
    public mutating func take(_ notice: ProcessNotice, into book: inout FindingBook, now: Int64) {
        if notices.count >= 2_000 { notices.removeFirst(200) }
        notices.append(notice)
        let slot = notice.slot ?? notice.role
        switch notice.kind {
        case .died:
            if let name = notice.slot { rest(name, now) }
            var finding = Finding(
                .deadProcess, notice.isOwnFault ? .warning : .notice, node: notice.role, instance: notice.slot,
                subject: notice.isOwnFault ? "fault" : "killed", began: notice.at, noticed: now,
                text: "\(slot) has died: \(notice.reason)")
            finding.value = 1
            book.assert(finding, hold: Self.deathLasts, now: now)
        case .gaveUp, .roleGivenUp:
            if givenUp[notice.role, default: []].count < 64, givenUp[notice.role]?.contains(slot) != true {
                givenUp[notice.role, default: []].append(slot)
            }
            book.assert(
                Finding(
                    .givenUp, .critical, node: notice.role, instance: notice.slot, subject: "restarts",
                    began: notice.at, noticed: now, text: "\(slot) is given up: \(notice.reason)"),
                hold: 600_000_000_000, now: now)
        case .ready:
            resting[slot] = nil
            back(slot, of: notice.role, &book, now)
        case .roleBack: back(notice.role, of: notice.role, &book, now)
        case .stopped:
            if let name = notice.slot {
                rest(name, now)
                if givenUp[notice.role] != nil { back(name, of: notice.role, &book, now) }
            }
        case .started: resting[slot] = nil
        case .backingOff: break
        }
    }

    /// It ends when none of the role's slots is given up any more.
    private mutating func back(_ slot: String, of role: String, _ book: inout FindingBook, _ now: Int64) {
        let left = slot == role ? [] : (givenUp[role] ?? []).filter { $0 != slot && $0 != role }
        givenUp[role] = left.isEmpty ? nil : left
        if left.isEmpty { book.end("\(FindingKind.givenUp.rawValue)/\(role)/restarts", now: now) }
    }

    private mutating func rest(_ slot: String, _ now: Int64) {
        if resting.count >= Self.most { resting = [:] }
        resting[slot] = now
        heard[slot] = nil
    }

    /// Looks who has fallen silent.
    public mutating func tick(into book: inout FindingBook, now: Int64) {
        for entry in heard.values.sorted(by: { $0.instance < $1.instance }) {
            // A clock that was set back makes nobody silent, and nobody speak.
            if now < entry.last { heard[entry.instance]?.last = now }
            let quiet = now - entry.last
            guard quiet >= Self.silence else { continue }
            // After ten minutes it is no longer expected: a role may have been scaled down while nobody listened.
            if quiet > 600_000_000_000 {
                heard[entry.instance] = nil
                continue
            }
            book.assert(
                Finding(
                    .silentProcess, .warning, node: entry.node, instance: entry.instance, subject: entry.instance,
                    began: entry.last, noticed: now,
                    text: "\(entry.instance) has said nothing for \(quiet / 1_000_000_000) s; it speaks each second"),
                hold: 2_000_000_000, now: now)
        }
    }

    /// What the supervisor told, within a span of nanoseconds.
    public func notices(from: Int64, until: Int64) -> [ProcessNotice] {
        notices.filter { $0.at >= from && $0.at <= until }
    }

    /// Services that have been heard of, and their processes.
    public var known: [(node: String, instance: String, last: Int64)] {
        heard.values.map { ($0.node, $0.instance, $0.last) }.sorted { $0.1 < $1.1 }
    }
}
