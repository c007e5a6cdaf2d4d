import CMicroHTTPD
import Contracts

/// One request and its answer, from its headers on.
// Holds because only the server's thread reads and writes its fields; a handler's task only hands it back.
final class Exchange: @unchecked Sendable {
    let head: RequestHead
    let method: String
    let target: [UInt8]
    let began: Moment
    let peer: Peer
    var verdict: Admission.Verdict
    var body: [UInt8] = []
    /// The body was longer than it may be, and is not kept.
    var received = 0
    /// Bytes of the body that count among those of all, until the answer is out.
    var held = 0
    /// nil when the connection is gone, or was answered for the handler.
    var connection: OpaquePointer?
    /// Its place among those that wait for their handlers.
    var place: Int?
    var task: Task<Void, Never>?
    var feed: EventFeed?

    init(
        _ connection: OpaquePointer, _ peer: Peer, _ head: RequestHead, method: String, _ verdict: Admission.Verdict,
        began: Moment
    ) {
        self.connection = connection
        self.peer = peer
        self.head = head
        self.method = method
        self.verdict = verdict
        self.began = began
        target = peer.target
        if case .admitted = verdict, let length = head.contentLength { body.reserveCapacity(length) }
    }

    var route: Int? {
        switch verdict {
        case .admitted(let route, _, _): route
        case .refused(_, let route): route
        case .methods: nil
        }
    }
}

/// One connection. Only the server's thread touches it.
final class Peer {
    enum Phase {
        /// Nothing is asked.
        case waiting
        /// A request has begun to come.
        case receiving
        /// A handler has it.
        case inHand
        /// The answer goes out.
        case answering
        /// Events go out, as long as the client stays.
        case streaming(EventFeed)
    }

    let connection: OpaquePointer
    let socket: Int32
    var phase = Phase.waiting
    var since: Moment
    /// The request line's target, as it came.
    var target: [UInt8] = []
    /// What had come in its whole life when it last fell silent; nil when that is not known yet.
    var received: UInt64? = 0
    var place = 0

    init(_ connection: OpaquePointer, socket: Int32, now: Moment) {
        self.connection = connection
        self.socket = socket
        since = now
    }

    func enter(_ phase: Phase, _ now: Moment) {
        self.phase = phase
        since = now
        if case .waiting = phase { received = nil }
    }
}

/// An answer that the library can send.
// Holds because the response belongs to the one who has this value: its maker, then the server's thread.
struct PreparedAnswer: @unchecked Sendable {
    let status: Int
    let response: OpaquePointer
    let feed: EventFeed?
}
