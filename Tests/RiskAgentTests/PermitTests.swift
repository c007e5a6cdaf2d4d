import Capabilities
import Contracts
import Host
import Risk
import Testing

@testable import RiskAgent

@Suite("What the risk agent judges and permits")
struct PermitTests {
    @Test func `what goes alone is permitted with one capability for each step, and a door takes it`() async throws {
        let office = try await Office()
        let plan = Office.plan()
        #expect(try await office.judge().outcome == .auto)
        let answer = try await office.permit()
        #expect(answer.refusal == nil && answer.capabilities.count == 1)
        let known = DoorKnowledge(
            door: "supervisor", now: office.around.now, state: Office.state, standing: nil,
            issuers: IssuerKeys.read(data: office.folder))
        let use = CapabilityUse(signed: answer.capabilities[0], order: plan.steps[0].order, plan: plan.digest)
        guard case .accept(let capability, _) = CapabilityCheck.decide(use, known, verify: SigningKey.verify) else {
            Issue.record("the door does not take it")
            return
        }
        #expect(capability.grounds == .policy && capability.expires == office.around.now + .seconds(120))
    }

    @Test func `an agent that does not triage gets no verdict, and one that does not remedy no capability`()
        async throws
    {
        let office = try await Office()
        for caller in ["remediation@local.1", "risk@local.2", "", "triage"] {
            await #expect(throws: RiskFault.self) { try await office.judge(caller: caller) }
        }
        #expect(try await office.judge(caller: "operator@command-1.1").outcome == .auto)
        for caller in ["triage@local.1", "operator@command-1.1", "comms@local.1", ""] {
            await #expect(throws: RiskFault.self) { try await office.permit(caller: caller) }
        }
    }

    @Test func `a step gets its first verdict for ever, and another question under it is refused`() async throws {
        let office = try await Office()
        let first = try await office.judge()
        office.around.pass(seconds: 1_000)
        office.around.change { $0.budgets = [] }
        #expect(try await office.judge() == first)
        await #expect(throws: RiskFault.otherQuestion(step: "judge-1")) {
            try await office.judge(Office.plan(text: "another"))
        }
    }

    @Test func `a step whose answer was lost gets the same capabilities while they live, and none after`() async throws
    {
        let office = try await Office()
        try await office.judge()
        let first = try await office.permit()
        office.around.pass(seconds: 60)
        #expect(try await office.permit() == first)
        #expect(try await office.agent.standing(active: nil).capabilitiesIssued == 1)
        office.around.pass(seconds: 60)
        let late = try await office.permit()
        #expect(late.capabilities.isEmpty && late.refusal?.contains("expired") == true)
        await #expect(throws: RiskFault.otherQuestion(step: "act-1")) {
            try await office.permit(state: Digest(of: [2]))
        }
    }

    @Test func `what was auto is judged again when it is permitted: another action just now stands against it`()
        async throws
    {
        let office = try await Office()
        try await office.judge(step: "one")
        let other = Office.plan(incident: "I-2")
        try await office.judge(other, step: "two")
        #expect(try await office.permit(step: "act-one").refusal == nil)
        let refused = try await office.permit(other, step: "act-two")
        #expect(refused.refusal?.contains("cooldown") == true)
        office.around.pass(seconds: 301)
        #expect(try await office.permit(other, step: "act-two").refusal == nil)
    }

    @Test func `a budget that is gone, or that nobody knows any more, takes the permission back`() async throws {
        let office = try await Office()
        try await office.judge()
        office.around.change { $0.budgets = [] }
        #expect(try await office.permit().refusal?.contains("budget") == true)
        office.around.change { $0.budgets = [BudgetStanding(objective: "o", service: "orders", left: 0.01)] }
        #expect(try await office.permit().refusal?.contains("budget") == true)
    }

    @Test func `five actions an incident, and the quota of an hour, hold over all permissions`() async throws {
        let office = try await Office()
        for number in 1...5 {
            let plan = Office.plan(capacity: 0.1, text: "\(number)")
            #expect(try await office.judge(plan, step: "judge-\(number)").outcome == .auto)
            #expect(try await office.permit(plan, step: "act-\(number)").refusal == nil)
            office.around.pass(seconds: 400)
        }
        let sixth = Office.plan(capacity: 0.1, text: "6")
        #expect(try await office.judge(sixth, step: "judge-6").outcome == .deny)
        #expect(try await office.permit(sixth, step: "act-6").refusal?.contains("denied") == true)
        var outcomes: [VerdictOutcome] = []
        for number in 1...8 {
            let plan = Office.plan(incident: "J-\(number)", target: "role-\(number)")
            outcomes.append(try await office.judge(plan, step: "j-\(number)").outcome)
            _ = try await office.permit(plan, step: "k-\(number)")
        }
        // Half a capacity each, and half of one of the incident before: three in an hour.
        #expect(outcomes.firstIndex(of: .approve) == 5)
        office.around.pass(seconds: 3_700)
        #expect(try await office.judge(Office.plan(incident: "K", target: "r"), step: "l").outcome == .auto)
    }

    @Test func `an incident that is over, in another generation, or unknown permits nothing`() async throws {
        let office = try await Office()
        #expect(try await office.permit().refusal?.contains("nobody could tell") == true)
        try await office.judge()
        office.around.change { $0.triageSays = IncidentStanding(incident: "I-1", generation: 2, isOver: false) }
        #expect(try await office.permit().refusal?.contains("generation") == true)
        // Triage cannot be asked any more: what it said last still counts.
        office.around.change { $0.triageSays = nil }
        #expect(try await office.permit().refusal?.contains("generation") == true)
        // Nor does an older word of a replica of Triage that is behind turn it back.
        #expect(try await office.judge(step: "behind").outcome == .deny)
        let second = Office.plan(generation: 2)
        try await office.judge(second, step: "judge-2")
        let permitted = try await office.permit(second, step: "act-2")
        #expect(permitted.refusal == nil)
        office.around.change { $0.triageSays = IncidentStanding(incident: "I-1", generation: 2, isOver: true) }
        #expect(try await office.permit(second, step: "act-2").refusal?.contains("over") == true)
    }

    @Test func `only the plan that was judged last is permitted`() async throws {
        let office = try await Office()
        try await office.judge()
        let other = Office.plan(text: "another")
        #expect(try await office.permit(other).refusal?.contains("judged last") == true)
        try await office.judge(other, step: "judge-2")
        #expect(try await office.permit().refusal?.contains("judged last") == true)
        #expect(try await office.permit(other).refusal == nil)
    }

    @Test func `what is denied is permitted to nobody, whoever agrees`() async throws {
        let office = try await Office()
        let plan = Office.plan(.drainQueue)
        #expect(try await office.judge(plan).outcome == .deny)
        let receipt = try await office.agent.answer(office.answer(.approve, plan, by: "ann", with: office.ann))
        #expect(receipt.standing.outcome == .denied)
        #expect(try await office.permit(plan).refusal?.contains("denied") == true)
    }

    @Test func `without a policy nothing goes alone, and people can still agree`() async throws {
        let office = try await Office(policy: nil)
        #expect(try await office.judge().outcome == .approve)
        #expect(try await office.permit().refusal != nil)
        _ = try await office.agent.answer(office.answer(.approve, Office.plan(), by: "ann", with: office.ann))
        #expect(try await office.permit().refusal == nil)
        #expect(try await office.agent.standing(active: nil).policy == nil)
    }

    @Test func `windows and freezes open and close what is permitted by the clock of their zone`() async throws {
        let times = """
            windows:
              - {actions: [restart], zone: Europe/Berlin, days: [monday], from: 12:00, until: 13:00}
            freezes:
              - {name: noon, actions: [restart], zone: UTC, from: 2030-06-03 10:30, until: 2030-06-03 10:40, verdict: deny}

            """
        let office = try await Office(policy: Office.policy + times)
        // 10:00 in UTC is 12:00 in Berlin.
        try await office.judge()
        office.around.pass(seconds: -1)
        #expect(try await office.permit().refusal?.contains("window") == true)
        office.around.pass(seconds: 1_801)
        #expect(try await office.permit().refusal?.contains("freeze") == true)
        office.around.pass(seconds: 600)
        #expect(try await office.permit().refusal == nil)
        office.around.pass(seconds: 1_200)
        #expect(try await office.judge(step: "judge-2").outcome == .approve)
    }

    /// The plan that scales back, where the state is another by then.
    private func undo(of plan: PlanSummary, _ change: (inout PlanSummary) -> Void = { _ in }) -> PlanSummary {
        var undo = Office.plan(.scale, text: "back")
        undo.steps = plan.steps.reversed().compactMap { step in
            step.inverse?.order.map { order in
                PlanStep(
                    order, state: Digest(of: [7]), blast: step.blast, reversibility: .whole,
                    inverse: PlanInverse(step.order, "forth again"))
            }
        }
        change(&undo)
        return undo
    }

    @Test func `what was permitted may be taken back at once, without another verdict or another person`() async throws
    {
        let office = try await Office()
        let plan = Office.plan(.scale)
        let back = undo(of: plan)
        try await office.judge(plan)
        #expect(try await office.permit(back, step: "back").refusal?.contains("never permitted") == true)
        _ = try await office.agent.answer(office.answer(.approve, plan, by: "ann", with: office.ann))
        #expect(try await office.permit(plan).refusal == nil)
        office.around.change { $0.budgets = [] }
        let answer = try await office.permit(back, step: "back")
        #expect(answer.refusal == nil && answer.capabilities.count == 1)
        #expect(try await office.permit(back, step: "back") == answer)
        #expect(try await office.agent.standing(active: nil).capabilitiesIssued == 2)
        office.around.pass(seconds: 3_600)
        #expect(try await office.permit(back, step: "later").refusal?.contains("too long ago") == true)
    }

    @Test func `what is not exactly the way back is no way back`() async throws {
        let office = try await Office()
        let plan = Office.plan(.scale)
        try await office.judge(plan)
        _ = try await office.agent.answer(office.answer(.approve, plan, by: "ann", with: office.ann))
        _ = try await office.permit(plan)
        let others = [
            undo(of: plan) { $0.steps[0].order.target = "inventory" }, undo(of: plan) { $0.steps += $0.steps },
            undo(of: plan) { $0.steps = [] }, undo(of: plan) { $0.steps[0].blast.capacity = 2 },
        ]
        for (number, other) in others.enumerated() {
            #expect(try await office.permit(other, step: "back-\(number)").refusal?.contains("judged last") == true)
        }
        let older = undo(of: plan) { $0.generation = 0 }
        #expect(try await office.permit(older, step: "older").refusal?.contains("generation") == true)
        office.around.change { $0.triageSays = IncidentStanding(incident: "I-1", generation: 1, isOver: true) }
        #expect(try await office.permit(undo(of: plan), step: "over").refusal?.contains("over") == true)
    }

    @Test func `of many that ask at a time one gets the permission, and the others see what it did`() async throws {
        let office = try await Office()
        for number in 1...8 { try await office.judge(Office.plan(incident: "I-\(number)"), step: "judge-\(number)") }
        let permitted = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 1...8 {
                group.addTask {
                    try await office.permit(Office.plan(incident: "I-\(number)"), step: "act-\(number)").refusal == nil
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(permitted == 1)
    }

    @Test func `one approval permits one step, however many ask at a time`() async throws {
        let office = try await Office()
        let plan = Office.plan(.scale)
        try await office.judge(plan)
        _ = try await office.agent.answer(office.answer(.approve, plan, by: "ann", with: office.ann))
        let permitted = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 1...8 {
                group.addTask { try await office.permit(plan, step: "act-\(number)").refusal == nil }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(permitted == 1)
    }

    @Test func `asked at a time under one step, all get one verdict`() async throws {
        let office = try await Office()
        let verdicts = try await withThrowingTaskGroup(of: Verdict.self) { group in
            for _ in 1...8 {
                group.addTask {
                    office.around.pass(seconds: 1)
                    return try await office.judge()
                }
            }
            return try await group.reduce(into: [Verdict]()) { $0.append($1) }
        }
        #expect(verdicts.count == 8 && verdicts.allSatisfy { $0 == verdicts[0] })
        #expect(try await office.agent.verdicts(VerdictQuery()).count == 1)
    }

    @Test func `verdicts are kept with all that they depended on, and judged again they are the same`() async throws {
        let office = try await Office()
        try await office.judge()
        try await office.judge(Office.plan(.patch, incident: "I-2"), step: "judge-2")
        let kept = try await office.agent.verdicts(VerdictQuery())
        #expect(kept.map(\.step) == ["judge-2", "judge-1"])
        #expect(try await office.agent.verdicts(VerdictQuery(incident: "I-2")).map(\.step) == ["judge-2"])
        let policy = try #require(PolicySample.policy)
        for one in kept { #expect(RiskJudge.verdict(on: one.proposal, under: policy) == one.verdict) }
    }
}
