import CZeroMQ
import Contracts
import Glibc
import Routing
import Signals

/// A frame on its way through the broker: the header as bytes of our own, the body as it came.
struct Passing {
    var head: [UInt8]
    var body: Part
}

/// Moves frames between the sockets and the rules. Everything here happens on the broker's thread.
final class BrokerLoop: SocketWork {
    private static let share = 256
    /// Between two looks at deadlines and silence: shorter while calls wait for a worker.
    private static let waitingInterval: Int64 = .milliseconds(20)
    private static let idleInterval: Int64 = .milliseconds(100)
    /// A peer that does not read while so many frames wait for it is taken for gone.
    private static let outgoingLimit: Int32 = 20_000
    /// When to look, after a connection broke, whose it was: a frame to a broken connection is refused.
    private static let probeDelays: [Int64] = [.milliseconds(1), .milliseconds(4), .milliseconds(20)]

    private let hub: BrokerHub
    private let reporter: AsyncStream<PeerReport>.Continuation
    private let context: Context
    private let authenticator: Authenticator
    private let router: Socket
    private let monitor: Socket
    private let topics: TopicRelay
    private var rules: Router<Passing>
    private var spare: [Router<Passing>.Effect] = []
    private var batch: [BrokerCommand] = []
    private var nextTick = Moment.zero
    private var probes: [Moment] = []

    init(hub: BrokerHub, reporter: AsyncStream<PeerReport>.Continuation) throws {
        self.hub = hub
        self.reporter = reporter
        let configuration = hub.configuration
        context = try Context()
        // Before any socket is bound: a connection made without it would be let in unasked.
        authenticator = try Authenticator(context, configuration.admission, log: hub.log)
        router = try Socket(context, ZMQ_ROUTER)
        try router.set(ZMQ_ROUTER_MANDATORY, Int32(1))
        try router.set(ZMQ_SNDHWM, BrokerLoop.outgoingLimit)
        try router.guardDoor(configuration, bodyLimit: configuration.limits.bodyLimit)
        let watched = "inproc://broker-monitor"
        guard zmq_socket_monitor(router.raw, watched, ZMQ_EVENT_DISCONNECTED) >= 0 else {
            throw SocketError("watch a socket")
        }
        monitor = try Socket(context, ZMQ_PAIR)
        try monitor.connect(watched)
        topics = try TopicRelay(context, configuration, log: hub.log)
        rules = Router(
            access: configuration.access, limits: configuration.limits, generation: configuration.generation,
            now: .now)
        try router.open(configuration.endpoints.calls, remote: configuration.remote?.calls, configuration)
    }

    var descriptors: [Int32] {
        [router.descriptor, monitor.descriptor, authenticator.descriptor] + topics.descriptors
    }
    var due: Moment { min(nextTick, probes.first ?? .never) }

    func turn(now: Moment) -> Bool {
        var busy = authenticator.turn()
        if read(now) { busy = true }
        if topics.turn() { busy = true }
        if takeCommands(now) { busy = true }
        if let event = monitor.receive() {
            monitor.discardRest()
            busy = true
            if !event.isEmpty, probes.isEmpty { probes = BrokerLoop.probeDelays.map { now.adding($0) } }
        }
        if rules.hasWaiting { nextTick = min(nextTick, now.adding(BrokerLoop.waitingInterval)) }
        if let probe = probes.first, probe <= now {
            probes.removeFirst()
            rules.probe(now: now)
            carryOut(now)
            busy = true
        }
        if now >= nextTick {
            busy = true
            rules.tick(now: now)
            carryOut(now)
            nextTick = now.adding(rules.hasWaiting ? BrokerLoop.waitingInterval : BrokerLoop.idleInterval)
        }
        return busy
    }

    func close() {
        zmq_socket_monitor(router.raw, nil, 0)
        reporter.finish()
    }

    private func takeCommands(_ now: Moment) -> Bool {
        hub.mailbox.take(into: &batch)
        guard !batch.isEmpty else { return false }
        for command in batch {
            switch command {
            case .gone(let slot, let spawn, let blameless):
                rules.gone(slot: slot, spawn: spawn, blameless: blameless, now: now)
            case .adopt(let access):
                rules.adopt(access)
                topics.adopt(access)
            case .pause(let role, let isPaused, let continuation):
                rules.pause(role, isPaused, now: now)
                continuation.resume()
            case .drainQueue(let role, let continuation): continuation.resume(returning: rules.drainQueue(role))
            case .report(let continuation):
                continuation.resume(
                    returning: BrokerReport(
                        roles: rules.report, edges: rules.edgeReport, counters: rules.counters,
                        inFlight: rules.inFlight,
                        rejected: authenticator.rejected, topics: topics.counters))
            }
            carryOut(now)
        }
        batch.removeAll(keepingCapacity: true)
        return true
    }

    private func read(_ now: Moment) -> Bool {
        defer { carryOut(now) }
        for count in 0..<BrokerLoop.share {
            guard let route = router.receive() else { return count > 0 }
            frame(route, now)
            router.discardRest()
        }
        return true
    }

    private func frame(_ address: [UInt8], _ now: Moment) {
        // Five bytes beginning with 0 are the broker's own numbers; a peer that chose its name is not spoken to.
        guard let route = BrokerLoop.route(address) else { return }
        let head = Part()
        let body = Part()
        guard router.more, head.receive(from: router), !router.more || body.receive(from: router) else {
            return complain(route, .short)
        }
        let read = head.withBytes { bytes in
            Result { () throws(HeaderError) in (try Header(bytes: bytes, named: false), Array(bytes)) }
        }
        switch read {
        case .failure(let fault): complain(route, fault)
        case .success((let header, let bytes)):
            if header.kind == .ready { return join(route, head, body, now) }
            rules.frame(
                route: route, header: header, bytes: body.count, message: Passing(head: bytes, body: body), now: now)
        }
    }

    private func complain(_ route: UInt32, _ fault: HeaderError) {
        hub.log.limited("malformed frame", .warning, "a frame with a header \(fault)")
        rules.malformed(route: route, fault)
    }

    /// One line a minute for each reason: a peer can cause as many refusals as it likes.
    private func tell(refusal reason: String, _ text: [UInt8]) {
        // After the broker's own restart everybody is unknown once: that is how they learn of it.
        let level: LogLevel = reason == RefusalReason.unknown.rawValue ? .info : .warning
        hub.log.limited(
            "refused \(reason)", level, "a peer was refused",
            ["reason": .text(reason), "why": .text(String(decoding: text, as: UTF8.self))])
    }

    private func join(_ route: UInt32, _ head: Part, _ body: Part, _ now: Moment) {
        guard let user = head.property("User-Id").map({ String(cString: $0) }),
            let identity = AdmissionRules.identity(user: user),
            let ready = try? Packed.decode(ReadyBody.self, from: body.withBytes { Array($0) })
        else { return complain(route, .text) }
        rules.ready(route: route, identity: identity, body: ready, now: now)
    }

    private func carryOut(_ now: Moment) {
        // Sending may reveal that a peer is gone, and that brings new effects.
        while !rules.effects.isEmpty {
            // Two buffers that change places, so that neither is allocated anew.
            var decided: [Router<Passing>.Effect] = []
            swap(&decided, &spare)
            swap(&decided, &rules.effects)
            defer {
                decided.removeAll(keepingCapacity: true)
                swap(&decided, &spare)
            }
            for effect in decided {
                switch effect {
                case .send(let route, let header, let body):
                    if header.kind == .refused { tell(refusal: header.method, body) }
                    if address(route, now) {
                        router.send(header.encoded(), more: true)
                        router.send(body)
                    }
                case .call(let route, let stamp, let message, let keep):
                    guard address(route, now) else { continue }
                    router.send(message.head.stamped(stamp), more: true)
                    _ = message.body.send(to: router, keep: keep)
                case .reply(let route, let message):
                    guard address(route, now) else { continue }
                    router.send(message.head, more: true)
                    _ = message.body.send(to: router)
                case .report(let report):
                    hub.log.info(
                        "a peer \(report.kind.rawValue)",
                        ["peer": .text(report.slot), "incarnation": .integer(Int(clamping: report.incarnation))])
                    reporter.yield(report)
                }
            }
        }
    }

    /// Opens a message to a peer; a refusal means that its connection is gone, or that it does not read.
    private func address(_ route: UInt32, _ now: Moment) -> Bool {
        let sent = withUnsafeTemporaryAllocation(byteCount: 5, alignment: 1) { buffer in
            buffer[0] = 0
            for index in 1..<5 { buffer[index] = UInt8(truncatingIfNeeded: route >> UInt32(8 * (4 - index))) }
            return router.send(UnsafeRawBufferPointer(buffer), more: true)
        }
        if !sent { rules.unreachable(route: route, now: now) }
        return sent
    }

    static func route(_ address: [UInt8]) -> UInt32? {
        guard address.count == 5, address[0] == 0 else { return nil }
        return address[1...].reduce(0) { $0 << 8 | UInt32($1) }
    }
}

extension [UInt8] {
    /// A caller's header as its worker gets it: with the broker's numbers, and the authenticated sender's name in
    /// the place of whatever the caller wrote there.
    func stamped<Message>(_ stamp: Router<Message>.Stamp) -> [UInt8] {
        let sender = Array(stamp.sender.utf8.prefix(255))
        var head = self
        head.removeLast(Int(self[HeaderLayout.senderLength]))
        head.append(contentsOf: sender)
        head[HeaderLayout.senderLength] = UInt8(sender.count)
        head[HeaderLayout.deaths] = stamp.deaths
        head.withUnsafeMutableBytes { bytes in
            bytes.storeBytes(of: stamp.number.littleEndian, toByteOffset: HeaderLayout.number, as: UInt64.self)
            bytes.storeBytes(
                of: stamp.incarnation.littleEndian, toByteOffset: HeaderLayout.incarnation, as: UInt64.self)
            bytes.storeBytes(of: stamp.budget.littleEndian, toByteOffset: HeaderLayout.budget, as: UInt64.self)
        }
        return head
    }
}

extension Socket {
    /// Demands credentials of everyone who connects, and bounds what a frame may claim.
    func guardDoor(_ configuration: BrokerConfiguration, bodyLimit: Int) throws {
        try set(ZMQ_ZAP_DOMAIN, "bus")
        try set(ZMQ_MAXMSGSIZE, Int64(bodyLimit + HeaderLayout.limit))
        // A connection that does not finish its greeting is closed.
        try set(ZMQ_HANDSHAKE_IVL, Int32(2_000))
    }

    /// Binds the local door with PLAIN, and the remote one, if any, with CURVE. The mechanism belongs to the socket
    /// at the moment of binding.
    func open(_ local: String, remote: String?, _ configuration: BrokerConfiguration) throws {
        try set(ZMQ_PLAIN_SERVER, Int32(1))
        try bind(local)
        guard let remote, let secretKey = configuration.secretKey else { return }
        try set(ZMQ_PLAIN_SERVER, Int32(0))
        try set(ZMQ_CURVE_SERVER, Int32(1))
        try set(ZMQ_CURVE_SECRETKEY, secretKey)
        try bind(remote)
    }
}
