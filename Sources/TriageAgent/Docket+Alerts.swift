import Alerting
import Contracts
import Incidents
import Signals
import Triaging

/// What alerts make of incidents.
extension Docket {
    /// Takes alerts, in one commit; each is on disk when this returns.
    func raise(_ alerts: [RaisedAlert]) async throws -> [AlertReceipt] {
        guard isActive else { throw TriageFault.notActive }
        let now = reach.now()
        var batch = Batch()
        var receipts: [AlertReceipt] = []
        for alert in alerts {
            let decision = book.take(alert, now: now)
            receipts.append(try decide(decision, now, &batch))
        }
        try settle(now, &batch)
        try await commit(batch.work)
        for transition in batch.transitions { follow(transition) }
        return receipts
    }

    /// What became of alerts by time alone.
    func lookAtAlerts(_ now: Int64) async {
        var batch = Batch()
        do {
            for decision in book.tick(now: now) { _ = try decide(decision, now, &batch) }
            try settle(now, &batch)
            try await commit(batch.work)
            for transition in batch.transitions { follow(transition) }
        } catch {
            log.limited("alerts", .warning, "waiting alerts could not be looked at", ["why": "\(error)"])
        }
    }

    /// What several alerts come to, before it goes to disk.
    struct Batch {
        var work = Work()
        var transitions: [Transition] = []
        /// Openings whose alerts have changed.
        var touched: [Int] = []
    }

    private func decide(_ decision: AlertDecision, _ now: Int64, _ batch: inout Batch) throws -> AlertReceipt {
        var receipt = decision.receipt
        if let superseded = decision.superseded { batch.work.records.append(superseded) }
        batch.work.records.append(decision.record)
        count(receipt, decision.record.alert.source)
        switch decision.meaning {
        case .none: break
        case .opens(let opening):
            let id = try begin(opening, decision.record, now, &batch)
            receipt.incident = id
        case .joins(let mark), .ends(let mark, _): touch(mark.opening, &batch)
        case .notes(let mark): try note(decision.record.alert, in: mark, now, &batch)
        }
        if let promotion = decision.promotion { touch(promotion.incident.opening, &batch) }
        return receipt
    }

    /// A line in the journal of an incident that it is no part of.
    private func note(_ alert: RaisedAlert, in mark: IncidentMark, _ now: Int64, _ batch: inout Batch) throws {
        guard let id = mark.id, let incident = open[id] else { return }
        let text = alert.text.isEmpty ? alert.name : alert.text
        let input = IncidentInput(
            at: max(now, incident.stageSince), actor: alert.sender.isEmpty ? holder : alert.sender,
            .noted("\(alert.node): \(text)"))
        guard let transition = try lifecycle.take(input, incident) else { return }
        try adopt(transition, input, into: &batch.work)
        batch.transitions.append(transition)
    }

    private func touch(_ opening: Int, _ batch: inout Batch) {
        if !batch.touched.contains(opening) { batch.touched.append(opening) }
    }

    private func begin(
        _ opening: NewIncident, _ record: AlertRecord, _ now: Int64, _ batch: inout Batch
    ) throws -> String {
        lastNumber += 1
        let id = Tables.name(lastNumber)
        // The alerts that it begins with have its name from now on.
        batch.work.records += book.assign(opening.opening, incident: id)
        let alerts = standing(of: opening.opening)
        let began = IncidentOpening(
            fingerprint: record.alert.fingerprint, follows: opening.follows, title: Self.title(record.alert),
            began: opening.began, source: record.alert.source,
            alerts: alerts
                ?? AlertsStanding(
                    firing: 1, total: 1, nodes: [opening.node], severity: record.alert.severity, priority: 3),
            reasons: opening.reasons)
        let input = IncidentInput(at: now, actor: holder, .opened(began))
        let transition = lifecycle.open(id, began, at: now, holder: holder)
        try adopt(transition, input, into: &batch.work)
        batch.transitions.append(transition)
        return id
    }

    private static func title(_ alert: RaisedAlert) -> String {
        let text = alert.text.isEmpty ? alert.name : alert.text
        let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? alert.name
        return line.count > 160 ? String(line.prefix(159)) + "…" : line
    }

    /// Incidents learn how their alerts stand, once for each batch.
    private func settle(_ now: Int64, _ batch: inout Batch) throws {
        for opening in batch.touched {
            guard let id = book.incidents.first(where: { $0.incident.opening == opening })?.incident.id,
                let incident = open[id], let standing = standing(of: opening)
            else { continue }
            guard incident.alerts.differs(from: standing) else { continue }
            let input = IncidentInput(at: max(now, incident.stageSince), actor: holder, .alerts(standing))
            guard let transition = try lifecycle.take(input, incident) else { continue }
            try adopt(transition, input, into: &batch.work)
            batch.transitions.append(transition)
        }
    }

    private func standing(of opening: Int) -> AlertsStanding? {
        guard let known = book.incidents.first(where: { $0.incident.opening == opening }) else { return nil }
        let samples = known.samples.compactMap { book.record(of: $0)?.alert }
        let firing = samples.filter { $0.state == .firing }
        // Where something hurt, what is only odd beside it neither keeps the incident open nor has to end for a fix to hold.
        let isAboutMore = samples.contains { !$0.isCircumstance }
        let grave = isAboutMore ? firing.filter { !$0.isCircumstance } : firing
        return AlertsStanding(
            firing: known.firing, hurting: max(known.firing - firing.count, 0) + grave.count, total: known.alerts,
            nodes: known.impact.nodes,
            findings: grave.filter { $0.source == .telemetry }.map(\.fingerprint).sorted(),
            severity: known.impact.severity, priority: known.priority.number,
            reasons: known.impact.judgement.reasons)
    }

    private func count(_ receipt: AlertReceipt, _ source: RaisedAlert.Source) {
        metrics.counter(
            "triage.alerts", help: "Alerts that were taken, by what became of them",
            labels: ["source": source.rawValue, "outcome": receipt.disposition.rawValue]
        ).increment()
    }
}

extension AlertsStanding {
    /// In what an incident's life depends on; a mere number of repetitions is no news.
    func differs(from other: AlertsStanding) -> Bool {
        (firing == 0) != (other.firing == 0) || isQuiet != other.isQuiet || severity != other.severity
            || priority != other.priority
            || nodes != other.nodes || findings != other.findings
            || (total < 10 ? total != other.total : other.total >= 2 * total)
    }
}
