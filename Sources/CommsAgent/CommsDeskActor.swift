import Bus
import Contracts
import Distributed

/// What the agent for people answers on the bus. It isolates nothing: what is asked is on disk.
distributed actor CommsDeskActor: CommsDesk {
    typealias ActorSystem = BusSystem
    private let told: @Sendable (String) async throws -> [SentNotification]

    init(told: @escaping @Sendable (String) async throws -> [SentNotification], actorSystem: BusSystem) {
        self.told = told
        self.actorSystem = actorSystem
    }

    distributed func notifications(of incident: String) async throws -> [SentNotification] { try await told(incident) }
}
