import Bus
import Contracts
import Distributed
import Host
import Store

/// Answers for the risk agent. A replica that stands by passes each question on to the active one; where there is none, it
/// answers nothing: nothing is permitted by whoever does not know.
distributed actor RiskDeskActor: RiskDesk {
    typealias ActorSystem = BusSystem

    private static let patience = Duration.seconds(4)

    private let agent: RiskAgent
    private let store: Store
    private let own: SlotName

    init(_ agent: RiskAgent, store: Store, own: SlotName, actorSystem: BusSystem) {
        self.agent = agent
        self.store = store
        self.own = own
        self.actorSystem = actorSystem
    }

    private var active: SlotName? { Lease.holderName(of: store.file).flatMap(SlotName.init) }

    /// The slot of the active replica; nil where that is this one.
    private func other() async throws -> SlotName? {
        if await agent.isActive { return nil }
        guard let active else { throw RiskFault.nobodyActive(why: "none has ever been") }
        guard active != own else { throw RiskFault.nobodyActive(why: "\(own) is becoming it") }
        return active
    }

    private func desk(_ slot: SlotName) throws -> $RiskDesk<BusSystem> {
        try $RiskDesk<BusSystem>.resolve(id: BusID(role: own.role, slot: slot), using: actorSystem)
    }

    private func relay(_ slot: SlotName) throws -> $RiskRelay<BusSystem> {
        try $RiskRelay<BusSystem>.resolve(
            id: BusID(role: own.role, actor: RiskRelayActor.name, slot: slot), using: actorSystem)
    }

    /// Every question has the id of its step: asking the active one again is harmless.
    private func passed<Answer: Sendable>(
        _ slot: SlotName, _ ask: @Sendable () async throws -> Answer
    ) async throws -> Answer {
        do {
            return try await withCallOptions(patience: Self.patience, idempotent: true) { try await ask() }
        } catch let error as BusError {
            throw RiskFault.nobodyActive(why: "\(slot) does not answer: \(error)")
        }
    }

    distributed func standing() async throws -> RiskStanding {
        try await agent.standing(active: active?.description)
    }

    distributed func judge(_ question: VerdictQuestion) async throws -> Verdict {
        let caller = CallContext.current.caller
        guard let slot = try await other() else { return try await agent.judge(question, caller: caller) }
        let relay = try relay(slot)
        return try await passed(slot) { try await relay.judge(question, caller: caller) }
    }

    distributed func answer(_ approval: Approval) async throws -> ApprovalReceipt {
        guard let slot = try await other() else { return try await agent.answer(approval) }
        let desk = try desk(slot)
        return try await passed(slot) { try await desk.answer(approval) }
    }

    distributed func approval(_ question: ApprovalQuestion) async throws -> ApprovalStanding {
        guard let slot = try await other() else { return try await agent.approval(question) }
        let desk = try desk(slot)
        return try await passed(slot) { try await desk.approval(question) }
    }

    distributed func permit(_ question: PermitQuestion) async throws -> PermitAnswer {
        let caller = CallContext.current.caller
        guard let slot = try await other() else { return try await agent.permit(question, caller: caller) }
        let relay = try relay(slot)
        return try await passed(slot) { try await relay.permit(question, caller: caller) }
    }

    distributed func learn(_ lesson: CalibrationLesson) async throws {
        let caller = CallContext.current.caller
        guard let slot = try await other() else { return try await agent.learn(lesson, caller: caller) }
        let relay = try relay(slot)
        try await passed(slot) { try await relay.learn(lesson, caller: caller) }
    }

    distributed func verdicts(_ query: VerdictQuery) async throws -> [KeptVerdict] {
        guard let slot = try await other() else { return try await agent.verdicts(query) }
        let desk = try desk(slot)
        return try await passed(slot) { try await desk.verdicts(query) }
    }

    distributed func policy(_ version: String) async throws -> PolicyRecord? {
        guard let slot = try await other() else { return try await agent.policy(version) }
        let desk = try desk(slot)
        return try await passed(slot) { try await desk.policy(version) }
    }
}

/// Takes what replicas that stand by were asked; from nobody else, since it believes them who asked.
distributed actor RiskRelayActor: RiskRelay {
    typealias ActorSystem = BusSystem

    static let name = "relay"

    private let agent: RiskAgent
    private let own: SlotName

    init(_ agent: RiskAgent, own: SlotName, actorSystem: BusSystem) {
        self.agent = agent
        self.own = own
        self.actorSystem = actorSystem
    }

    private func check(_ question: String) async throws {
        let passer = CallContext.current.caller
        guard SlotName(passer)?.role == own.role else {
            throw RiskFault.notForYou(question: "relay of \(question)", caller: passer, allowed: [own.role])
        }
        // Not on to a third: who was active a moment ago and is not any more says so.
        guard await agent.isActive else { throw RiskFault.nobodyActive(why: "\(own) is not") }
    }

    distributed func judge(_ question: VerdictQuestion, caller: String) async throws -> Verdict {
        try await check("judge")
        return try await agent.judge(question, caller: caller)
    }

    distributed func permit(_ question: PermitQuestion, caller: String) async throws -> PermitAnswer {
        try await check("permit")
        return try await agent.permit(question, caller: caller)
    }

    distributed func learn(_ lesson: CalibrationLesson, caller: String) async throws {
        try await check("learn")
        try await agent.learn(lesson, caller: caller)
    }
}
