import Contracts
import Testing

@testable import kintsugi

@Suite("Incidents, as text")
struct IncidentReportTests {
    @Test(
        "an incident shows each thing that is known of it, and what was done",
        arguments: [
            "I-7  orders fails", "awaiting_approval since 2030-03-17 17:46:40 UTC: waits for a person", "follows   I-3",
            "owner     ann", "score     4 of 5", "Priority P2, critical", "+3 users: many users are hurt",
            "Alerts 1 of 4 fire, about orders", "fires  one of two requests fails",
            "Resource_Limit of orders, confidence 70.0 %, 4 points", "blames deploy: another pricing",
            "for +3  saturation: the queue is full", "against −1  change: a change was near",
            "7 of 10 were right", "missing: traces of inventory (none came), worth 0.5",
            "I-3  90.0 % alike: Resource_Limit of orders, rightly; scale orders at supervisor (count 3), and it helped",
            "of generation 2, from surge", "1. scale orders at supervisor (count 3)",
            "hits orders, 50.0 % of the capacity; can be undone: whole",
            "inverse: scale orders at supervisor (count 3) back to two", "    -replicas: 2\n    +replicas: 3",
            "Verdict by the policy default abc", "approve  confidence: 0.7 is below 0.8",
            "Approval rejected by ann (\"too early\")", "Execution undone after 2.0 s: taken back",
            "1. failed: no room for it", "Verification fails", "fails: failing/orders has ended",
            "missing: traces (none came)", "notHelped: a restart did not help", "ann: look at the queue",
        ])
    func everything(_ part: String) {
        var incident = IncidentSample.incident()
        incident.stageSince = IncidentSample.start
        let text = IncidentReport(incident: incident, alerts: [IncidentSample.alert()], paint: .none).text
        #expect(text.contains(part), "\(text)")
    }

    @Test("an incident of which nothing is known yet has no empty chapters")
    func young() {
        let opening = IncidentSample.incident().opening
        let incident = Incident(id: "I-8", opening: opening, opened: IncidentSample.start, holder: "a")
        let text = IncidentReport(incident: incident, paint: .none).text
        for chapter in [
            "Diagnosis", "Similar", "Plan", "Verdict", "Execution", "Verification", "Earlier", "What people",
        ] {
            #expect(!text.contains(chapter), "\(chapter)")
        }
        #expect(!text.contains("\n\n\n") && text.hasSuffix("\n"))
    }

    @Test("who looks at a plan that waits is told how to answer, and nobody else is")
    func invitation() {
        var incident = IncidentSample.incident()
        incident.approval = nil
        let invitation = "kintsugi incident approve I-7"
        #expect(IncidentReport(incident: incident, paint: .none).text.contains(invitation))
        incident.stage = .executing
        #expect(!IncidentReport(incident: incident, paint: .none).text.contains(invitation))
    }

    @Test("what others wrote into an incident cannot command a terminal")
    func hostile() {
        var incident = IncidentSample.incident()
        let bad = "\u{1B}[2J"
        incident.note = bad
        incident.feedback = ["\(bad)\n\(bad)"]
        incident.opening.title = bad
        incident.offers = [IncidentSample.offer(text: bad)]
        incident.owner = bad
        incident.report?.text = bad
        let text = IncidentReport(incident: incident, alerts: [IncidentSample.alert()], paint: .none).text
        #expect(!text.contains("\u{1B}") && text.contains("\\u{1b}[2J"))
        #expect(!IncidentList.text([IncidentSummary(incident)], .none).contains("\u{1B}"))
        #expect(!AlertReport.explanation(explanation, .none).contains("\u{1B}"))
    }

    private var explanation: AlertExplanation {
        let record = IncidentSample.alert()
        return AlertExplanation(
            episodes: [record], decisions: [DatedDecision(at: IncidentSample.start, receipt: record.receipt)])
    }

    @Test("incidents stand in a line each, with their likely cause")
    func list() {
        let text = IncidentList.text([IncidentSummary(IncidentSample.incident())], .none)
        let row = text.split(separator: "\n").last.map(String.init) ?? ""
        for part in ["I-7", "P2 critical", "awaiting_approval", "1/4", "Resource_Limit of orders", "orders fails"] {
            #expect(row.contains(part), "\(part)")
        }
        #expect(IncidentList.text([], .none) == "There is no such incident.\n")
    }

    @Test("an alert is explained by each decision, with its rule, its points and its sentence")
    func decisions() {
        let lines = AlertReport.explanation(explanation, .none).split(separator: "\n").map(String.init)
        #expect(lines.count { $0.contains("+3 opens: users are") } == 2)
        #expect(lines.contains { $0.contains("incident of I-7") } && lines.contains("Decisions"))
    }

    @Test("alerts say whether they fire, and whether something holds them back")
    func alerts() {
        var held = IncidentSample.alert()
        held.receipt.disposition = .suppressed
        let text = AlertReport.list([IncidentSample.alert(), held, IncidentSample.alert(.resolved)], .none)
        let rows = text.split(separator: "\n").dropFirst().map(String.init)
        #expect(rows.count == 3)
        for (row, state) in zip(rows, ["fires", "held back", "ended"]) { #expect(row.contains(state), "\(row)") }
    }
}
