public import Contracts

/// Where the broker listens.
public struct BusEndpoints: Sendable, Equatable {
    public var calls: String
    /// Where publishers connect.
    public var publish: String
    /// Where subscribers connect.
    public var topics: String

    public init(calls: String, publish: String, topics: String) {
        self.calls = calls
        self.publish = publish
        self.topics = topics
    }

    /// The sockets of a cluster on this host.
    public init(run folder: String) {
        self.init(
            calls: "ipc://\(folder)/calls.sock", publish: "ipc://\(folder)/publish.sock",
            topics: "ipc://\(folder)/topics.sock")
    }
}

/// How a process proves who it is.
public enum BusCredentials: Sendable {
    /// On `ipc://`: the slot and start that the guardian gave a secret to.
    case secret(user: String, secret: String)
    /// On `tcp://`: CURVE keys in Z85, and the broker's public one.
    case keys(broker: String, own: String, secret: String)
}

/// A process's place on the bus.
public struct BusConfiguration: Sendable {
    public var endpoints: BusEndpoints
    public var credentials: BusCredentials
    public var slot: SlotName
    /// Which start of the slot this is.
    public var spawn: UInt64
    /// How many calls it takes at once; 0 for a process that only calls.
    public var window: Int
    /// The deadline of a call that names none.
    public var patience: Duration = .seconds(5)
    /// Bodies beyond this many bytes are refused before they are sent.
    public var bodyLimit = 16 << 20

    public init(
        endpoints: BusEndpoints, credentials: BusCredentials, slot: SlotName, spawn: UInt64 = 0, window: Int = 64
    ) {
        self.endpoints = endpoints
        self.credentials = credentials
        self.slot = slot
        self.spawn = spawn
        self.window = window
    }
}
