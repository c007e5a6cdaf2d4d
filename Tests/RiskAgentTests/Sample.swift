import Contracts
import Glibc
import Host
import Risk
import Signals
import Store
import Synchronization

@testable import RiskAgent

/// What the agent learns from outside, as a test sets it.
final class Surroundings: Sendable {
    struct State: Sendable {
        /// Monday, 3 June 2030, 10:00 UTC.
        var now = Int64.seconds(1_906_711_200)
        var budgets = [BudgetStanding(objective: "orders-latency", service: "orders", left: 0.6, burn: 1)]
        var triageSays: IncidentStanding?
        var opinion = OutsideOpinion(.auto, [])
    }

    private let state = Mutex(State())

    var now: Int64 { state.withLock { $0.now } }

    func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }

    func pass(seconds: Int64) { change { $0.now += .seconds(seconds) } }

    func sources(asksOutside: Bool) -> RiskSources {
        var sources = RiskSources(
            now: { self.now }, budgets: { self.state.withLock { $0.budgets } },
            standing: { _ in self.state.withLock { $0.triageSays } })
        if asksOutside { sources.outside = { _ in self.state.withLock { $0.opinion } } }
        return sources
    }
}

/// A risk agent with a store of its own in a folder of its own.
final class Office: Sendable {
    static let triage = "triage@local.1"
    static let remediation = "remediation@local.1"
    static let state = Digest(of: [1])

    static let policy = """
        version: 1
        name: test
        askers: [remediation]
        autonomy:
          - {actions: [restart], budget: 0.1, confidence: 0.9, verdict: auto}
          - {actions: [drain-queue], verdict: deny}
        otherwise: approve
        confidence: {threshold: 0.8}
        limits: {cooldown: 5m, actions-per-incident: 5, roles: 2, capacity: 0.5, capacity-per-hour: 3}
        approvals: {expire-after: 30m, capability-lifetime: 2m, two-people: [patch]}

        """

    let folder: String
    let around = Surroundings()
    let ann: PersonKey
    let bob: PersonKey
    let carl: PersonKey
    let metrics = Metrics()
    let store: Store
    let agent: RiskAgent
    private let isOwner: Bool

    /// In a folder of its own, or in that of another, whose store must be closed then.
    init(policy: String? = Office.policy, after other: Office? = nil, asksOutside: Bool = false) async throws {
        isOwner = other == nil
        folder = try other?.folder ?? TemporaryFolder.make()
        ann = try PersonKey(seed: [UInt8](repeating: 1, count: 32))
        bob = try PersonKey(token: "a token that only Bob knows")
        carl = try PersonKey(seed: [UInt8](repeating: 3, count: 32))
        for part in ["config", "config/policy"] { mkdir("\(folder)/\(part)", 0o700) }
        if let policy { try WholeFile.write(policy, to: "\(folder)/config/policy/p.yaml") }
        try WholeFile.write(
            """
            version: 1
            people:
              - {name: ann, roles: [approver], keys: ["\(ann.publicText)"]}
              - {name: bob, roles: [approver, operator], keys: ["\(bob.publicText)"]}
              - {name: carl, roles: [operator], keys: ["\(carl.publicText)"]}

            """, to: "\(folder)/config/people.yaml")
        var plan = StorePlan(file: "\(folder)/risk.sqlite", migrations: Tables.migrations)
        plan.metrics = metrics
        store = try await Store.open(plan)
        agent = RiskAgent(
            RiskAgent.Place(slot: "risk@local.1", data: folder, config: "\(folder)/config"), store,
            around.sources(asksOutside: asksOutside), metrics: metrics, log: Log(descriptor: -1))
        try await agent.activate()
    }

    deinit { if isOwner { TemporaryFolder.remove(folder) } }

    func write(policy: String) throws { try WholeFile.write(policy, to: "\(folder)/config/policy/p.yaml") }

    // MARK: asking

    /// A plan of one step, restart of orders where nothing else is said.
    static func plan(
        _ action: ActionClass = .restart, incident: String = "I-1", generation: Int = 1, target: String = "orders",
        confidence: Double = 0.95, capacity: Double = 0.5, text: String = ""
    ) -> PlanSummary {
        let order = ActionOrder(action, door: "supervisor", target: target)
        let step = PlanStep(
            order, state: state, blast: BlastRadius(roles: [target], capacity: capacity), reversibility: .whole,
            inverse: PlanInverse(action == .restart ? nil : order, "the same back"))
        return PlanSummary(
            incident: incident, generation: generation, category: "Resource_Limit", confidence: confidence,
            steps: [step], substance: Digest(of: []), text: text)
    }

    @discardableResult
    func judge(
        _ plan: PlanSummary = Office.plan(), step: String = "judge-1", state: Digest = Office.state,
        isOver: Bool = false, caller: String = Office.triage
    ) async throws -> Verdict {
        try await agent.judge(
            VerdictQuestion(
                step: step, plan: plan, state: state,
                standing: IncidentStanding(incident: plan.incident, generation: plan.generation, isOver: isOver),
                asker: Asker(.agent, "remediation")), caller: caller)
    }

    func permit(
        _ plan: PlanSummary = Office.plan(), step: String = "act-1", state: Digest = Office.state,
        caller: String = Office.remediation
    ) async throws -> PermitAnswer {
        try await agent.permit(PermitQuestion(step: step, plan: plan, state: state), caller: caller)
    }

    /// An answer of a person who proves it.
    func answer(
        _ answer: Approval.Answer, _ plan: PlanSummary, by person: String, with key: PersonKey,
        state: Digest = Office.state, number: UInt64 = .random(in: 1...UInt64.max), feedback: String? = nil
    ) -> Approval {
        key.signed(
            Approval(
                id: UUID(high: 1, low: number), answer, incident: plan.incident, generation: plan.generation,
                plan: plan.digest, state: state, person: person, proof: Approval.Proof(.signature, []),
                given: around.now, feedback: feedback))
    }

    func approval(_ plan: PlanSummary) async throws -> ApprovalStanding {
        try await agent.approval(
            ApprovalQuestion(incident: plan.incident, generation: plan.generation, plan: plan.digest))
    }
}
