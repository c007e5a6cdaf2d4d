import Contracts
import Diagnosing
import Incidents
import Postmortems

@testable import Chronicling
@testable import Simulator

/// An incident that is led through its life by the events that make it up, with the journal that comes of it.
struct Tale {
    static let start = Int64.seconds(1_900_000_660)
    static let lifecycle = Lifecycle { Diagnosing.diagnose($0) }

    let id: String
    private(set) var incident: Incident
    private(set) var entries: [JournalEntry] = []
    private(set) var now: Int64
    private var end = JournalEnd(sequence: 40, last: Digest(of: [4]))

    init(_ id: String = "I-7", title: String = "orders fails: 4 of 10 requests", severity: FindingSeverity = .critical)
        throws
    {
        self.id = id
        now = Self.start
        let opening = IncidentOpening(
            fingerprint: "failing/orders/availability", title: title, began: now - .seconds(3) - .milliseconds(250),
            source: .telemetry, alerts: Self.standing(1, severity),
            reasons: [DecisionReason("impact", "users are hurt")])
        incident = Self.lifecycle.open(id, opening, at: now, holder: "triage@local.1").incident
        try keep(IncidentInput(at: now, actor: "triage@local.1", .opened(opening)))
    }

    static func standing(_ firing: Int, _ severity: FindingSeverity = .critical) -> AlertsStanding {
        AlertsStanding(
            firing: firing, total: 3, nodes: ["orders", "inventory"],
            findings: firing > 0 ? ["failing/orders/availability"] : [], severity: severity, priority: 2,
            reasons: [DecisionReason("impact", "priority 2")])
    }

    var step: String { incident.step?.id ?? "\(id)/none" }
    func replayed() throws -> [ReplayedEntry] { try Replaying.items(entries, by: Self.lifecycle) }

    private mutating func keep(_ input: IncidentInput) throws {
        entries.append(
            try end.append(input, incident, number: entries.count + 1, before: entries.last?.digest))
    }

    mutating func take(_ event: IncidentEvent, by actor: String = "telemetry@local.1", after seconds: Double = 0.35)
        throws
    {
        now += Int64(seconds * 1e9)
        let input = IncidentInput(at: now, actor: actor, event)
        guard let next = try Self.lifecycle.take(input, incident) else { return }
        incident = next.incident
        try keep(input)
    }

    mutating func say(_ kind: IncidentCommand.Kind, _ text: String = "", person: String = "kim") throws {
        try take(.command(IncidentCommand(kind, person: person, text: text)), by: person, after: 2.5)
    }

    /// Time passes until something is due.
    mutating func wait() throws {
        let due = Self.lifecycle.due(incident) ?? now
        try take(.tick, by: "triage@local.1", after: max(0, Double(due - now) / 1e9))
    }

    // MARK: what the agents answer

    /// Ten minutes of calm, and a service that fails since a change.
    static func evidence(failing node: String) -> DiagnosisInput {
        let from = start - .seconds(660)
        var evidence = Evidence(scope: EvidenceScope(from: from), from: from, until: from + .seconds(660))
        for name in ["orders", "inventory", "carrier"] {
            for (metric, calm, bad) in [("http.errors", 0.0, 25.0), ("http.duration", 0.02, 0.9)] {
                let values = (0..<66).map { step -> Double? in
                    let wave = 0.002 * Double((step * 7) % 5)
                    return step >= 60 && name == node ? bad + wave : calm + wave
                }
                evidence.series.append(
                    EvidenceSeries(node: name, metric: metric, unit: "", start: from, step: 10, points: values))
            }
        }
        evidence.services = [
            EvidenceService(node: node, before: CallFigures(calls: 900), after: CallFigures(calls: 420, errors: 168))
        ]
        evidence.onset = from + .seconds(600)
        evidence.messages = [
            EvidenceMessage(
                node: node, level: "error", template: "no answer of <*>", before: 0, after: 160,
                firstSeen: from + .seconds(601), example: "no answer of <script>alert(1)</script>")
        ]
        evidence.changes = [
            ChangeNotice(
                id: "change-31", kind: .configuration, nodes: [node], text: "time-out of the carrier: 1 ms",
                commit: "4f2a91c07be1", touched: ["carrier.timeout"], author: "lee", at: from + .seconds(596))
        ]
        var finding = Finding(
            .failing, .critical, node: node, subject: "availability", began: from + .seconds(600),
            noticed: from + .seconds(603), text: "40 % of the requests fail, and 0.1 % is the limit")
        finding.endangers = ["orders/availability"]
        evidence.findings = [finding]
        evidence.missing = [MissingSignal("metrics of carrier", "it answers no question about itself")]
        return DiagnosisInput(evidence: evidence)
    }

    func offer(_ text: String, target: String = "orders", commit: String = "4f2a91c07be1") -> PlanOffer {
        let order = ActionOrder(
            .configuration, door: "forge", target: target, arguments: [ActionArgument("commit", commit)])
        let state = Digest(of: Array("state".utf8))
        let step = PlanStep(
            order, state: state, blast: BlastRadius(roles: [target], capacity: 0.5), reversibility: .whole,
            inverse: PlanInverse(order, "put it back"), reverts: RevertedChange(commit: commit, at: now), text: text)
        return PlanOffer(
            plan: PlanSummary(
                incident: id, generation: incident.generation, category: "Config_Error", confidence: 0.9,
                steps: [step], substance: state, text: text),
            state: state, origin: "revert-change", diff: "-timeout: 1ms\n+timeout: 2s\n",
            expectation: Expectation(nodes: [target], since: 0))
    }

    private func verdict(_ outcome: VerdictOutcome) throws -> Verdict {
        let plan = incident.plan ?? offer("nothing")
        return Verdict(
            outcome: outcome,
            reasons: outcome == .auto ? [] : [VerdictReason("autonomy", outcome, "a budget of 12 % is left")],
            policy: "policy-3", plan: plan.plan.digest, state: plan.state, at: now, approvers: 1,
            approvalSeconds: 1_800, capabilitySeconds: 120, autoFrom: nil)
    }

    mutating func investigate(failing node: String = "orders") throws {
        var looks = 0
        while incident.stage == .open || incident.stage == .investigating || incident.stage == .rejected
            || incident.stage == .rolledBack, looks < 60
        {
            looks += 1
            if incident.step?.errand == .evidence {
                try take(.evidence(step: step, Self.evidence(failing: node)))
            } else {
                try wait()
            }
        }
    }

    mutating func plan(_ text: String, target: String = "orders", _ outcome: VerdictOutcome) throws {
        try take(.offers(step: step, [offer(text, target: target)], text: ""), by: "remediation@local.1")
        try take(.verdict(step: step, try verdict(outcome)), by: "risk@local.1")
    }

    mutating func execute() throws {
        let report = ExecutionReport(
            .done, steps: [StepReport(step: 0, outcome: .done, text: "merged as 9be1")], text: "as asked",
            began: now + .milliseconds(100), ended: now + .milliseconds(1_450))
        try take(.executed(step: step, report), by: "remediation@local.1", after: 1.6)
    }

    mutating func verify(_ verdict: Verification.Verdict) throws {
        let text = verdict == .holds ? "orders/availability has held for 10 s" : "orders/availability does not hold"
        try take(
            .verified(step: step, Verification(verdict: verdict, conditions: [.init(text, verdict)])), after: 12.2)
    }

    mutating func undo() throws {
        let report = ExecutionReport(.undone, text: "all of it", began: now, ended: now + .milliseconds(800))
        try take(.executed(step: step, report), by: "remediation@local.1", after: 1)
    }

    // MARK: whole tales

    static let names = [
        "helped", "agreed", "rejected", "rolled-back", "escalated", "mended-by-a-person", "suppressed", "given-up",
    ]

    static func named(_ name: String) throws -> Tale {
        var tale = try Tale(title: name == "agreed" ? hostile : "orders fails: 4 of 10 requests")
        switch name {
        case "helped": try tale.isHelped()
        case "agreed": try tale.isAgreedTo()
        case "rejected": try tale.isRejected()
        case "rolled-back": try tale.isRolledBack()
        case "escalated": try tale.isEscalated()
        case "mended-by-a-person":
            try tale.isEscalated()
            try tale.say(.take, "I look at it")
            try tale.say(.comment("the carrier's certificate had expired on 17 March"))
            try tale.take(.alerts(standing(0)), after: 61)
            try tale.say(.resolve, "a new certificate")
        case "suppressed": try tale.say(.suppress, "a drill")
        default: try tale.say(.fail, "the shop closes anyway")
        }
        return tale
    }

    /// What looks like markup, a link, a quote, and the end of a list.
    static let hostile =
        "1. <img src=x onerror=alert(1)> [orders](http://x.example) “fails” | `rm -rf` https://y.example # \u{202E}dlo"

    private mutating func isHelped() throws {
        try take(.alerts(Self.standing(2)), by: "triage@local.1")
        try investigate()
        try plan("take the time-out back", .auto)
        try execute()
        try take(.alerts(Self.standing(0)), by: "triage@local.1", after: 4)
        try verify(.holds)
    }

    private mutating func isAgreedTo() throws {
        try say(.acknowledge)
        try investigate()
        try plan("take the time-out back", .approve)
        try take(
            .approval(step: step, ApprovalStanding(.granted, people: ["kim"], until: now + .seconds(1_800))),
            by: "risk@local.1", after: 40)
        try execute()
        try take(.alerts(Self.standing(0)), by: "triage@local.1", after: 4)
        try verify(.holds)
        try say(.score(5), "well done")
    }

    private mutating func isRejected() throws {
        try investigate()
        try plan("take the time-out back", .approve)
        try take(
            .approval(
                step: step, ApprovalStanding(.rejected, people: ["kim"], feedback: "the queue of *inventory* is full")),
            by: "risk@local.1", after: 20)
        try investigate(failing: "inventory")
        try plan("two workers more", target: "inventory", .auto)
        try execute()
        try take(.alerts(Self.standing(0)), by: "triage@local.1", after: 4)
        try verify(.holds)
    }

    private mutating func isRolledBack() throws {
        try investigate()
        try plan("take the time-out back", .auto)
        try execute()
        try verify(.fails)
        try undo()
        try investigate(failing: "inventory")
        try plan("take the index back", target: "inventory", .auto)
        try execute()
        try take(.alerts(Self.standing(0)), by: "triage@local.1", after: 4)
        try verify(.holds)
    }

    private mutating func isEscalated() throws {
        try investigate()
        try plan("take the time-out back", .deny)
        if incident.stage != .escalated { try say(.escalate, "nobody may do that") }
    }
}

/// Journals under seeds, with losses, deaths and people.
enum SimulatedJournal {
    static func items(_ seed: UInt64) throws -> [ReplayedEntry]? {
        let world = IncidentWorld(seed: seed, options: IncidentOptions())
        _ = world.run()
        // Where triage dies before it has kept anything there is none.
        guard !world.journal.isEmpty else { return nil }
        return try Replaying.items(world.journal, by: world.lifecycle)
    }
}
