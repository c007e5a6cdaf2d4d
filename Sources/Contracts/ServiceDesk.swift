public import Distributed

/// What every service with a store answers about itself, on the bus.
@Resolvable
public protocol ServiceDesk: DistributedActor where ActorSystem: DistributedActorSystem<any Codable> {
    /// How the service is, as the answering process sees it.
    distributed func health() async throws -> ServiceHealth
}

/// How a service is at one moment.
public struct ServiceHealth: Codable, Sendable, Equatable {
    /// Whether the answering process is the one that writes.
    public var writes: Bool
    /// Why writes are refused now; nil where they are not.
    public var refusing: String?
    /// A damaged page, in the engine's words; it stays until the file is restored.
    public var damaged: String?
    /// Messages that wait in the outbox.
    public var outbox: Int
    /// Messages that were given up and wait for a person.
    public var deadLetters: Int

    public init(writes: Bool, refusing: String?, damaged: String?, outbox: Int, deadLetters: Int) {
        self.writes = writes
        self.refusing = refusing
        self.damaged = damaged
        self.outbox = outbox
        self.deadLetters = deadLetters
    }
}
