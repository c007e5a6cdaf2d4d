import Bus
import Contracts
import Distributed
import Host
import Signals
import Store

/// Answers for the telemetry agent. A replica that stands by asks the active one; where that does not answer, it
/// answers from what it heard itself, and says so.
distributed actor TelemetryDeskActor: TelemetryDesk {
    typealias ActorSystem = BusSystem

    private static let patience = Duration.seconds(2)

    private let agent: TelemetryAgent
    private let rounds: CanaryRounds
    private let store: Store
    private let own: SlotName

    init(_ agent: TelemetryAgent, rounds: CanaryRounds, store: Store, own: SlotName, actorSystem: BusSystem) {
        self.agent = agent
        self.rounds = rounds
        self.store = store
        self.own = own
        self.actorSystem = actorSystem
    }

    private var active: SlotName? { Lease.holderName(of: store.file).flatMap(SlotName.init) }

    /// Asks the active replica where that is another; nil where the question is ours, and why nobody else answered it.
    private func asked<Answer: Sendable>(
        _ ask: @Sendable ($TelemetryDesk<BusSystem>) async throws -> Answer
    ) async -> (answer: Answer?, missing: [MissingSignal]) {
        if await agent.isActive { return (nil, []) }
        guard let active, active != own else {
            return (nil, [MissingSignal("what the active replica heard", "none is active yet")])
        }
        do {
            let desk = try $TelemetryDesk<BusSystem>.resolve(
                id: BusID(role: own.role, slot: active), using: actorSystem)
            return (try await withCallOptions(patience: Self.patience) { try await ask(desk) }, [])
        } catch {
            return (nil, [MissingSignal("what the active replica heard", "\(active) does not answer: \(error)")])
        }
    }

    /// The active replica's answer, or our own with what is missing in it.
    private func answered<Answer: NamesWhatIsMissing & Sendable>(
        _ ask: @Sendable ($TelemetryDesk<BusSystem>) async throws -> Answer, otherwise: () async -> Answer
    ) async -> Answer {
        let (answer, missing) = await asked(ask)
        if let answer { return answer }
        var own = await otherwise()
        own.missing += missing
        return own
    }

    distributed func standing() async throws -> TelemetryStanding {
        await agent.standing(active: active?.description)
    }

    distributed func query(_ query: SignalQuery) async throws -> SignalAnswer {
        await answered({ try await $0.query(query) }, otherwise: { await agent.answer(query) })
    }

    distributed func trace(_ id: String) async throws -> TraceAnswer {
        await answered({ try await $0.trace(id) }, otherwise: { await agent.trace(id) })
    }

    distributed func objectives() async throws -> ObjectivesAnswer {
        if let answer = await asked({ try await $0.objectives() }).answer { return answer }
        return await agent.objectives()
    }

    distributed func investigate(_ scope: EvidenceScope) async throws -> Evidence {
        await answered({ try await $0.investigate(scope) }, otherwise: { await agent.investigate(scope) })
    }

    distributed func verify(_ expectation: Expectation) async throws -> Verification {
        await answered({ try await $0.verify(expectation) }, otherwise: { await agent.verify(expectation) })
    }

    distributed func capacity() async throws -> CapacityAnswer {
        await answered({ try await $0.capacity() }, otherwise: { await agent.capacity() })
    }

    distributed func note(_ change: ChangeNotice) async throws {
        if await agent.isActive { return try await agent.note(change) }
        guard let active, active != own else { throw BusError.unavailable("no telemetry agent is active yet") }
        let desk = try $TelemetryDesk<BusSystem>.resolve(id: BusID(role: own.role, slot: active), using: actorSystem)
        // The same change told twice is one: asking again is harmless.
        try await withCallOptions(patience: Self.patience, idempotent: true) { try await desk.note(change) }
    }

    distributed func canaries() async throws -> CanariesAnswer {
        if let answer = await asked({ try await $0.canaries() }).answer { return answer }
        return await rounds.answer()
    }
}

/// An answer with room for what is missing in it.
private protocol NamesWhatIsMissing {
    var missing: [MissingSignal] { get set }
}

extension SignalAnswer: NamesWhatIsMissing {}
extension TraceAnswer: NamesWhatIsMissing {}
extension Evidence: NamesWhatIsMissing {}
extension Verification: NamesWhatIsMissing {}
extension CapacityAnswer: NamesWhatIsMissing {}
