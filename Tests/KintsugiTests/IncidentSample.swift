import Contracts

@testable import kintsugi

/// An incident with all that one can have, and alerts and a journal beside it.
enum IncidentSample {
    static let second: Int64 = 1_000_000_000
    static let start = 1_900_000_000 * second
    static let fingerprint = "failing/orders/availability"

    static func alert(_ state: RaisedAlert.State = .firing, _ fingerprint: String = fingerprint) -> AlertRecord {
        let reasons = [DecisionReason("opens", points: 3, "users are \u{1B}[31mhurt")]
        return AlertRecord(
            alert: RaisedAlert(
                .telemetry, fingerprint: fingerprint, name: "failing", node: "orders", severity: .critical,
                state: state, text: "one of two requests fails\nsince noon", began: start, sender: "telemetry@local.1"),
            firstHeard: start, lastHeard: start + second, deliveries: 2,
            receipt: AlertReceipt(
                fingerprint: fingerprint, disposition: .incident, incident: "I-7", reasons: reasons))
    }

    static let order = ActionOrder(
        .scale, door: "supervisor", target: "orders", arguments: [ActionArgument("count", "3")])

    static func offer(text: String = "three workers for orders") -> PlanOffer {
        let state = Digest(of: Array("state".utf8))
        let step = PlanStep(
            order, state: state, blast: BlastRadius(roles: ["orders"], capacity: 0.5), reversibility: .whole,
            inverse: PlanInverse(order, "back to two"), text: "one worker more")
        return PlanOffer(
            plan: PlanSummary(
                incident: "I-7", generation: 2, category: "Resource_Limit", confidence: 0.7, steps: [step],
                substance: state, text: text),
            state: state, origin: "surge", diff: "-replicas: 2\n+replicas: 3",
            expectation: Expectation(nodes: ["orders"], since: 0))
    }

    static func incident(_ stage: IncidentStage = .awaitingApproval) -> Incident {
        let standing = AlertsStanding(
            firing: 1, total: 4, nodes: ["orders"], severity: .critical, priority: 2,
            reasons: [DecisionReason("users", points: 3, "many users are hurt")])
        let opening = IncidentOpening(
            fingerprint: fingerprint, follows: "I-3", title: "orders fails", began: start - second, source: .telemetry,
            alerts: standing, reasons: [])
        var incident = Incident(id: "I-7", opening: opening, opened: start, holder: "triage@local.1")
        incident.stage = stage
        incident.generation = 2
        incident.note = "waits for a person"
        incident.diagnosis = diagnosis
        incident.offers = [offer()]
        incident.verdict = Verdict(
            outcome: .approve, reasons: [VerdictReason("confidence", .approve, "0.7 is below 0.8")],
            policy: "default abc", plan: offer().plan.digest, state: Digest(of: Array("judged".utf8)), at: start,
            approvers: 1, approvalSeconds: 1_800, capabilitySeconds: 120, autoFrom: nil)
        incident.approval = ApprovalStanding(.rejected, people: ["ann"], feedback: "too early")
        incident.report = ExecutionReport(
            .undone, steps: [StepReport(step: 0, outcome: .failed, text: "no room for it")], text: "taken back",
            began: start, ended: start + 2 * second)
        incident.verification = Verification(
            verdict: .fails, conditions: [.init("failing/orders has ended", .fails)],
            missing: [MissingSignal("traces", "none came")])
        incident.earlier = [
            EarlierPlan(plan: Digest(of: [1]), orders: [], fate: .notHelped, text: "a restart did not help")
        ]
        incident.feedback = ["ann: look at the queue"]
        incident.owner = "ann"
        incident.score = 4
        return incident
    }

    private static var diagnosis: Diagnosis {
        Diagnosis(
            suspects: [.init(node: "orders", metric: nil, onset: start, score: 4, shares: [])],
            hypotheses: [
                .init(
                    node: "orders", category: "Resource_Limit", score: 4, confidence: 0.7,
                    supporting: [.init("saturation", 3, "the queue is full")],
                    opposing: [.init("change", -1, "a change was near")],
                    change: ChangeNotice(
                        id: "c", kind: .deploy, nodes: ["orders"], text: "another pricing", author: "bob", at: start))
            ], missing: [.init(signal: "traces of inventory", worth: 0.5, reason: "none came")],
            similar: [
                PastOutcome(
                    incident: "I-3", similarity: 0.9, node: "orders", category: "Resource_Limit", wasRight: true,
                    actions: [order], helped: true, at: start)
            ], confidenceText: "7 of 10 were right")
    }
}
