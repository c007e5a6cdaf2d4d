import Alerting
import Contracts
import Insight

/// How alerts become incidents, and parts of them.
extension AlertBook {
    /// Writes down what was decided.
    mutating func settle(
        _ entry: inout Entry, _ disposition: AlertReceipt.Disposition, _ reasons: [DecisionReason],
        _ meaning: AlertMeaning, _ now: Int64, _ sent: RaisedAlert, promotion: Promotion? = nil
    ) -> AlertDecision {
        entry.receipt = AlertReceipt(
            fingerprint: entry.alert.fingerprint, disposition: disposition,
            incident: disposition == .incident ? entry.opening.flatMap { names[$0] } : nil, reasons: reasons)
        remember(&entry, now)
        let record = entry.record(sent)
        keep(entry)
        return AlertDecision(receipt: entry.receipt, record: record, meaning: meaning, promotion: promotion)
    }

    func remember(_ entry: inout Entry, _ now: Int64) {
        guard !entry.isBrief else { return }
        entry.past.append(DatedDecision(at: now, receipt: entry.receipt))
        if entry.past.count > settings.limits.decisions { entry.past.removeFirst() }
    }

    mutating func join(
        _ entry: inout Entry, _ index: Int, _ reasons: [DecisionReason], _ now: Int64, _ sent: RaisedAlert
    ) -> AlertDecision {
        let promotion = add(&entry, to: index, now)
        let meaning = AlertMeaning.joins(mark(open[index].opening))
        return settle(&entry, .incident, reasons, meaning, now, sent, promotion: promotion)
    }

    /// Counts an alert among those of an incident.
    private mutating func add(_ entry: inout Entry, to index: Int, _ now: Int64) -> Promotion? {
        entry.opening = open[index].opening
        entry.isMember = true
        open[index].alerts += 1
        open[index].firing += entry.isFiring ? 1 : 0
        open[index].last = now
        let fingerprint = entry.alert.fingerprint
        if open[index].samples.count < settings.limits.samples {
            if !open[index].samples.contains(fingerprint) { open[index].samples.append(fingerprint) }
        } else if !open[index].samples.contains(fingerprint) {
            entry.shorten()
            extras.add(fingerprint, entry.token)
        }
        return grow(entry, now)
    }

    /// The impact of an incident grows by what one of its alerts says.
    mutating func grow(_ entry: Entry, _ now: Int64) -> Promotion? {
        guard let index = open.firstIndex(where: { $0.opening == entry.opening }) else { return nil }
        let before = open[index].impact
        open[index].impact.grow(by: Impact(entry.alert))
        guard open[index].impact != before else { return nil }
        let (priority, reasons) = open[index].impact.judgement
        let earlier = open[index].priority
        guard priority > earlier else { return nil }
        open[index].priority = priority
        return Promotion(incident: mark(open[index].opening), from: earlier, to: priority, reasons: reasons)
    }

    /// An incident opens, with those that waited near it.
    mutating func opens(
        _ entry: inout Entry, _ recalled: [String], fire: Int?, _ reasons: [DecisionReason], _ now: Int64,
        _ sent: RaisedAlert, isOwn: Bool = false
    ) -> AlertDecision {
        let follows = entry.opening.flatMap { isOpen($0) ? nil : names[$0] }
        lastOpening += 1
        var standing = Standing(lastOpening, now: now)
        standing.isOwn = isOwn
        open.append(standing)
        let index = open.count - 1
        entry.hasOpened = true
        _ = add(&entry, to: index, now)
        keep(entry)
        let company = recall(recalled, index, except: entry.alert.fingerprint, now)
        if let fire { burns(fire, lastOpening) }
        let (priority, why) = open[index].impact.judgement
        open[index].priority = priority
        let opening = NewIncident(
            opening: lastOpening, node: entry.alert.node, priority: priority, impact: open[index].impact,
            follows: follows, began: company.reduce(entry.alert.began) { min($0, $1.alert.began) }, isOwnTrouble: isOwn,
            recalled: company, reasons: reasons + why)
        return settle(&entry, .incident, reasons, .opens(opening), now, sent)
    }

    /// Those that waited and were heard lately where the incident is belong to it now.
    private mutating func recall(
        _ fingerprints: [String], _ index: Int, except opener: String, _ now: Int64
    ) -> [AlertRecord] {
        clean()
        let nodes = open[index].impact.nodes
        let isOwn = open[index].isOwn
        let waiting = watched
        var records: [AlertRecord] = []
        for fingerprint in waiting where fingerprint != opener {
            guard var entry = entries[fingerprint], entry.receipt.disposition == .watched,
                settings.agents.contains(entry.alert.node) == isOwn, now - entry.firstHeard <= settings.recallsWithin
            else { continue }
            let isNear =
                isOwn || nodes.contains(entry.alert.node) || fingerprints.contains(fingerprint)
                || grouping.distance(from: entry.alert.node, to: nodes, within: settings.reach) != nil
            guard isNear else { continue }
            _ = add(&entry, to: index, now)
            let reason = DecisionReason("recalled", "an incident opened near it, of which it was an early sign")
            records.append(settle(&entry, .incident, entry.receipt.reasons + [reason], .none, now, entry.alert).record)
        }
        return records
    }

    // MARK: - The agents' own troubles

    /// What is about the agents themselves opens one incident at a time, is part of no user's, and while something is
    /// handled is a line in its journal: handling makes such noise, and noise that began an incident would never end.
    mutating func judgeOwn(
        _ known: Entry, _ reasons: [DecisionReason], _ now: Int64, sent: RaisedAlert
    ) -> AlertDecision {
        var entry = known
        let isGrave = entry.alert.severity == .critical && !entry.alert.isCircumstance
        let counts = entry.alert.severity >= .warning && !entry.alert.isCircumstance
        if let own = open.first(where: \.isOwn) {
            return note(&entry, in: own.opening, "an incident of the agents' own is open", reasons, now, sent)
        }
        if let last = passed.last(where: \.isOwn), now - last.at < settings.ownPause {
            let text =
                "an incident of the agents' own ended \((now - last.at) / 1_000_000_000) s ago: the next one waits"
            return settle(&entry, .watched, reasons + [DecisionReason("own", text)], .none, now, sent)
        }
        if !isGrave, let latest = open.max(by: { ($0.last, $0.opening) < ($1.last, $1.opening) }) {
            return note(&entry, in: latest.opening, "an incident is being handled", reasons, now, sent)
        }
        if counts {
            ownTroubles.removeAll { now - $0 > settings.ownWithin }
            ownTroubles.append(now)
        }
        guard isGrave || counts && ownTroubles.count >= settings.ownTroubles else {
            let text =
                "a trouble of the agents' own: \(ownTroubles.count) of late, \(settings.ownTroubles) are an incident"
            watched.append(entry.alert.fingerprint)
            return settle(&entry, .watched, reasons + [DecisionReason("own", text)], .none, now, sent)
        }
        ownTroubles = []
        let text =
            isGrave
            ? "an agent is not served by itself any more" : "\(settings.ownTroubles) troubles of the agents' own"
        return opens(&entry, [], fire: nil, reasons + [DecisionReason("opens", text)], now, sent, isOwn: true)
    }

    private mutating func note(
        _ entry: inout Entry, in opening: Int, _ text: String, _ reasons: [DecisionReason], _ now: Int64,
        _ sent: RaisedAlert
    ) -> AlertDecision {
        let reason = DecisionReason("own", "\(text): this is a line in its journal, and opens nothing")
        return settle(&entry, .watched, reasons + [reason], .notes(mark(opening)), now, sent)
    }
}
