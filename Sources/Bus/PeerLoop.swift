import CZeroMQ
import Contracts
import Glibc
import Routing
import Synchronization

/// What other threads ask of the socket thread.
enum PeerCommand: Sendable {
    case call(
        correlation: UInt64, OutgoingCall, Waiter, deadline: Moment, again: Bool, deaths: UInt8)
    case cancel(UInt64)
    case reply(OutgoingCall)
    case publish(topic: [UInt8], header: [UInt8], body: [UInt8])
    case openPublisher
    case subscribe(topic: [UInt8])
    case unsubscribe(topic: [UInt8])
    case window(Int)
    case drain
    case leave
}

/// The socket side of one process: connects, joins, keeps the session and the table of open calls, and moves frames.
/// Everything here happens on the socket thread.
final class PeerLoop: SocketWork {
    /// Of one socket at a time, so that none starves the others.
    private static let share = 256

    private let system: BusSystem
    private let context: Context
    private var dealer: Socket
    private var monitor: Socket
    private var monitorNumber = 0
    private let topics: TopicSockets
    private var session: PeerSession
    private var calls = CallTable<OutgoingCall, Waiter, Answer>()
    private var effects: [CallTable<OutgoingCall, Waiter, Answer>.Effect] = []
    private var spare: [CallTable<OutgoingCall, Waiter, Answer>.Effect] = []
    private var batch: [PeerCommand] = []
    /// Frames that the socket did not take; it does again when the peer reads.
    private var backlog: [OutgoingCall] = []
    private var pulse = PulseWatch()
    /// What the broker's last heartbeat said it had sent us: we have read all of it.
    private var bytesRead: UInt64 = 0
    private static let promptBytes: UInt64 = 1 << 20
    private let sessionNumber = UInt64.random(in: 1...UInt64.max)
    private var window: Int

    init(system: BusSystem, thread: SocketThread) throws {
        self.system = system
        context = try Context()
        let now = Moment.now
        session = PeerSession(now: now)
        window = system.configuration.window
        (dealer, monitor) = try PeerLoop.open(context, system.configuration, number: 0)
        topics = try TopicSockets(context, system.configuration, system: system)
        try dealer.connect(system.configuration.endpoints.calls)
    }

    private static func open(
        _ context: Context, _ configuration: BusConfiguration, number: Int
    ) throws -> (dealer: Socket, monitor: Socket) {
        let dealer = try Socket(context, ZMQ_DEALER)
        // Nothing is queued for a broker that is not there: the call table knows better what to do with it.
        try dealer.set(ZMQ_IMMEDIATE, Int32(1))
        try dealer.set(ZMQ_RECONNECT_IVL, Int32(5))
        try dealer.set(ZMQ_RECONNECT_IVL_MAX, Int32(200))
        try dealer.set(ZMQ_MAXMSGSIZE, Int64(configuration.bodyLimit + HeaderLayout.limit))
        try configuration.credentials.apply(to: dealer)
        let address = "inproc://monitor-\(number)"
        guard zmq_socket_monitor(dealer.raw, address, PeerLoop.watched) >= 0 else {
            throw SocketError("watch a socket")
        }
        let monitor = try Socket(context, ZMQ_PAIR)
        try monitor.connect(address)
        return (dealer, monitor)
    }
    private static let watched =
        ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_DISCONNECTED

    var descriptors: [Int32] { [dealer.descriptor, monitor.descriptor] + topics.descriptors }
    var due: Moment {
        guard backlog.isEmpty else { return .now.adding(.milliseconds(1)) }
        return min(calls.nextDeadline, session.nextDue, pulse.due, system.running.nextDeadline)
    }

    func turn(now: Moment) -> Bool {
        var busy = watch(now)
        if read(now) { busy = true }
        if topics.read() { busy = true }
        if takeCommands(now) { busy = true }
        if now >= due {
            tick(now)
            busy = true
        }
        flush(now)
        return busy
    }

    private func tick(_ now: Moment) {
        system.counters.loopLag.store(max(0, now.nanoseconds(since: due)), ordering: .relaxed)
        calls.tick(now: now, into: &effects)
        carryOut(now)
        // A process whose pool does not answer must not beat, however alive this thread is.
        let beating = pulse.tick(every: session.heartbeat, now: now)
        carryOut(session.tick(now: now, beating: beating), now)
        system.running.cancelLate(now: now)
        system.counters.open.store(calls.count, ordering: .relaxed)
        system.counters.poolLag.store(pulse.lag, ordering: .relaxed)
    }

    func close() {
        // What was asked before the end, a good-bye above all, still goes out.
        _ = takeCommands(.now)
        try? dealer.set(ZMQ_LINGER, Int32(200))
        calls.close(into: &effects)
        carryOut(.now)
        zmq_socket_monitor(dealer.raw, nil, 0)
        system.events.finish()
    }

    // MARK: connection

    /// Reads what the socket tells about its connection.
    private func watch(_ now: Moment) -> Bool {
        guard let event = monitor.receive() else { return false }
        monitor.discardRest()
        guard event.count >= 2 else { return true }
        switch Int32(event[0]) | Int32(event[1]) << 8 {
        case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: carryOut(session.connected(now: now), now)
        case ZMQ_EVENT_DISCONNECTED: carryOut(session.disconnected(now: now), now)
        case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: system.events.yield(.rejected)
        default: break
        }
        return true
    }

    /// Carries out what the session decided.
    private func carryOut(_ decided: [PeerSession.Effect], _ now: Moment) {
        for effect in decided {
            switch effect {
            case .send(let kind): send(kind, now)
            case .joined(let incarnation):
                bytesRead = 0
                calls.joined(now: now, into: &effects)
                carryOut(now)
                system.events.yield(.joined(incarnation: incarnation))
            case .parted:
                // Whoever gave us work has been told that it is lost, or gives it again: ours is in vain.
                backlog.removeAll()
                system.running.cancelAll()
                calls.parted(into: &effects)
                carryOut(now)
                system.events.yield(.parted)
            case .reconnect: reopen()
            case .expelled(let reason): system.events.yield(.expelled(reason.rawValue))
            case .drained: system.events.yield(.drained)
            }
        }
    }

    private func reopen() {
        zmq_socket_monitor(dealer.raw, nil, 0)
        monitorNumber += 1
        do {
            (dealer, monitor) = try PeerLoop.open(context, system.configuration, number: monitorNumber)
            try dealer.connect(system.configuration.endpoints.calls)
        } catch { system.events.yield(.broken("\(error)")) }
    }

    private func send(_ kind: FrameKind, _ now: Moment) {
        var header = Header(kind)
        header.incarnation = session.incarnation ?? 0
        var body: [UInt8] = []
        switch kind {
        case .ready:
            let configuration = system.configuration
            let ready = ReadyBody(
                slot: configuration.slot.description, spawn: configuration.spawn, session: sessionNumber,
                window: window)
            // A struct of names and numbers: it packs.
            body = (try? Packed.encode(ready)) ?? []
        case .heartbeat:
            header.number = pulse.count
            header.budget = bytesRead
        case .credit: header.number = UInt64(window)
        default: break
        }
        push(OutgoingCall(header: header.encoded(), body: body), now)
    }

    // MARK: frames

    private func read(_ now: Moment) -> Bool {
        defer { carryOut(now) }
        for count in 0..<PeerLoop.share {
            guard let head = dealer.receive() else { return count > 0 }
            let body = dealer.more ? dealer.receive() ?? [] : []
            dealer.discardRest()
            do { frame(try Header(bytes: head), body, now) } catch {
                system.counters.malformed.add(1, ordering: .relaxed)
            }
        }
        return true
    }

    private func frame(_ header: Header, _ body: [UInt8], _ now: Moment) {
        session.heardFrom(now: now)
        switch header.kind {
        case .reply:
            var answer = Answer(header.status, body)
            answer.content = header.content
            answer.deaths = header.deaths
            answer.number = header.number
            calls.answered(header.correlation, answer, into: &effects)
        case .call:
            let left = Int64(clamping: min(header.budget, 1 << 50)) * 1_000
            let key = InboundKey(
                route: header.number, correlation: header.correlation, incarnation: header.incarnation)
            // Given to an earlier life of ours: the broker has forgotten that one.
            guard header.incarnation == session.incarnation else { return }
            system.receive(
                InboundCall(
                    header: header, body: body, deadline: header.budget == 0 ? .never : now.adding(left), key: key))
        case .cancel:
            system.running.cancel(
                InboundKey(
                    route: header.number, correlation: header.correlation, incarnation: header.incarnation))
        case .death:
            calls.died(
                header.correlation, deaths: header.deaths, takenBack: header.number == 1, into: &effects)
        case .welcome:
            guard let welcome = try? Packed.decode(WelcomeBody.self, from: body) else { return }
            carryOut(session.welcome(incarnation: header.incarnation, body: welcome, now: now), now)
        case .refused:
            carryOut(session.refused(RefusalReason(rawValue: header.method) ?? .malformed, now: now), now)
        case .drain: carryOut(session.drainConfirmed(now: now), now)
        case .heartbeat:
            let before = bytesRead
            bytesRead = header.number
            // The broker waits for this before it sends much more; a little waits for our own next beat.
            if header.number > before + PeerLoop.promptBytes, session.incarnation != nil { send(.heartbeat, now) }
        case .ready, .credit, .bye, .event: system.counters.malformed.add(1, ordering: .relaxed)
        }
    }

    private func takeCommands(_ now: Moment) -> Bool {
        system.mailbox.take(into: &batch)
        guard !batch.isEmpty else { return false }
        for command in batch {
            switch command {
            case .call(let correlation, let call, let waiter, let deadline, let again, let deaths):
                calls.begin(
                    correlation: correlation, frame: call, waiter: waiter, deadline: deadline, again: again,
                    deaths: deaths, now: now, into: &effects)
            case .cancel(let correlation): calls.cancel(correlation, into: &effects)
            case .reply(let reply): push(reply, now)
            case .publish(let topic, let header, let body): topics.publish(topic, header, body)
            case .openPublisher: topics.openPublisher()
            case .subscribe(let topic): topics.subscribe(topic)
            case .unsubscribe(let topic): topics.unsubscribe(topic)
            case .window(let size):
                window = size
                if session.incarnation != nil { send(.credit, now) }
            case .drain: carryOut(session.drain(now: now), now)
            case .leave: carryOut(session.leave(), now)
            }
        }
        batch.removeAll(keepingCapacity: true)
        carryOut(now)
        return true
    }

    /// Carries out what the table of calls decided.
    private func carryOut(_ now: Moment) {
        guard !effects.isEmpty else { return }
        // Two buffers that change places: carrying one out may decide more, and neither is allocated anew.
        var decided: [CallTable<OutgoingCall, Waiter, Answer>.Effect] = []
        swap(&decided, &spare)
        swap(&decided, &effects)
        defer {
            decided.removeAll(keepingCapacity: true)
            swap(&decided, &spare)
        }
        for effect in decided {
            switch effect {
            case .send(_, let deaths, let budget, var call):
                call.stamp(deaths: deaths, budget: budget)
                push(call, now)
            case .cancel(let correlation):
                var header = Header(.cancel)
                header.correlation = correlation
                push(OutgoingCall(header: header.encoded(), body: []), now)
            case .finish(let waiter, let result): waiter.finish(result)
            case .death(.delivery(_, let onDeath), let deaths): onDeath(Int(deaths))
            case .death(.call, _): break
            }
        }
    }

    private func push(_ frame: OutgoingCall, _ now: Moment) {
        session.spoke(now: now)
        if !backlog.isEmpty || !transmit(frame) { backlog.append(frame) }
    }

    private func flush(_ now: Moment) {
        guard !backlog.isEmpty else { return }
        var sent = 0
        while sent < backlog.count, transmit(backlog[sent]) { sent += 1 }
        backlog.removeFirst(sent)
    }

    private func transmit(_ frame: OutgoingCall) -> Bool {
        guard dealer.send(frame.header, more: true) else { return false }
        return dealer.send(frame.body)
    }
}

extension OutgoingCall {
    /// Writes what is known only when the frame leaves.
    fileprivate mutating func stamp(deaths: UInt8, budget: UInt64) {
        header[HeaderLayout.deaths] = deaths
        header.withUnsafeMutableBytes {
            $0.storeBytes(of: budget.littleEndian, toByteOffset: HeaderLayout.budget, as: UInt64.self)
        }
    }
}
