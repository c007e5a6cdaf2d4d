import Contracts

/// What the broker is told to keep to.
public struct RouterLimits: Sendable, Equatable {
    public var heartbeat: Int64 = .milliseconds(250)
    /// Without a word for so long, a peer is taken for gone.
    public var silence: Int64 = .milliseconds(1_000)
    /// With work in hand and a progress counter that stands still for so long, a worker is taken for hung.
    public var stall: Int64 = .milliseconds(2_000)
    public var queueCount = 10_000
    public var queueBytes = 64 << 20
    public var bodyLimit = 16 << 20
    /// A peer that has not read so much of what it was sent is taken for gone: the broker's memory holds it.
    public var unreadBytes = 128 << 20
    /// A worker that has not read so much gets no new call.
    public var flowBytes = 16 << 20
    /// After so many bytes a peer is asked how far it has read.
    public var probeBytes = 4 << 20
    /// Bodies in one worker's hands: those of calls that may go again are kept.
    public var inHandBytes = 64 << 20
    /// A worker may not ask for more.
    public var windowLimit = 4_096
    /// In hand at so many deaths is poison.
    public var deaths: UInt8 = 3
    /// From so many deaths on, a call is given only to a worker that has nothing else in hand.
    public var alone: UInt8 = 2

    public init() {}
}

/// Who a connection belongs to, as authentication found it; never what a frame says.
public struct Identity: Sendable, Hashable {
    public var role: String
    /// The one slot it may join as, or nil where the key stands for the whole role.
    public var slot: String?
    /// Which start of the slot the secret was made for; 0 where nobody counts.
    public var spawn: UInt64

    public init(role: String, slot: String? = nil, spawn: UInt64 = 0) {
        self.role = role
        self.slot = slot
        self.spawn = spawn
    }
}

/// A call on its way, recognised by the caller's connection and the caller's number.
struct CallKey: Hashable {
    var route: UInt32
    var correlation: UInt64
}

struct Call<Message> {
    var key: CallKey
    var caller: String
    var role: Int
    var again: Bool
    /// Meant for one worker: no other may have it.
    var pinned: Bool
    var deaths: UInt8
    var deadline: Moment
    var bytes: Int
    var message: Message
}

struct Flight<Message> {
    var call: Call<Message>
    var worker: Int
    var incarnation: UInt64
    /// Nobody waits for it any more, but the worker still has it in hand.
    var abandoned = false
}

/// What a dead worker had in hand, until the supervisor has said what it died of.
struct Grave {
    /// Older ones are forgotten: the supervisor speaks within milliseconds, or not at all.
    static let limit = 256

    var slot: String
    var spawn: UInt64
    var calls: [CallKey]
}

struct Peer {
    enum Stage { case ready, draining }
    let route: UInt32
    let role: Int
    let slot: String
    let spawn: UInt64
    let session: UInt64
    let incarnation: UInt64
    var stage = Stage.ready
    var window: Int
    /// What it has in hand, in the order of dispatch.
    var inHand: [CallKey] = []
    /// It holds a suspect of poisoning, and gets nothing beside it.
    var isolated = false
    var heard: Moment
    var said: Moment
    var progress: UInt64 = 0
    var progressed: Moment
    /// Bytes that were sent to it, those it says it has read, and those up to which it was asked.
    var sent: UInt64 = 0
    var read: UInt64 = 0
    var probed: UInt64 = 0
    /// Something for it was dropped, since it did not read: it is put out, so that nobody waits for what never comes.
    var deaf = false
    /// The bodies that it has in hand.
    var inHandBytes = 0
    /// Rises with every dispatch, to find the one that is idle longest.
    var served: UInt64 = 0

    var unread: Int { Int(clamping: sent - read) }

    var free: Int { stage == .ready && !isolated ? window - inHand.count : 0 }
}

struct RoleState<Message> {
    let name: String
    var queue: FairQueue<Call<Message>>
    /// Indices of the peers that take work, in the order of their joining.
    var workers: [Int] = []
    /// Somebody has said that nothing is given out.
    var isPaused = false
}

/// What the broker saw of a worker, for the supervisor.
public struct PeerReport: Sendable, Equatable, Codable {
    public enum Kind: String, Sendable, Equatable, Codable {
        case joined, left
        /// The connection broke, or its exit was seen.
        case died
        /// Silent, or with work in hand and no progress.
        case hung
    }
    public var kind: Kind
    public var slot: String
    public var spawn: UInt64
    public var incarnation: UInt64
}

/// What happened at the broker since it started.
public struct RouterCounters: Sendable, Equatable, Codable {
    public var calls: UInt64 = 0
    public var replies: UInt64 = 0
    public var lost: UInt64 = 0
    public var requeued: UInt64 = 0
    public var poisoned: UInt64 = 0
    public var overloaded: UInt64 = 0
    public var late: UInt64 = 0
    public var denied: UInt64 = 0
    public var unavailable: UInt64 = 0
    /// Replies of a life that is over, or of calls that nobody has open.
    public var stale: UInt64 = 0
    public var malformed: UInt64 = 0
    public var refused: UInt64 = 0
    public var cancelled: UInt64 = 0
    public var forgiven: UInt64 = 0
    /// Answers that were dropped because their caller does not read.
    public var unread: UInt64 = 0
}

/// One role at the broker, for people.
public struct RoleReport: Sendable, Equatable, Codable {
    public struct Worker: Sendable, Equatable, Codable {
        public var slot: String
        public var incarnation: UInt64
        public var inHand: Int
        public var window: Int
        public var draining: Bool
    }
    public var role: String
    public var queued: Int
    public var queuedBytes: Int
    /// Whether calls wait though somebody could take them.
    public var isPaused: Bool
    public var workers: [Worker]
}

/// How often one role called another, and delivered to it, since the broker began.
public struct EdgeReport: Sendable, Codable, Equatable {
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
