public import Alerting
public import Contracts
public import Insight

/// All alerts of late, and what they are together: a value that decides the same from the same alerts at the same times.
///
/// It can be made again from the records that its owner kept. What it keeps is bounded: what has ended goes first.
public struct AlertBook: Sendable {
    let settings: AlertSettings
    public internal(set) var silences: [Silence]
    var grouping: AlertGrouping
    var entries: [String: Entry] = [:]
    /// In the order of their openings.
    var open: [Standing] = []
    var passed: [Passed] = []
    var names: [Int: String] = [:]
    var lastOpening = 0
    var lastToken = 0
    /// Fires of the grouping that are incidents, by their numbers there.
    var openingByFire: [Int: Int] = [:]
    /// Alerts by the number that the grouping gave them.
    var fingerprintByNumber: [Int: String] = [:]
    /// Those that wait for company, and those that are held back; some of them may be so no longer.
    var watched: [String] = []
    var held: [String] = []
    /// How many firing alerts are sources of an inhibition, by its number and what has to be the same.
    var inhibiting: [String: Int] = [:]
    /// Alerts that end by themselves unless they are told again, and when to look at them next.
    var expiring: Set<String> = []
    var nextLook = Int64.min
    /// Times of troubles of the agents' own.
    var ownTroubles: [Int64] = []
    var ends = Arrivals()
    var extras = Arrivals()
    var all = Arrivals()
    /// Bytes that are kept, as they are counted.
    public internal(set) var bytes = 0
    /// Alerts that were forgotten since there were too many.
    public internal(set) var forgotten = 0

    /// An empty book. `calls` is who depends on whom.
    public init(_ settings: AlertSettings = AlertSettings(), silences: [Silence] = [], calls: [Call] = []) {
        self.settings = settings
        self.silences = silences
        grouping = AlertGrouping(calls: calls)
        // A table that grows moves all that is in it, while somebody waits.
        entries.reserveCapacity(settings.limits.alerts + 1)
    }

    /// Alerts that are known.
    public var count: Int { entries.count }

    // MARK: - What happens beside alerts

    /// Who depends on whom is known better by now.
    public mutating func learn(_ calls: [Call]) { grouping.learn(calls) }

    /// A silence begins, or is changed; what it holds back already stays so.
    public mutating func keep(_ silence: Silence) {
        silences.removeAll { $0.id == silence.id }
        silences.append(silence)
    }

    /// Forgets silences that ended before a time.
    public mutating func forgetSilences(endedBefore time: Int64) {
        silences.removeAll { min($0.until, $0.ended ?? .max) < time }
    }

    /// The incident of an opening has its name. The records of its alerts, which have it too now.
    public mutating func assign(_ opening: Int, incident: String) -> [AlertRecord] {
        names[opening] = incident
        names[opening - 10_000] = nil
        guard let standing = open.first(where: { $0.opening == opening }) else { return [] }
        return standing.samples.compactMap { fingerprint in
            guard entries[fingerprint]?.opening == opening else { return nil }
            entries[fingerprint]?.receipt.incident = incident
            return entries[fingerprint]?.record()
        }
    }

    /// An incident is over: the next episode of any of its alerts is another one's.
    public mutating func incidentEnded(_ incident: String, now: Int64) {
        guard let index = open.firstIndex(where: { names[$0.opening] == incident }) else { return }
        let standing = open.remove(at: index)
        passed.append(
            Passed(opening: standing.opening, nodes: standing.impact.nodes, isOwn: standing.isOwn, at: now))
        if passed.count > 64 { passed.removeFirst() }
    }

    // MARK: - What is asked for

    /// The latest decisions about an alert, the oldest first; nil for one that is not known, or not any more.
    public func explain(_ fingerprint: String) -> [DatedDecision]? { entries[fingerprint]?.past }

    /// What stands about an alert.
    public func record(of fingerprint: String) -> AlertRecord? { entries[fingerprint]?.record() }

    /// The open incidents, in the order in which they opened.
    public var incidents: [IncidentAlerts] {
        open.map { standing in
            IncidentAlerts(
                incident: mark(standing.opening), isOwnTrouble: standing.isOwn, priority: standing.priority,
                impact: standing.impact, alerts: standing.alerts, firing: standing.firing, samples: standing.samples)
        }
    }

    func mark(_ opening: Int) -> IncidentMark { IncidentMark(opening, names[opening]) }

    func isOpen(_ opening: Int?) -> Bool { opening.map { wanted in open.contains { $0.opening == wanted } } ?? false }

    // MARK: - What was said

    /// Takes a delivery.
    public mutating func take(_ sent: RaisedAlert, now: Int64) -> AlertDecision {
        var reasons: [DecisionReason] = []
        let told = sent.began
        let alert = believed(sent, now, &reasons)
        guard let entry = entries[alert.fingerprint] else {
            return alert.isFiring
                ? begin(alert, told, after: nil, reasons, now) : endedUnheard(alert, told, after: nil, reasons, now)
        }
        if !alert.isBeginningTold, isSameEvent(alert, entry) {
            return entry.isFiring ? again(alert, entry, reasons, now) : over(alert, entry, reasons, now)
        }
        let isLater = alert.isBeginningTold && told > entry.told
        switch (alert.isFiring, entry.isFiring) {
        case (true, true):
            // What is not believed does not end an episode.
            guard isLater, alert.began == told else { return again(alert, entry, reasons, now) }
            _ = end(entry, at: alert.began, now)
            reasons.append(DecisionReason("episode", "the end of the last episode was not heard"))
            let superseded = entries[alert.fingerprint]
            var decision = begin(alert, told, after: superseded, reasons, now)
            decision.superseded = superseded?.record()
            return decision
        case (true, false):
            let isNew = alert.isBeginningTold ? isLater : alert.began > entry.alert.ended ?? entry.alert.began
            if !isNew, entry.hasExpired {
                reasons.append(DecisionReason("episode", "it was taken as ended, and its sender tells it again"))
                return begin(alert, told, after: entry, reasons, now)
            }
            guard isNew else { return over(alert, entry, reasons, now) }
            return begin(alert, told, after: entry, reasons, now)
        case (false, true): return resolve(alert, told, entry, reasons, now)
        case (false, false):
            guard isLater else { return over(alert, entry, reasons, now) }
            return endedUnheard(alert, told, after: entry, reasons, now)
        }
    }

    /// Where a sender names each event, the same one is the same delivery.
    private func isSameEvent(_ alert: RaisedAlert, _ entry: Entry) -> Bool {
        let event = alert.value(of: RaisedAlert.eventLabel)
        return alert.isFiring && !event.isEmpty && event == entry.alert.value(of: RaisedAlert.eventLabel)
    }

    /// A clock that is ahead says nothing of the future.
    private func believed(_ sent: RaisedAlert, _ now: Int64, _ reasons: inout [DecisionReason]) -> RaisedAlert {
        var alert = sent
        let latest = now + settings.clockAhead
        if alert.began > latest {
            let seconds = (alert.began - now) / 1_000_000_000
            reasons.append(DecisionReason("clock", "it says that it begins in \(seconds) s: taken as beginning now"))
            alert.began = now
        }
        // The time of what was sent is never after its arrival, but by the sender's clock.
        if !alert.isBeginningTold { alert.began = min(alert.began, now) }
        if let ended = alert.ended, ended > latest, alert.state == .resolved { alert.ended = now }
        return alert
    }

    /// Heard before, in this episode.
    private mutating func again(
        _ alert: RaisedAlert, _ known: Entry, _ reasons: [DecisionReason], _ now: Int64
    ) -> AlertDecision {
        var entry = known
        entry.deliveries += 1
        entry.lastHeard = now
        let isGraver = alert.severity > entry.alert.severity
        entry.alert.severity = max(entry.alert.severity, alert.severity)
        let isHeld = entry.receipt.disposition == .suppressed
        if entry.alert.ended != alert.ended {
            entry.alert.ended = alert.ended
            expects(entry)
        }
        entry.flaps.look(at: now, settings.flapping)
        keep(entry)
        if isHeld, holding(entry, now) == nil { return judge(entry, reasons, now, sent: alert) }
        if isGraver, !isHeld, !entry.isMember { return judge(entry, reasons, now, sent: alert) }
        let promotion = isGraver && entry.isMember ? grow(entry, now) : nil
        let told = DecisionReason("repeated", "delivery \(entry.deliveries) of an episode that is known")
        let receipt = AlertReceipt(
            fingerprint: alert.fingerprint, disposition: .repeated, incident: entry.receipt.incident,
            reasons: reasons + [told])
        return AlertDecision(receipt: receipt, record: entry.record(alert), meaning: .none, promotion: promotion)
    }

    /// An episode that had ended already.
    private mutating func over(
        _ alert: RaisedAlert, _ known: Entry, _ reasons: [DecisionReason], _ now: Int64
    ) -> AlertDecision {
        var entry = known
        entry.deliveries += 1
        entry.lastHeard = now
        keep(entry)
        let told = DecisionReason("episode", "this episode had ended already: it opens nothing")
        return answer(entry, .resolved, reasons + [told], alert)
    }

    /// Its end was told, and its beginning was not.
    private mutating func endedUnheard(
        _ alert: RaisedAlert, _ told: Int64, after known: Entry?, _ reasons: [DecisionReason], _ now: Int64
    ) -> AlertDecision {
        var entry = Entry(alert, told: told, now: now)
        entry.alert.ended = alert.ended ?? now
        (entry.flaps, entry.opening, entry.hasOpened) = (
            known?.flaps ?? FlapWatch(), known?.opening, known?.hasOpened ?? false
        )
        let told = DecisionReason(
            "episode", "its end came without its beginning: kept, so that a late beginning opens nothing")
        entry.receipt = AlertReceipt(
            fingerprint: alert.fingerprint, disposition: .resolved, reasons: reasons + [told])
        lastToken += 1
        entry.token = lastToken
        ends.add(alert.fingerprint, lastToken)
        all.add(alert.fingerprint, lastToken)
        remember(&entry, now)
        keep(entry)
        return AlertDecision(receipt: entry.receipt, record: entry.record(alert), meaning: .none)
    }

    private mutating func resolve(
        _ alert: RaisedAlert, _ told: Int64, _ entry: Entry, _ reasons: [DecisionReason], _ now: Int64
    ) -> AlertDecision {
        let isEarlier =
            alert.isBeginningTold && entry.alert.isBeginningTold
            ? told < entry.told : (alert.ended ?? now) < entry.alert.began
        guard !isEarlier else {
            let told = DecisionReason("episode", "it is the end of an earlier episode; this one lasts")
            return answer(entry, .repeated, reasons + [told], alert)
        }
        let at = max(entry.alert.began, min(alert.ended ?? now, now))
        let meaning = end(entry, at: at, now)
        let ended = entries[alert.fingerprint] ?? entry
        return answer(ended, .resolved, reasons + [DecisionReason("episode", "it has ended")], alert, meaning)
    }

    private func answer(
        _ entry: Entry, _ disposition: AlertReceipt.Disposition, _ reasons: [DecisionReason], _ sent: RaisedAlert,
        _ meaning: AlertMeaning = .none
    ) -> AlertDecision {
        let receipt = AlertReceipt(
            fingerprint: entry.alert.fingerprint, disposition: disposition, incident: entry.receipt.incident,
            reasons: reasons)
        return AlertDecision(receipt: receipt, record: entry.record(sent), meaning: meaning)
    }

    /// An episode ends.
    mutating func end(_ known: Entry, at time: Int64, _ now: Int64) -> AlertMeaning {
        var entry = known
        entry.alert.state = .resolved
        entry.alert.ended = time
        entry.lastHeard = now
        entry.flaps.change(at: now, settings.flapping)
        release(&entry)
        lastToken += 1
        entry.token = lastToken
        ends.add(entry.alert.fingerprint, lastToken)
        var meaning = AlertMeaning.none
        if entry.isMember, let index = open.firstIndex(where: { $0.opening == entry.opening }) {
            open[index].firing -= 1
            meaning = .ends(mark(open[index].opening), all: open[index].firing == 0)
        }
        entry.isMember = false
        keep(entry)
        return meaning
    }
}

extension RaisedAlert {
    var isFiring: Bool { state == .firing }
}
