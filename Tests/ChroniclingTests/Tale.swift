import Contracts
import Definitions
import Diagnosing
import Incidents
import Postmortems
import Remedies
import Risk

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
    /// What planner and judge have kept.
    private(set) var plans: [(step: String, bytes: [UInt8])] = []
    private(set) var verdicts: [KeptVerdict] = []
    private(set) var policies: [PolicyRecord] = []
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

    /// The world in which one change to the configuration can be taken back.
    static func world(_ target: String, at now: Int64, commit: String = "4f2a91c07be1") -> PlanningWorld {
        let state = Digest(of: Array("state".utf8))
        let change = ForgeFact(
            commit: commit, kind: .configuration, at: start - .seconds(64), author: "lee",
            title: "time-out of the carrier: 1 ms", touched: ["carrier.timeout"], roles: [target],
            diff: "-timeout: 1ms\n+timeout: 2s\n", state: state, stateAfter: Digest(of: Array("after".utf8)))
        return PlanningWorld(roles: [RoleStatus(role: target, wanted: 2)], commits: [change], now: now)
    }

    static func runbook(_ text: String) -> Runbook {
        Runbook(
            name: "revert-change", about: "\(text).",
            when: .init(
                categories: [
                    "Code_Bug", "Config_Error", "Permission_Issue", "Resource_Limit", "External_Dependency",
                ]),
            steps: [
                Runbook.Step(
                    .configuration, door: "forge", target: "$culprit", inverse: .revert, capacity: 0.5, text: text)
            ])
    }

    static func policy(_ outcome: VerdictOutcome) -> (record: PolicyRecord, policy: Policy?) {
        let text = """
            version: 1
            name: shop
            askers: [remediation]
            autonomy:
              - {actions: [configuration], verdict: \(outcome.rawValue)}
            otherwise: approve
            confidence: {threshold: 0.1}
            windows:
              - {actions: [patch], zone: Europe/Berlin, days: [monday], from: 09:00, until: 16:00}

            """
        var record = PolicyRecord(
            version: "", files: [KeptFile(name: "policy.yaml", bytes: Array(text.utf8))], zones: [])
        let found = Definitions.policy(texts: record.files.map { ($0.name, $0.bytes) }, at: "policy")
        record.zones = found.zones
        record.version = found.policy?.version ?? ""
        return (record, found.policy)
    }

    /// What plans and verdicts were made from, as the agents would give it.
    var sources: GroundSources {
        GroundSources(
            plan: { [plans] step in plans.first { $0.step == step }?.bytes }, verdicts: { [verdicts] _ in verdicts },
            policy: { [policies] version in policies.first { $0.version == version } })
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
        guard case .plan(let question) = Self.lifecycle.question(incident) else { return }
        let grounds = PlanGrounds(question, Self.world(target, at: now), [Self.runbook(text)])
        plans.append((step, try Packed.encode(grounds)))
        switch Planning.answer(question, grounds.runbooks, grounds.world) {
        case .offers(let offers): try take(.offers(step: step, offers, text: ""), by: "remediation@local.1")
        case .none(let text), .underway(let text):
            try take(.offers(step: step, [], text: text), by: "remediation@local.1")
        }
        guard case .verdict(let question) = Self.lifecycle.question(incident) else { return }
        let (record, policy) = Self.policy(outcome)
        let proposal = Proposal(
            plan: question.plan,
            circumstances: Circumstances(
                now: now, state: question.state, asker: question.asker, standing: question.standing,
                budgets: [BudgetStanding(objective: "orders/availability", service: "orders", left: 0.12, burn: 6)]))
        let kept = KeptVerdict(
            step: step, proposal: proposal, verdict: RiskJudge.verdict(on: proposal, under: policy))
        verdicts.append(kept)
        if !policies.contains(record) { policies.append(record) }
        try take(.verdict(step: step, kept.verdict), by: "risk@local.1")
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
