import Contracts
import Incidents

/// Leads an incident to where a test wants it, by the events that lead there in life.
struct Story {
    var lifecycle: Lifecycle
    var incident: Incident
    var now: Int64
    var effects: [IncidentEffect] = []
    var inputs: [IncidentInput] = []

    static let start = Int64.seconds(1_900_000_000)
    static let node = "orders"

    static let opening = IncidentOpening(
        fingerprint: "failing/orders/availability", title: "orders fails", began: start - .seconds(3),
        source: .telemetry, alerts: standing(), reasons: [DecisionReason("impact", "users are hurt")])

    init(_ terms: LifecycleTerms = .init(), opening: IncidentOpening = Story.opening) {
        lifecycle = Lifecycle(terms) { Story.diagnosis($0) }
        now = Self.start
        let first = lifecycle.open("I-1", opening, at: now, holder: "triage@local.1")
        incident = first.incident
        effects = first.effects
        inputs = [IncidentInput(at: now, actor: "triage@local.1", .opened(opening))]
    }

    static func standing(
        firing: Int = 1, severity: FindingSeverity = .critical, priority: Int = 2
    ) -> AlertsStanding {
        AlertsStanding(
            firing: firing, total: 1, nodes: [node], findings: firing > 0 ? ["failing/orders/availability"] : [],
            severity: severity, priority: priority, reasons: [DecisionReason("impact", "priority \(priority)")])
    }

    /// A diagnosis that believes what the evidence's scope says: so that a test can say what is found.
    static func diagnosis(_ input: DiagnosisInput) -> Diagnosis {
        let confidence = input.evidence.messages.first?.after ?? 0
        guard confidence > 0 else { return Diagnosis(suspects: [], hypotheses: []) }
        return Diagnosis(
            suspects: [.init(node: node, metric: nil, onset: nil, score: 1, shares: [])],
            hypotheses: [
                .init(
                    node: node, category: "Config_Error", score: 1, confidence: confidence, supporting: [],
                    opposing: [])
            ], signature: [SignatureTerm("failing:orders", 1)])
    }

    static func evidence(_ confidence: Double) -> DiagnosisInput {
        var evidence = Evidence(scope: EvidenceScope(from: start), from: start, until: start)
        evidence.messages = [
            EvidenceMessage(node: node, level: "error", template: "x", before: 0, after: confidence, firstSeen: 0)
        ]
        return DiagnosisInput(evidence: evidence)
    }

    func offer(_ text: String = "take the change back", target: String = node) -> PlanOffer {
        let order = ActionOrder(.configuration, door: "forge", target: target)
        let state = Digest(of: Array("state".utf8))
        let step = PlanStep(
            order, state: state, blast: BlastRadius(roles: [target], capacity: 0.5), reversibility: .whole,
            inverse: PlanInverse(order, "put it back"), text: text)
        return PlanOffer(
            plan: PlanSummary(
                incident: incident.id, generation: incident.generation, category: "Config_Error", confidence: 0.9,
                steps: [step], substance: state, text: text),
            state: state, origin: "revert", expectation: Expectation(nodes: [target], since: 0))
    }

    func verdict(_ outcome: VerdictOutcome, autoFrom: Int64? = nil) -> Verdict {
        let plan = incident.plan ?? offer()
        return Verdict(
            outcome: outcome,
            reasons: outcome == .auto ? [] : [VerdictReason("autonomy", outcome, "the table says so")], policy: "p1",
            plan: plan.plan.digest, state: plan.state, at: now, approvers: 1, approvalSeconds: 1_800,
            capabilitySeconds: 120, autoFrom: autoFrom)
    }

    func report(_ outcome: ExecutionReport.Outcome) -> ExecutionReport {
        ExecutionReport(outcome, text: "as asked", began: now, ended: now)
    }

    func verification(_ verdict: Verification.Verdict) -> Verification {
        Verification(verdict: verdict, conditions: [.init("failing/orders ended", verdict)])
    }

    /// The step in hand; one that never was where there is none.
    var step: String { incident.step?.id ?? "I-1/none" }

    /// What an event makes of the incident; whether it changed anything.
    @discardableResult
    mutating func take(_ event: IncidentEvent, after seconds: Double = 0.1) throws(LifecycleRefusal) -> Bool {
        now += Int64(seconds * 1e9)
        let input = IncidentInput(at: now, actor: "test", event)
        guard let next = try lifecycle.take(input, incident) else { return false }
        incident = next.incident
        effects = next.effects
        inputs.append(input)
        return true
    }

    /// Time passes until something is due.
    mutating func wait() throws {
        let due = lifecycle.due(incident) ?? now
        try take(.tick, after: max(0, Double(due - now) / 1e9))
    }

    /// The places of the table in which an incident can be.
    enum Place: String, CaseIterable {
        case open, looking, resting, diagnosed, planned, waiting, awaiting, executing, halting, verifying, undoing
        case rejected, rolledBack, resolved, suppressed, escalated, failed
    }

    /// An incident at a place.
    static func at(_ place: Place) throws -> Story {
        var story = Story()
        try story.lead(to: place)
        return story
    }

    private mutating func lead(to place: Place) throws {
        switch place {
        case .open: break
        case .looking: try wait()
        case .resting:
            try lead(to: .looking)
            try take(.evidence(step: step, Self.evidence(0.4)))
        case .diagnosed:
            try lead(to: .looking)
            try take(.evidence(step: step, Self.evidence(0.9)))
        case .planned:
            try lead(to: .diagnosed)
            try take(.offers(step: step, [offer()], text: ""))
        case .waiting:
            try lead(to: .planned)
            try take(.verdict(step: step, verdict(.deny, autoFrom: now + .seconds(60))))
        case .awaiting:
            try lead(to: .planned)
            try take(.verdict(step: step, verdict(.approve)))
        case .executing:
            try lead(to: .planned)
            try take(.verdict(step: step, verdict(.auto)))
        case .halting:
            try lead(to: .executing)
            try wait()
        case .verifying:
            try lead(to: .executing)
            try take(.executed(step: step, report(.done)))
        case .undoing:
            try lead(to: .verifying)
            try take(.verified(step: step, verification(.fails)))
        case .rejected:
            try lead(to: .awaiting)
            try take(.approval(step: step, ApprovalStanding(.rejected, people: ["kim"], feedback: "not the cause")))
        case .rolledBack:
            try lead(to: .undoing)
            try take(.executed(step: step, report(.undone)))
        case .resolved:
            try lead(to: .verifying)
            try take(.verified(step: step, verification(.holds)))
        case .suppressed: try take(.command(IncidentCommand(.suppress, person: "kim")))
        case .escalated: try take(.command(IncidentCommand(.escalate, person: "kim")))
        case .failed: try take(.command(IncidentCommand(.fail, person: "kim")))
        }
    }
}
