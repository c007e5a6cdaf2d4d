/// What a frame is.
public enum FrameKind: UInt8, Sendable, CaseIterable {
    /// Peer to broker: who I am, and how much I take at once.
    case ready = 1
    /// Broker to peer: you are in; here is your incarnation.
    case welcome = 2
    /// Broker to peer: your connection or your incarnation is not accepted; `status` and the body say why.
    case refused = 3
    /// Both ways, when there was nothing else to say. The broker's carries in `number` how many bytes it has sent to
    /// the peer so far; the peer's carries its progress counter in `number` and in `budget` the last such count that
    /// it has read.
    case heartbeat = 4
    /// Peer to broker: my window is now `number`.
    case credit = 5
    /// Caller to broker to worker.
    case call = 6
    /// Worker to broker to caller.
    case reply = 7
    /// Caller to broker to worker: nobody waits for that call any more.
    case cancel = 8
    /// Peer to broker: no new work, please. Broker to peer: there will be none.
    case drain = 9
    /// Peer to broker: I am leaving.
    case bye = 10
    /// A publication; travels over the topic sockets only.
    case event = 11
    /// Broker to caller: a worker died with this call in hand; `deaths` says how many did. It is queued again.
    case death = 12
}

/// How a call ended.
public enum ReplyStatus: UInt8, Sendable, CaseIterable, Codable {
    /// The body is the value.
    case value = 0
    /// The method threw an error of the registry: the body is `[name, error]`.
    case thrown = 1
    /// The method threw something else: the body is the name of its type.
    case failed = 2
    case noSuchActor = 3
    case noSuchMethod = 4
    case badArguments = 5
    /// The deadline passed before the work began.
    case late = 6
    /// A queue is full; `number` is how many milliseconds to wait.
    case overloaded = 7
    /// The worker died with the call in hand, or the broker did: it may or may not have taken effect.
    case lost = 8
    /// Nobody serves that slot.
    case unavailable = 9
    /// The access list does not allow it.
    case denied = 10
    /// In hand at three deaths: not tried again.
    case poison = 11
    case cancelled = 12
    /// The frame could not be understood.
    case malformed = 13
    /// Beyond the limit of a frame's size.
    case tooLarge = 14
    /// The caller was built against another form of the method.
    case contractMismatch = 15
}

/// What a body is written in.
public enum ContentKind: UInt8, Sendable {
    case packed = 0
    case json = 1
    /// Bytes that mean something to the receiver only.
    case opaque = 2
}

/// The trace a frame belongs to, as W3C trace context has it.
public struct FrameTrace: Equatable, Sendable {
    public var high: UInt64
    public var low: UInt64
    public var span: UInt64
    public var flags: UInt8

    public init(high: UInt64 = 0, low: UInt64 = 0, span: UInt64 = 0, flags: UInt8 = 0) {
        self.high = high
        self.low = low
        self.span = span
        self.flags = flags
    }
}

/// The part of a frame that everyone on the way understands. `docs/wire.md` has the bytes.
public struct Header: Equatable, Sendable {
    public static let version: UInt8 = 1

    public var kind: FrameKind
    /// May be carried out twice: it is queued again when its worker dies, and sent again when the broker does.
    public var idempotent = false
    /// From an outbox, with an inbox at the other end.
    public var delivery = false
    public var content: ContentKind = .packed
    public var status: ReplyStatus = .value
    /// How many workers died with it in hand.
    public var deaths: UInt8 = 0
    /// The caller's number for the call; rises, and is never used again by that caller.
    public var correlation: UInt64 = 0
    /// The worker's life that the broker means, or the sender's own.
    public var incarnation: UInt64 = 0
    /// Microseconds that are left until the deadline when the frame leaves; 0 for none.
    public var budget: UInt64 = 0
    /// A progress counter, a window, a sequence or the caller's route, by kind.
    public var number: UInt64 = 0
    public var trace = FrameTrace()
    /// A hash of the method as the caller knows it; 0 when it does not.
    public var signature: UInt32 = 0
    public var role = ""
    /// One worker of the role, or empty for whoever is free.
    public var slot = ""
    public var actor = ""
    public var method = ""
    /// Who sent it; written by the broker from what was authenticated.
    public var sender = ""

    public init(_ kind: FrameKind) { self.kind = kind }
}

/// Why a frame's header cannot be read.
public enum HeaderError: UInt8, Error, Sendable, CaseIterable, CustomStringConvertible {
    case short, version, kind, content, status, text

    public var description: String {
        switch self {
        case .short: "shorter than its layout says"
        case .version: "of another version than \(Header.version)"
        case .kind: "of an unknown kind"
        case .content: "of an unknown content type"
        case .status: "with an unknown status"
        case .text: "with a name that is not UTF-8"
        }
    }
}
