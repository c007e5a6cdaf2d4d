public import Contracts

/// What the guardian says to the supervisor. One JSON datagram each, at most 64 KiB.
public enum GuardianWord: Sendable, Equatable, Codable {
    /// The first word.
    case welcome(Welcome)
    /// A line of the slot table, after `welcome` and before `tableEnds`.
    case slot(Adoption)
    case tableEnds
    case spawned(SlotName, spawn: UInt64, pid: Int32)
    case spawnRefused(SlotName, spawn: UInt64, reason: String)
    case becameReady(SlotName, spawn: UInt64)
    /// Said again to a new supervisor until one has answered it with `forget`.
    case exited(SlotName, spawn: UInt64, ProcessExit)
    /// To be answered by `pong` at once.
    case ping(UInt64)
    case shutDown(reason: String)
}

/// How the supervisor finds the world at its start.
public struct Welcome: Sendable, Equatable, Codable {
    public var plan: ClusterPlan
    public var memo: TreeMemo
    public var data: String
    public var guardian: Int32
    public var since: Moment
    public var lastSpawn: UInt64
    /// How many supervisors there were before this one.
    public var predecessors: Int

    public init(
        plan: ClusterPlan, memo: TreeMemo, data: String, guardian: Int32, since: Moment, lastSpawn: UInt64,
        predecessors: Int
    ) {
        self.plan = plan
        self.memo = memo
        self.data = data
        self.guardian = guardian
        self.since = since
        self.lastSpawn = lastSpawn
        self.predecessors = predecessors
    }
}

/// What a process is born with.
public struct SlotLaunch: Sendable, Equatable, Codable {
    public var role: RolePlan
    /// Those that the role listens on; the guardian binds what it has not bound yet.
    public var listeners: [ListenerPlan]
    public var release: Release

    public init(role: RolePlan, listeners: [ListenerPlan], release: Release) {
        self.role = role
        self.listeners = listeners
        self.release = release
    }
}

/// What the supervisor says to the guardian.
public enum SupervisorWord: Sendable, Equatable, Codable {
    /// The guardian answers `spawned` or `spawnRefused`. Numbers rise; it refuses one that does not.
    case spawn(SlotName, spawn: UInt64, memo: SlotMemo, launch: SlotLaunch?)
    case signal(SlotName, spawn: UInt64, signal: Int32, group: Bool)
    case forget(SlotName, spawn: UInt64)
    case remember(TreeMemo)
    case pong(UInt64)
    /// All is stopped; the supervisor leaves, and the guardian may.
    case goodbye
}
