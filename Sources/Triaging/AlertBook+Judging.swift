import Alerting
import Contracts
import Insight

/// What becomes of an episode that begins.
extension AlertBook {
    mutating func begin(
        _ alert: RaisedAlert, _ told: Int64, after known: Entry?, _ reasons: [DecisionReason], _ now: Int64
    ) -> AlertDecision {
        var entry = Entry(alert, told: told, now: now)
        if let known {
            (entry.flaps, entry.opening, entry.hasOpened, entry.past) = (
                known.flaps, known.opening, known.hasOpened, known.past
            )
        }
        entry.flaps.change(at: now, settings.flapping)
        lastToken += 1
        entry.token = lastToken
        all.add(alert.fingerprint, lastToken)
        inhibit(&entry)
        expects(entry)
        keep(entry)
        return judge(entry, reasons, now, sent: alert)
    }

    /// Decides about an episode that nothing was decided about, or that what held it back does so no longer.
    mutating func judge(
        _ known: Entry, _ reasons: [DecisionReason], _ now: Int64, sent: RaisedAlert
    ) -> AlertDecision {
        var entry = known
        if let hold = holding(entry, now) {
            held.append(entry.alert.fingerprint)
            if held.count > 2 * settings.limits.watched { clean() }
            return settle(&entry, .suppressed, reasons + [hold], .none, now, sent)
        }
        if settings.agents.contains(entry.alert.node), entry.alert.source != .person {
            return judgeOwn(entry, reasons, now, sent: sent)
        }
        let placement = place(entry.alert, now)
        let weighed = reasons + placement.reasons.map { DecisionReason($0.name, points: $0.points, $0.reason) }
        if let (index, why) = home(of: entry, fire: placement.incident) {
            if let fire = placement.incident { burns(fire, open[index].opening) }
            return join(&entry, index, weighed + [why], now, sent)
        }
        guard let why = cause(to: entry, placement, now) else {
            let lonely = DecisionReason("watched", lonelyText(entry, placement, now))
            watch(entry.alert.fingerprint)
            return settle(&entry, .watched, weighed + [lonely], .none, now, sent)
        }
        let recalled = placement.recalled.compactMap { fingerprintByNumber[$0] }
        return opens(&entry, recalled, fire: placement.incident, weighed + [why], now, sent)
    }

    // MARK: - What holds it back

    func holding(_ entry: Entry, _ now: Int64) -> DecisionReason? {
        let alert = entry.alert
        if let silence = silences.first(where: { $0.isActive(now) && $0.covers(alert) }) {
            return DecisionReason("silence", "\(silence.author) silenced it (\(silence.id)): \(silence.reason)")
        }
        if alert.source == .person { return nil }
        if let window = settings.maintenance.first(where: { $0.covers(alert) && $0.isOpen(now) }) {
            return DecisionReason("maintenance", "the window \(window.name) is open")
        }
        if let name = inhibitor(entry) {
            return DecisionReason("inhibition", "another alert says it already, by the rule \(name)")
        }
        guard entry.flaps.isFlapping else { return nil }
        let quiet = settings.flapping.quiet / 1_000_000_000
        return DecisionReason(
            "flapping", points: Double(entry.flaps.count),
            "it began and ended \(entry.flaps.count) times of late; it counts again once it is steady for \(quiet) s")
    }

    /// The rule by which another one that fires says all.
    private func inhibitor(_ entry: Entry) -> String? {
        for (index, rule) in settings.inhibitions.enumerated() where rule.isTarget(entry.alert) {
            let shared = rule.shared(entry.alert).joined(separator: "\u{1F}")
            // What is both inhibits only what is not, or two of them would inhibit each other.
            let sources = rule.isSource(entry.alert) ? "\(index)!\(shared)" : "\(index)=\(shared)"
            if inhibiting[sources, default: 0] > 0 { return rule.name }
        }
        return nil
    }

    mutating func inhibit(_ entry: inout Entry) {
        entry.inhibits = []
        for (index, rule) in settings.inhibitions.enumerated() where rule.isSource(entry.alert) {
            let shared = rule.shared(entry.alert).joined(separator: "\u{1F}")
            entry.inhibits.append("\(index)=\(shared)")
            if !rule.isTarget(entry.alert) { entry.inhibits.append("\(index)!\(shared)") }
        }
        for key in entry.inhibits { inhibiting[key, default: 0] += 1 }
    }

    /// It is no source of an inhibition any more.
    mutating func release(_ entry: inout Entry) {
        for key in entry.inhibits {
            let left = inhibiting[key, default: 1] - 1
            inhibiting[key] = left > 0 ? left : nil
        }
        entry.inhibits = []
    }

    // MARK: - Where it belongs

    mutating func place(_ alert: RaisedAlert, _ now: Int64) -> Placement {
        let gravity: LogGravity =
            switch alert.severity {
            case .notice: .note
            case .warning: .warning
            case .critical: .fatal
            }
        let placement = grouping.add(
            Alert(time: Double(now) / 1e9, name: alert.name, place: alert.node, gravity: gravity))
        fingerprintByNumber[placement.alert] = alert.fingerprint
        fingerprintByNumber[placement.alert - 8_192] = nil
        return placement
    }

    /// A fire of the grouping is an incident.
    mutating func burns(_ fire: Int, _ opening: Int) {
        openingByFire[fire] = opening
        openingByFire[fire - 10_000] = nil
    }

    /// The open incident that it belongs to.
    func home(of entry: Entry, fire: Int?) -> (Int, DecisionReason)? {
        let node = entry.alert.node
        if let index = open.firstIndex(where: { $0.opening == entry.opening && !$0.isOwn }) {
            return (index, DecisionReason("same-matter", "an earlier episode of it belongs to this incident"))
        }
        if !node.isEmpty, let index = open.lastIndex(where: { !$0.isOwn && $0.impact.nodes.contains(node) }) {
            return (index, DecisionReason("same-service", "the incident is about \(node) already"))
        }
        if let fire, let opening = openingByFire[fire],
            let index = open.firstIndex(where: { $0.opening == opening && !$0.isOwn })
        {
            return (index, DecisionReason("group", "it came together with alerts of this incident"))
        }
        guard !node.isEmpty else { return nil }
        var best: (index: Int, distance: Int)?
        for (index, standing) in open.enumerated() where !standing.isOwn {
            guard entry.firstHeard - standing.last <= settings.joinsWithin,
                let distance = grouping.distance(from: node, to: standing.impact.nodes, within: settings.reach),
                distance < best?.distance ?? .max
            else { continue }
            best = (index, distance)
        }
        guard let best else { return nil }
        return (
            best.index, DecisionReason("near", "\(node) is \(best.distance) calls away from services of this incident")
        )
    }

    /// Why it is an incident; nil where it is not, as far as one can tell.
    private func cause(to entry: Entry, _ placement: Placement, _ now: Int64) -> DecisionReason? {
        let alert = entry.alert
        if alert.source == .person { return DecisionReason("opens", "a person reported it") }
        if alert.tellsOfUsers {
            return DecisionReason("opens", "it says that users are hurt, or that nobody serves them")
        }
        if entry.hasOpened, !alert.isCircumstance {
            return DecisionReason("opens", "an earlier episode of it was an incident")
        }
        if isAftermath(entry, placement, now) { return nil }
        if entry.opening != nil, !alert.isCircumstance {
            return DecisionReason("opens", "an earlier episode of it was part of an incident")
        }
        guard placement.incident != nil else { return nil }
        let others = placement.recalled.compactMap { fingerprintByNumber[$0].flatMap { entries[$0]?.alert } }
        guard !alert.isCircumstance || others.contains(where: { !$0.isCircumstance }) else { return nil }
        return DecisionReason("opens", "together with \(others.count) others it is more than what is usual")
    }

    /// The last of an incident that has just ended.
    private func isAftermath(_ entry: Entry, _ placement: Placement, _ now: Int64) -> Bool {
        passed.contains { passed in
            guard now - passed.at < settings.recallsWithin else { return false }
            return passed.nodes.contains(entry.alert.node)
                || placement.incident.map { openingByFire[$0] == passed.opening } == true
        }
    }

    private func lonelyText(_ entry: Entry, _ placement: Placement, _ now: Int64) -> String {
        if isAftermath(entry, placement, now) { return "an incident about it has just ended: it waits" }
        if placement.incident != nil { return "there are many of these, and none says that users are hurt: they wait" }
        return "alone it is no incident: it waits for company"
    }

    private mutating func watch(_ fingerprint: String) {
        watched.append(fingerprint)
        guard watched.count > settings.limits.watched else { return }
        clean()
        if watched.count > settings.limits.watched { watched.removeFirst(settings.limits.watched / 2) }
    }

    /// Leaves out of the lists what waits, or is held back, no longer.
    mutating func clean() {
        var seen: Set<String> = []
        watched = watched.filter { entries[$0]?.receipt.disposition == .watched && seen.insert($0).inserted }
        held = held.filter { fingerprint in
            guard let entry = entries[fingerprint] else { return false }
            return entry.isFiring && entry.receipt.disposition == .suppressed && seen.insert(fingerprint).inserted
        }
        if held.count > settings.limits.watched { held.removeFirst(held.count - settings.limits.watched) }
    }
}
