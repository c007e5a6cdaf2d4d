import Bus
import Contracts
import Distributed
import Host

/// Answers for the remediation agent. A replica that stands by passes each question on to the active one.
distributed actor RemediationDeskActor: RemediationDesk {
    typealias ActorSystem = BusSystem

    private static let patience = Duration.seconds(4)
    /// Who may have plans made and carried out; replicas of its own pass on what those asked.
    private static let askers = ["triage", "operator", "remediation"]

    private let agent: RemediationAgent
    private let succession: Succession

    init(_ agent: RemediationAgent, _ succession: Succession, actorSystem: BusSystem) {
        self.agent = agent
        self.succession = succession
        self.actorSystem = actorSystem
    }

    /// Who writes post-mortems reads what plans were made from.
    private static let readers = askers + ["comms"]

    private func check(_ question: String, among allowed: [String] = askers) throws {
        let caller = CallContext.current.caller
        guard let role = SlotName(caller)?.role, allowed.contains(role) else {
            throw RemediationFault.notForYou(question: question, caller: caller, allowed: ["triage"])
        }
    }

    /// The desk of the active replica; nil where that is this one.
    private func other() async throws -> $RemediationDesk<BusSystem>? {
        guard let active = try await succession.active() else { return nil }
        return try $RemediationDesk<BusSystem>.resolve(
            id: BusID(role: succession.own.role, slot: active), using: actorSystem)
    }

    /// Every question has the id of its step: asking the active one again is harmless.
    private func passed<Answer: Sendable>(_ ask: @Sendable () async throws -> Answer) async throws -> Answer {
        do {
            return try await withCallOptions(patience: Self.patience, idempotent: true) { try await ask() }
        } catch let error as BusError {
            throw RemediationFault.nobodyActive(why: "\(error)")
        }
    }

    distributed func plan(_ question: PlanQuestion) async throws -> PlanAnswer {
        try check("plan")
        guard let desk = try await other() else { return try await agent.plan(question) }
        return try await passed { try await desk.plan(question) }
    }

    distributed func execute(_ question: ExecutionQuestion) async throws -> ExecutionAnswer {
        try check("execute")
        guard let desk = try await other() else { return try await agent.execute(question) }
        return try await passed { try await desk.execute(question) }
    }

    distributed func undo(_ question: ExecutionQuestion) async throws -> ExecutionAnswer {
        try check("undo")
        guard let desk = try await other() else { return try await agent.undo(question) }
        return try await passed { try await desk.undo(question) }
    }

    distributed func halt(_ question: ExecutionQuestion) async throws -> ExecutionAnswer {
        try check("halt")
        guard let desk = try await other() else { return try await agent.halt(question) }
        return try await passed { try await desk.halt(question) }
    }

    distributed func state(of plan: PlanSummary) async throws -> Digest {
        guard let desk = try await other() else { return try await agent.state(of: plan) }
        return try await passed { try await desk.state(of: plan) }
    }
    distributed func grounds(of step: String) async throws -> [UInt8]? {
        try check("grounds", among: Self.readers)
        guard let desk = try await other() else { return try await agent.grounds(of: step) }
        return try await passed { try await desk.grounds(of: step) }
    }
}
