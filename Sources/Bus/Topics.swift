import CZeroMQ
import Contracts
import Routing
import Signals
import Synchronization

/// A publication that came in.
public struct TopicEvent: Sendable {
    public let topic: String
    /// The slot that published it.
    public let sender: String
    public let body: [UInt8]
    /// How many of this publisher's events on this topic did not arrive before this one.
    public let missed: UInt64
}

extension BusSystem {
    /// Tells whoever listens now. Nobody waits: what the sockets do not take is dropped and counted.
    public func publish(_ topic: String, _ body: [UInt8]) {
        var header = Header(.event)
        header.sender = configuration.slot.description
        header.content = .packed
        header.trace = FrameTrace(TraceContext.current)
        post(.publish(topic: Array(topic.utf8), header: header.encoded(), body: body))
    }

    /// Connects to where publications go: what is published before that is done reaches nobody.
    public func preparePublishing() { post(.openPublisher) }

    /// Everything published under topics that begin with `prefix`, as long as the stream is kept. A reader that is
    /// too slow misses the oldest, and `missed` says how many.
    public func subscribe(_ prefix: String, buffer: Int = 1_024) -> AsyncStream<TopicEvent> {
        let (stream, continuation) = AsyncStream<TopicEvent>.makeStream(bufferingPolicy: .bufferingNewest(buffer))
        let bytes = Array(prefix.utf8)
        let number = listeners.add(prefix, continuation)
        continuation.onTermination = { [weak self] _ in
            self?.listeners.remove(number)
            self?.post(.unsubscribe(topic: bytes))
        }
        post(.subscribe(topic: bytes))
        return stream
    }
}

/// Who listens to what in this process.
final class Listeners: Sendable {
    private struct Listener: Sendable {
        var prefix: String
        var continuation: AsyncStream<TopicEvent>.Continuation
    }
    private let state = Mutex<(next: Int, listeners: [Int: Listener])>((0, [:]))

    func add(_ prefix: String, _ continuation: AsyncStream<TopicEvent>.Continuation) -> Int {
        state.withLock { state in
            state.next += 1
            state.listeners[state.next] = Listener(prefix: prefix, continuation: continuation)
            return state.next
        }
    }
    func remove(_ number: Int) { state.withLock { _ = $0.listeners.removeValue(forKey: number) } }

    /// True when somebody's buffer was full and the oldest event fell out.
    func tell(_ event: TopicEvent) -> Bool {
        let interested = state.withLock { state in
            state.listeners.values.filter { event.topic.hasPrefix($0.prefix) }
        }
        var dropped = false
        for listener in interested {
            if case .dropped = listener.continuation.yield(event) { dropped = true }
        }
        return dropped
    }
}

/// The two topic sockets of a process, made when they are first needed.
final class TopicSockets {
    private static let share = 512
    /// Counting gaps costs memory per publisher and topic: beyond this many, new ones are not counted.
    private static let sequenceLimit = 4_096

    private struct Stream: Hashable {
        var sender: String
        var topic: String
    }

    private let context: Context
    private let configuration: BusConfiguration
    private let system: BusSystem
    private var publisher: Socket?
    private var subscriber: Socket?
    private var sequences: [[UInt8]: UInt64] = [:]
    private var seen: [Stream: UInt64] = [:]

    init(_ context: Context, _ configuration: BusConfiguration, system: BusSystem) throws {
        self.context = context
        self.configuration = configuration
        self.system = system
    }

    var descriptors: [Int32] { subscriber.map { [$0.descriptor] } ?? [] }

    private func open(_ type: Int32, _ address: String) throws -> Socket {
        let socket = try Socket(context, type)
        try socket.set(ZMQ_RECONNECT_IVL, Int32(5))
        try socket.set(ZMQ_RECONNECT_IVL_MAX, Int32(200))
        try socket.set(ZMQ_MAXMSGSIZE, Int64(TopicLimits.body + HeaderLayout.limit))
        // A full queue shows as a refused send, so that drops are counted instead of silent.
        if type == ZMQ_PUB { try socket.set(ZMQ_XPUB_NODROP, Int32(1)) }
        try configuration.credentials.apply(to: socket)
        try socket.connect(address)
        return socket
    }

    func openPublisher() {
        if publisher == nil { publisher = try? open(ZMQ_PUB, configuration.endpoints.publish) }
    }

    func publish(_ topic: [UInt8], _ header: [UInt8], _ body: [UInt8]) {
        openPublisher()
        guard let publisher, body.count <= TopicLimits.body else { return drop() }
        // Numbers start at 1; 0 says "not counted".
        var number: UInt64 = 0
        if sequences.count < TopicSockets.sequenceLimit || sequences[topic] != nil {
            number = (sequences[topic] ?? 0) + 1
            sequences[topic] = number
        }
        var header = header
        header.withUnsafeMutableBytes {
            $0.storeBytes(of: number.littleEndian, toByteOffset: HeaderLayout.number, as: UInt64.self)
        }
        guard publisher.send(topic, more: true), publisher.send(header, more: true), publisher.send(body) else {
            return drop()
        }
        system.counters.published.add(1, ordering: .relaxed)
    }
    private func drop() { system.counters.publishDropped.add(1, ordering: .relaxed) }

    func subscribe(_ topic: [UInt8]) {
        if subscriber == nil { subscriber = try? open(ZMQ_SUB, configuration.endpoints.topics) }
        try? subscriber?.set(ZMQ_SUBSCRIBE, topic)
    }
    func unsubscribe(_ topic: [UInt8]) { try? subscriber?.set(ZMQ_UNSUBSCRIBE, topic) }

    func read() -> Bool {
        guard let subscriber else { return false }
        for count in 0..<TopicSockets.share {
            guard let topic = subscriber.receive() else { return count > 0 }
            guard subscriber.more, let head = subscriber.receive(), subscriber.more, let body = subscriber.receive()
            else {
                subscriber.discardRest()
                system.counters.malformed.add(1, ordering: .relaxed)
                continue
            }
            subscriber.discardRest()
            event(topic, head, body)
        }
        return true
    }

    private func event(_ topic: [UInt8], _ head: [UInt8], _ body: [UInt8]) {
        guard let header = try? Header(bytes: head), header.kind == .event,
            let name = String(validating: topic, as: UTF8.self)
        else {
            system.counters.malformed.add(1, ordering: .relaxed)
            return
        }
        let missed = gap(Stream(sender: header.sender, topic: name), header.number)
        system.counters.eventsReceived.add(1, ordering: .relaxed)
        let event = TopicEvent(topic: name, sender: header.sender, body: body, missed: missed)
        if system.listeners.tell(event) { system.counters.eventsMissed.add(1, ordering: .relaxed) }
    }

    /// How many numbers lie between the last event of this publisher on this topic and this one. A number that does
    /// not rise is a publisher that began again.
    private func gap(_ stream: Stream, _ number: UInt64) -> UInt64 {
        guard number > 0 else { return 0 }
        let last = seen[stream]
        guard last != nil || seen.count < TopicSockets.sequenceLimit else { return 0 }
        seen[stream] = number
        guard let last, number > last else { return 0 }
        let missed = number - last - 1
        if missed > 0 { system.counters.eventsMissed.add(missed, ordering: .relaxed) }
        return missed
    }
}
