import Bus
import Contracts
import Distributed
import Forge
import Host
import Store

/// Answers about the pipeline. A replica that stands by passes each question on to the active one.
distributed actor PipelineDeskActor: PipelineDesk {
    typealias ActorSystem = BusSystem

    private static let patience = Duration.seconds(4)
    private static let askers = ["operator", "remediation"]

    private let pipeline: Pipeline
    private let workshop: Workshop
    private let succession: Succession

    init(_ pipeline: Pipeline, _ workshop: Workshop, _ succession: Succession, actorSystem: BusSystem) {
        self.pipeline = pipeline
        self.workshop = workshop
        self.succession = succession
        self.actorSystem = actorSystem
    }

    distributed func prove(_ name: String, anew: Bool) async throws -> PipelineAnswer {
        let caller = CallContext.current.caller
        guard let role = SlotName(caller)?.role, Self.askers.contains(role) else {
            throw RemediationFault.notForYou(question: "prove", caller: caller, allowed: ["operator"])
        }
        if let active = try await succession.active() {
            let desk = try $PipelineDesk<BusSystem>.resolve(
                id: BusID(role: succession.own.role, actor: PipelineAnswer.desk, slot: active), using: actorSystem)
            do {
                return try await withCallOptions(patience: Self.patience, idempotent: true) {
                    try await desk.prove(name, anew: anew)
                }
            } catch let error as BusError { throw RemediationFault.nobodyActive(why: "\(error)") }
        }
        do throws(ForgeFault) {
            let commit = try await workshop.repository.aside { (repository) throws(ForgeFault) in
                try repository.commit(named: name)
            }
            return Self.answer(commit, try await pipeline.standing(of: commit, anew: anew))
        } catch {
            return PipelineAnswer(commit: name, state: .failed, text: error.description)
        }
    }

    private static func answer(_ commit: String, _ standing: Pipeline.Standing) -> PipelineAnswer {
        switch standing {
        case .needless(let text): PipelineAnswer(commit: commit, state: .needless, text: text)
        case .underway(let text): PipelineAnswer(commit: commit, state: .underway, text: text)
        case .failed(let text): PipelineAnswer(commit: commit, state: .failed, text: text)
        case .proven(let sources, let programs):
            PipelineAnswer(
                commit: commit, state: .passed, text: "its sources \(sources.brief) are proven", programs: programs)
        }
    }
}

/// Which replica answers.
struct Succession: Sendable {
    let agent: RemediationAgent
    let store: Store
    let own: SlotName

    /// The slot of the active replica; nil where that is this one.
    func active() async throws -> SlotName? {
        if await agent.isActive { return nil }
        guard let active = Lease.holderName(of: store.file).flatMap(SlotName.init) else {
            throw RemediationFault.nobodyActive(why: "none has ever been")
        }
        guard active != own else { throw RemediationFault.nobodyActive(why: "\(own) is becoming it") }
        // Not on to a third.
        if let passer = SlotName(CallContext.current.caller), passer.role == own.role {
            throw RemediationFault.nobodyActive(why: "\(own) is not")
        }
        return active
    }
}
