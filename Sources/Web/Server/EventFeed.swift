import CMicroHTTPD
import Synchronization

/// One server-sent event.
public struct ServerEvent: Sendable, Equatable {
    public var id: String?
    public var kind: String?
    public var data: String

    public init(id: String? = nil, kind: String? = nil, data: String) {
        self.id = id
        self.kind = kind
        self.data = data
    }

    func append(to bytes: inout [UInt8]) {
        if let id { Self.line("id: ", id[...], &bytes) }
        if let kind { Self.line("event: ", kind[...], &bytes) }
        for part in data.split(separator: "\n", omittingEmptySubsequences: false) { Self.line("data: ", part, &bytes) }
        bytes.append(0x0A)
    }

    /// A line break or NUL in a line would be the end of it for the client, or of the event.
    private static func line(_ name: String, _ value: Substring, _ bytes: inout [UInt8]) {
        bytes.append(contentsOf: name.utf8)
        bytes.append(contentsOf: value.utf8.lazy.filter { $0 != 0x0A && $0 != 0x0D && $0 != 0 })
        bytes.append(0x0A)
    }
}

extension Response {
    /// 200 with events, for as long as there are some and the client stays. When it goes, the iteration is cancelled.
    public static func events<Events: AsyncSequence & Sendable>(_ events: Events) -> Response
    where Events.Element == ServerEvent {
        Response(
            EventFeed { feed in
                for try await event in events {
                    guard feed.append(event) else { return }
                }
            })
    }
}

/// What waits to be sent to one client of events.
final class EventFeed: Sendable {
    private struct State {
        var bytes: [UInt8] = Array(":\n\n".utf8)
        var isEnded = false
        var isOverfull = false
        var limit = 0
        var mailbox: Mailbox?
        var producer: Task<Void, Never>?
    }

    /// What the server's thread alone knows.
    struct Own {
        var connection: OpaquePointer?
        var peer: Peer?
        var isSuspended = false
        var silentSince: UInt64 = 0
    }

    private let state = Mutex(State())
    private let produce: @Sendable (EventFeed) async throws -> Void
    // Holds because only the server's thread touches it.
    nonisolated(unsafe) var own = Own()

    init(_ produce: @escaping @Sendable (EventFeed) async throws -> Void) { self.produce = produce }

    /// Begins to ask for events.
    func begin(limit: Int, mailbox: Mailbox) {
        state.withLock { state in
            state.limit = limit
            state.mailbox = mailbox
            guard !state.isEnded else { return }
            state.producer = Task { [self] in
                try? await produce(self)
                end()
            }
        }
    }

    /// false when nobody listens any more.
    func append(_ event: ServerEvent) -> Bool {
        var bytes: [UInt8] = []
        event.append(to: &bytes)
        return append(bytes)
    }

    @discardableResult func append(_ bytes: [UInt8]) -> Bool {
        let (isTaken, mailbox) = state.withLock { state -> (Bool, Mailbox?) in
            guard !state.isEnded else { return (false, nil) }
            let wasEmpty = state.bytes.isEmpty
            if state.bytes.count + bytes.count > state.limit {
                (state.isOverfull, state.isEnded) = (true, true)
                return (false, state.mailbox)
            }
            state.bytes += bytes
            return (true, wasEmpty ? state.mailbox : nil)
        }
        if let mailbox { _ = mailbox.post(.feed(self)) }
        return isTaken
    }

    /// No more events; what waits is still sent.
    func end() {
        let mailbox = state.withLock { state in
            state.isEnded = true
            return state.mailbox
        }
        if let mailbox { _ = mailbox.post(.feed(self)) }
    }

    /// Nobody listens any more.
    func cancel() {
        let producer = state.withLock { state in
            state.isEnded = true
            state.bytes = []
            state.mailbox = nil
            defer { state.producer = nil }
            return state.producer
        }
        producer?.cancel()
    }

    /// The client did not take what it was sent.
    var isOverfull: Bool { state.withLock { $0.isOverfull } }

    enum Portion {
        case some(Int)
        case nothingNow
        case end
    }

    /// Moves what waits to the library.
    func move(to buffer: UnsafeMutableRawBufferPointer) -> Portion {
        state.withLock { state in
            guard !state.bytes.isEmpty else { return state.isEnded ? .end : .nothingNow }
            let count = min(buffer.count, state.bytes.count)
            state.bytes.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            if count == state.bytes.count {
                state.bytes.removeAll(keepingCapacity: true)
            } else {
                state.bytes.removeFirst(count)
            }
            return .some(count)
        }
    }
}
