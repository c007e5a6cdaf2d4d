public import Contracts

/// The broker's rules: who is in, who may call whom, who gets the next call, and what becomes of the work of the dead.
///
/// A value without sockets and clocks: events go in with the time they happened, effects come out for a shell to
/// carry out. `Message` is whatever the shell carries; the rules never look inside. The broker's process and the
/// simulator drive the very same type.
public struct Router<Message> {
    /// What the shell writes into a header while it passes the frame on.
    public struct Stamp {
        public var number: UInt64
        public var incarnation: UInt64
        public var budget: UInt64
        public var deaths: UInt8
        /// The authenticated caller; empty leaves the name out.
        public var sender: String
    }

    public enum Effect {
        /// A frame of the broker's own.
        case send(route: UInt32, header: Header, body: [UInt8])
        /// A call to its worker. `keep` when it may have to go out again.
        case call(route: UInt32, stamp: Stamp, message: Message, keep: Bool)
        /// A worker's answer to its caller.
        case reply(route: UInt32, message: Message)
        case report(PeerReport)
    }

    public let limits: RouterLimits
    public private(set) var access: AccessList
    public internal(set) var counters = RouterCounters()
    /// What the shell has to do, in order; it takes them all after every event.
    public var effects: [Effect] = []

    var peers: [Peer?] = []
    var freePeers: [Int] = []
    var peerOfRoute: [UInt32: Int] = [:]
    var peerOfSlot: [String: Int] = [:]
    var roles: [RoleState<Message>] = []
    var roleOfName: [String: Int] = [:]
    /// Calls and deliveries from one role to another: by the place of the caller, then of the called.
    private var edges: [[(calls: UInt64, deliveries: UInt64)]] = []
    var flights: [CallKey: Flight<Message>] = [:]
    /// The calls that wait in some queue, so that a frame that comes twice is known.
    var waiting: Set<CallKey> = []
    var graves: [Grave] = []
    var served: UInt64 = 0
    var nextIncarnation: UInt64
    var lastTick: Moment

    /// `generation` rises with every start of the broker, and every incarnation is above all of the starts before.
    public init(access: AccessList, limits: RouterLimits, generation: UInt32, now: Moment) {
        self.access = access
        self.limits = limits
        nextIncarnation = UInt64(generation) << 32
        lastTick = now
    }

    /// A new access list holds from the next frame on.
    public mutating func adopt(_ access: AccessList) { self.access = access }

    public mutating func takeEffects() -> [Effect] {
        defer { effects.removeAll(keepingCapacity: true) }
        return effects
    }

    mutating func role(named name: String) -> Int {
        if let index = roleOfName[name] { return index }
        let queue = FairQueue<Call<Message>>(countLimit: limits.queueCount, byteLimit: limits.queueBytes)
        roles.append(RoleState(name: name, queue: queue))
        roleOfName[name] = roles.count - 1
        return roles.count - 1
    }

    /// A frame of a connection. The shell has authenticated the connection and read the header; `bytes` is the size
    /// of the body.
    public mutating func frame(route: UInt32, header: Header, bytes: Int, message: Message, now: Moment) {
        guard let index = peerOfRoute[route] else {
            return refuse(route, .unknown, "say READY first")
        }
        peers[index]?.heard = now
        switch header.kind {
        case .call: call(index, header, bytes, message, now)
        case .reply: reply(index, header, bytes, message, now)
        case .cancel: cancel(index, header)
        case .heartbeat: heartbeat(index, header.number, read: header.budget, now)
        case .credit:
            let window = window(Int(clamping: header.number))
            peers[index]?.window = window
            guard let role = peers[index]?.role else { return }
            // Who joined to call only may begin to serve.
            if window > 0, !roles[role].workers.contains(index) { roles[role].workers.append(index) }
            dispatch(role, now)
        case .drain: drain(index, now)
        case .bye: leave(index, now)
        case .ready, .welcome, .refused, .event, .death:
            counters.malformed += 1
            refuse(route, .malformed, "a frame of kind \(header.kind) has no place here")
        }
    }

    /// Bytes that were no frame.
    public mutating func malformed(route: UInt32, _ why: HeaderError) {
        counters.malformed += 1
        refuse(route, .malformed, "a header \(why)")
    }

    mutating func refuse(_ route: UInt32, _ reason: RefusalReason, _ text: String) {
        counters.refused += 1
        var header = Header(.refused)
        header.status = .denied
        header.method = reason.rawValue
        effects.append(.send(route: route, header: header, body: Array(text.utf8)))
    }

    /// Time passes: silence, stalls, heartbeats, and what waited too long.
    public mutating func tick(now: Moment) {
        forgive(now)
        for index in peers.indices {
            guard let peer = peers[index] else { continue }
            if now.nanoseconds(since: peer.heard) > limits.silence {
                depose(index, .hung, "was silent for too long", now)
            } else if !peer.inHand.isEmpty, now.nanoseconds(since: peer.progressed) > limits.stall {
                depose(index, .hung, "stood still for too long", now)
            } else if peer.deaf || peer.unread > limits.unreadBytes {
                depose(index, .died, "does not read what it is sent", now)
            } else if now.nanoseconds(since: peer.said) >= limits.heartbeat {
                peers[index]?.said = now
                effects.append(.send(route: peer.route, header: beat(peer.sent), body: []))
            }
        }
        for role in roles.indices where !roles[role].queue.isEmpty {
            let late = roles[role].queue.remove { $0.deadline <= now }
            for call in late {
                waiting.remove(call.key)
                counters.late += 1
                answer(call.key, .late, "no worker of \"\(roles[role].name)\" was free before the deadline")
            }
            dispatch(role, now)
        }
    }

    /// When the broker itself stood still, nobody else is to blame for the silence.
    private mutating func forgive(_ now: Moment) {
        let pause = now.nanoseconds(since: lastTick)
        lastTick = now
        guard pause > limits.heartbeat else { return }
        counters.forgiven += 1
        for index in peers.indices where peers[index] != nil {
            peers[index]?.heard = now
            peers[index]?.progressed = now
        }
    }

    /// One call or delivery was let through from one role to another.
    mutating func count(from caller: Int, to called: Int, isDelivery: Bool) {
        while edges.count <= caller { edges.append([]) }
        while edges[caller].count <= called { edges[caller].append((0, 0)) }
        if isDelivery { edges[caller][called].deliveries += 1 } else { edges[caller][called].calls += 1 }
    }

    /// Who called whom how often, in the order in which the roles appeared.
    public var edgeReport: [EdgeReport] {
        edges.indices.flatMap { caller in
            edges[caller].indices.compactMap { called in
                let (calls, deliveries) = edges[caller][called]
                guard calls + deliveries > 0 else { return nil }
                return EdgeReport(
                    from: roles[caller].name, to: roles[called].name, calls: calls, deliveries: deliveries)
            }
        }
    }

    /// The state of every role, in the order in which they appeared.
    public var report: [RoleReport] {
        roles.map { role in
            RoleReport(
                role: role.name, queued: role.queue.count, queuedBytes: role.queue.bytes, isPaused: role.isPaused,
                workers: role.workers.compactMap { peers[$0] }.map {
                    RoleReport.Worker(
                        slot: $0.slot, incarnation: $0.incarnation, inHand: $0.inHand.count, window: $0.window,
                        draining: $0.stage == .draining)
                })
        }
    }

    /// How many calls wait for a role.
    public func queued(_ name: String) -> Int { roleOfName[name].map { roles[$0].queue.count } ?? 0 }

    /// How many calls wait for the role that most wait for.
    public var longestQueue: Int { roles.reduce(0) { max($0, $1.queue.count) } }

    /// Whether anything waits for a worker.
    public var hasWaiting: Bool { roles.contains { !$0.queue.isEmpty } }

    /// How many calls are in workers' hands.
    public var inFlight: Int { flights.count }
}
