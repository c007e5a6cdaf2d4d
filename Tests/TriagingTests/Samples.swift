import Alerting
import Contracts
import Insight

@testable import Triaging

/// A second of the year 2027.
let noon: Int64 = 1_800_000_000
let second: Int64 = 1_000_000_000

func at(_ seconds: Int64) -> Int64 { (noon + seconds) * second }

let shopCalls = [
    Call(caller: "orders", callee: "inventory"), Call(caller: "orders", callee: "carrier"),
    Call(caller: "inventory", callee: "orders"),
]

func alert(
    _ fingerprint: String = "f", _ severity: FindingSeverity = .critical, node: String = "orders",
    began: Int64 = 0, ended: Int64? = nil, source: RaisedAlert.Source = .alertmanager, name: String? = nil,
    labels: [SignalLabel] = [], isBeginningTold: Bool = true
) -> RaisedAlert {
    RaisedAlert(
        source, fingerprint: fingerprint, name: name ?? "rule \(fingerprint)", node: node, severity: severity,
        state: ended == nil ? .firing : .resolved, labels: labels, text: "it is so", began: at(began),
        ended: ended.map { at($0) }, isBeginningTold: isBeginningTold)
}

func finding(
    _ kind: FindingKind, _ severity: FindingSeverity = .notice, node: String = "orders", subject: String = "s",
    began: Int64, ended: Int64? = nil, endangers: [String] = []
) -> RaisedAlert {
    var finding = Finding(
        kind, severity, node: node, subject: subject, began: at(began), noticed: at(began), text: "\(kind) of \(node)")
    finding.ended = ended.map { at($0) }
    finding.endangers = endangers
    return RaisedAlert(finding, sender: "telemetry@local.1")
}

/// A book with an owner that names incidents as they open.
struct Desk {
    var book: AlertBook
    var opened: [NewIncident] = []
    var promotions: [Promotion] = []
    var records: [String: AlertRecord] = [:]
    var openIncidents: [String] = []
    var ended: [EndedIncident] = []

    init(_ settings: AlertSettings = AlertSettings(), calls: [Call] = shopCalls) {
        book = AlertBook(settings, calls: calls)
    }

    @discardableResult
    mutating func take(_ alert: RaisedAlert, _ seconds: Int64) -> AlertDecision {
        let decision = book.take(alert, now: at(seconds))
        heed(decision)
        return decision
    }

    @discardableResult
    mutating func tick(_ seconds: Int64) -> [AlertDecision] {
        let decisions = book.tick(now: at(seconds))
        for decision in decisions { heed(decision) }
        return decisions
    }

    mutating func end(_ incident: String, _ seconds: Int64) {
        book.incidentEnded(incident, now: at(seconds))
        openIncidents.removeAll { $0 == incident }
        ended.append(EndedIncident(incident, at: at(seconds)))
    }

    private mutating func heed(_ decision: AlertDecision) {
        if let superseded = decision.superseded { keep(superseded) }
        keep(decision.record)
        if let promotion = decision.promotion { promotions.append(promotion) }
        guard case .opens(let opening) = decision.meaning else { return }
        opened.append(opening)
        openIncidents.append("I\(opening.opening)")
        for record in opening.recalled { keep(record) }
        for record in book.assign(opening.opening, incident: "I\(opening.opening)") { keep(record) }
    }

    private mutating func keep(_ record: AlertRecord) {
        records["\(record.alert.fingerprint)#\(record.alert.began)"] = record
    }

    /// As after a death: a book made of what was kept.
    func restored() -> Desk {
        var other = self
        other.book = AlertBook(
            book.settings, silences: book.silences, calls: shopCalls,
            restoring: records.values.sorted { $0.alert.fingerprint > $1.alert.fingerprint },
            openIncidents: openIncidents, endedIncidents: ended)
        return other
    }
}

extension AlertMeaning {
    var joined: Int? { if case .joins(let mark) = self { mark.opening } else { nil } }
    var noted: Int? { if case .notes(let mark) = self { mark.opening } else { nil } }
    var isOpening: Bool { if case .opens = self { true } else { false } }
}

extension AlertReceipt {
    func has(_ rule: String) -> Bool { reasons.contains { $0.rule == rule } }
}
