/// What a person, or an agent with a capability, may ask of the supervisor.
///
/// On one host it travels over `run/control.sock` as one JSON object a line, each answered by one line; over the bus
/// the same commands are the methods of `SupervisorDesk`.
public enum ControlRequest: Codable, Sendable, Equatable {
    /// The whole cluster, as the supervisor sees it now.
    case status
    /// Stops and starts a role (or one slot of it), one worker at a time when `rolling`.
    case restart(role: String, slot: Int?, rolling: Bool)
    /// How many workers the role shall have from now on.
    case scale(role: String, count: Int)
    /// A signal to the workers of a role, or to one slot of it.
    case kill(role: String, slot: Int?, signal: Int32)
    /// Another release; answered when every role that it reaches runs it, or what it touched was taken back.
    case deploy(DeployOrder)
    /// Orderly end of everything, in reverse order of start.
    case shutdown
}

/// The supervisor's answer to a `ControlRequest`.
public enum ControlAnswer: Codable, Sendable, Equatable {
    case status(ClusterStatus)
    /// Accepted and finished; `note` says what was done, in a sentence.
    case done(note: String)
    /// Refused; nothing was changed.
    case refused(reason: String)
}

/// The cluster at one moment.
public struct ClusterStatus: Codable, Sendable, Equatable {
    public var data: String
    public var guardian: Int32
    public var uptimeSeconds: Double
    public var slots: [SlotStatus]
    /// How many workers each role shall have, in the order of start.
    public var roles: [RoleStatus]?
    /// What stands for the configuration that the cluster runs; another one for another configuration.
    public var configuration: String?
    /// What runs; during a deploy what ran before it.
    public var release: Release?
    /// The latest deploys, the last of them first.
    public var deploys: [DeployRecord]?

    public init(data: String, guardian: Int32, uptimeSeconds: Double, slots: [SlotStatus]) {
        self.data = data
        self.guardian = guardian
        self.uptimeSeconds = uptimeSeconds
        self.slots = slots
    }
}

/// What is wanted of a role.
public struct RoleStatus: Codable, Sendable, Equatable {
    public var role: String
    public var wanted: Int
    /// What stands for what its workers read; nil where it is that of the whole cluster.
    public var configuration: String?

    public init(role: String, wanted: Int) {
        self.role = role
        self.wanted = wanted
    }
}

/// One slot of one role: what runs there, and why it was last started again.
public struct SlotStatus: Codable, Sendable, Equatable {
    public var role: String
    public var slot: Int
    /// The slot's name on the bus, `role@host.n`.
    public var name: String
    public var pid: Int32?
    /// `down`, `starting`, `ready`, `backing off`, `stopping` or `failed`.
    public var state: String
    public var uptimeSeconds: Double?
    public var restarts: Int
    /// Why it was last started again, as a person would say it: "killed by signal 9 (KILL) from outside".
    public var lastReason: String?
    public var processorPercent: Double?
    public var memoryBytes: Int?
    public var memoryLimitBytes: Int?
    /// Calls waiting at the broker for the role, and those in this worker's hands; nil while the broker is away.
    public var queued: Int?
    public var inFlight: Int?
    /// The commit of the configuration that its process was born with.
    public var commit: String?

    public init(role: String, slot: Int, name: String, state: String) {
        self.role = role
        self.slot = slot
        self.name = name
        self.state = state
        self.restarts = 0
    }
}
