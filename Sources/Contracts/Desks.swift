public import Distributed

/// What the broker answers about itself, on the bus.
@Resolvable
public protocol BrokerDesk: DistributedActor where ActorSystem: DistributedActorSystem<any Codable> {
    /// Queues and work in hand, role by role.
    distributed func load() async throws -> BrokerLoad
    /// The supervisor saw that start of the slot end: its work is lost or goes to another. `blameless` when it was ended
    /// from outside, so that nothing it had in hand can be the cause.
    distributed func gone(slot: String, spawn: UInt64, blameless: Bool) async throws
}

/// What the supervisor takes from other processes, on the bus.
@Resolvable
public protocol SupervisorDesk: DistributedActor where ActorSystem: DistributedActorSystem<any Codable> {
    /// The broker took that start of the slot for hung.
    distributed func hung(slot: String, spawn: UInt64) async throws
    /// The cluster as the supervisor sees it.
    distributed func status() async throws -> ClusterStatus
    /// Runs what was merged: the commit of `main`, checked out and valid. Answered when it runs, or was taken back; a caller that
    /// does not wait finds what became of it in the status.
    distributed func deploy(_ order: DeployOrder) async throws -> ControlAnswer
    /// Restarts, scales or rolls a role for an agent that has a capability for it; answered when it is done. Asked again, it
    /// does nothing twice and answers the same.
    distributed func act(_ order: DoorOrder) async throws -> DoorAnswer
}

/// The broker's queues at one moment.
public struct BrokerLoad: Codable, Sendable, Equatable {
    public struct Role: Codable, Sendable, Equatable {
        public var role: String
        public var queued: Int
        public var workers: [Worker]

        public init(role: String, queued: Int, workers: [Worker]) {
            self.role = role
            self.queued = queued
            self.workers = workers
        }
    }
    public struct Worker: Codable, Sendable, Equatable {
        public var slot: String
        public var incarnation: UInt64
        public var inHand: Int

        public init(slot: String, incarnation: UInt64, inHand: Int) {
            self.slot = slot
            self.incarnation = incarnation
            self.inHand = inHand
        }
    }
    /// How often one role called another, and delivered to it, since the broker began.
    public struct Edge: Codable, Sendable, Equatable {
        public var from: String
        public var to: String
        public var calls: UInt64
        public var deliveries: UInt64

        public init(from: String, to: String, calls: UInt64, deliveries: UInt64) {
            self.from = from
            self.to = to
            self.calls = calls
            self.deliveries = deliveries
        }
    }
    public var roles: [Role]
    public var edges: [Edge]?

    public init(roles: [Role], edges: [Edge]? = nil) {
        self.roles = roles
        self.edges = edges
    }
}
