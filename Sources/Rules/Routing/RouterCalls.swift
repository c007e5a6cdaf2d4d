import Contracts

/// Calls: admission, dispatch, answers, and what becomes of them when a worker dies.
extension Router {
    mutating func call(_ index: Int, _ header: Header, _ bytes: Int, _ message: Message, _ now: Moment) {
        guard let caller = peers[index] else { return }
        counters.calls += 1
        let key = CallKey(route: caller.route, correlation: header.correlation)
        guard bytes <= limits.bodyLimit else {
            return answer(key, .tooLarge, "the body has \(bytes) bytes, at most \(limits.bodyLimit) are carried")
        }
        guard access.knows(header.role),
            access.mayCall(roles[caller.role].name, header.role, delivery: header.delivery)
        else {
            counters.denied += 1
            let verb = header.delivery ? "deliver to" : "call"
            return answer(key, .denied, "\"\(roles[caller.role].name)\" may not \(verb) \"\(header.role)\"")
        }
        count(from: caller.role, to: role(named: header.role), isDelivery: header.delivery)
        guard flights[key] == nil, !waiting.contains(key) else {
            counters.malformed += 1
            return
        }
        let call = Call(
            key: key, caller: caller.slot, role: role(named: header.role), again: header.idempotent || header.delivery,
            pinned: !header.slot.isEmpty, deaths: header.deaths,
            deadline: header.budget == 0 ? .never : now.adding(Int64(clamping: min(header.budget, 1 << 50)) * 1_000),
            bytes: bytes, message: message)
        if call.deaths >= limits.deaths { return poison(call) }
        if call.pinned { pin(call, header.slot, now) } else { place(call, now) }
    }

    private mutating func place(_ call: Call<Message>, _ now: Moment) {
        let isOpen = roles[call.role].queue.isEmpty && !roles[call.role].isPaused
        if isOpen, let worker = choose(call) { return hand(call, to: worker, now) }
        switch roles[call.role].queue.admit(call, caller: call.key.route, bytes: call.bytes) {
        case .queued: waiting.insert(call.key)
        case .refused: overload(call)
        case .displaced(let other):
            waiting.insert(call.key)
            waiting.remove(other.key)
            overload(other)
        }
        dispatch(call.role, now)
    }

    /// A call for one certain worker waits for nobody else.
    private mutating func pin(_ call: Call<Message>, _ slot: String, _ now: Moment) {
        guard let index = peerOfSlot[slot], let peer = peers[index], peer.role == call.role, peer.window > 0,
            peer.stage == .ready
        else {
            counters.unavailable += 1
            return answer(call.key, .unavailable, "\(slot) is not there")
        }
        guard passesPause(call) else { return overload(call, "\"\(roles[call.role].name)\" is paused") }
        // Beyond its window there is room for as much again: the caller chose it, so balancing cannot help.
        guard peer.inHand.count < peer.window * 2 else { return overload(call) }
        // A suspect of poisoning takes nobody with it.
        guard !peer.isolated, call.deaths < limits.alone || peer.inHand.isEmpty else { return overload(call) }
        hand(call, to: index, now)
    }

    mutating func overload(_ call: Call<Message>, _ why: String? = nil) {
        counters.overloaded += 1
        let text = why ?? "the queue of \"\(roles[call.role].name)\" is full"
        answer(call.key, .overloaded, text, number: 100)
    }

    /// The worker with most credit left; among equals the one that is idle longest.
    private func choose(_ call: Call<Message>) -> Int? {
        var best: Int?
        var credit = 0
        var served = UInt64.max
        for index in roles[call.role].workers {
            guard let peer = peers[index], peer.free > 0 else { continue }
            if call.deaths >= limits.alone, !peer.inHand.isEmpty { continue }
            // One call of any size is always carried; beside it there are bounds in bytes.
            let heavy =
                peer.inHandBytes + call.bytes > limits.inHandBytes || peer.unread + call.bytes > limits.flowBytes
            if heavy, !peer.inHand.isEmpty { continue }
            if peer.free > credit || (peer.free == credit && peer.served < served) {
                best = index
                credit = peer.free
                served = peer.served
            }
        }
        return best
    }

    /// Gives out what waits, as long as somebody has credit.
    mutating func dispatch(_ role: Int, _ now: Moment) {
        while let next = roles[role].queue.peek() {
            guard next.deadline > now else {
                _ = roles[role].queue.pop()
                waiting.remove(next.key)
                counters.late += 1
                answer(next.key, .late, "the deadline passed in the queue of \"\(roles[role].name)\"")
                continue
            }
            guard !roles[role].isPaused, let worker = choose(next) else { return }
            _ = roles[role].queue.pop()
            waiting.remove(next.key)
            hand(next, to: worker, now)
        }
    }

    private mutating func hand(_ call: Call<Message>, to index: Int, _ now: Moment) {
        served += 1
        let incarnation = peers[index]?.incarnation ?? 0
        let route = peers[index]?.route ?? 0
        // A worker that was idle has not stood still: its progress counts from here.
        if peers[index]?.inHand.isEmpty == true { peers[index]?.progressed = now }
        peers[index]?.served = served
        peers[index]?.inHand.append(call.key)
        peers[index]?.inHandBytes += call.bytes
        if call.deaths >= limits.alone { peers[index]?.isolated = true }
        flights[call.key] = Flight(call: call, worker: index, incarnation: incarnation)
        let left = call.deadline == .never ? 0 : UInt64(max(call.deadline.nanoseconds(since: now) / 1_000, 1))
        let stamp = Stamp(
            number: UInt64(call.key.route), incarnation: incarnation, budget: left, deaths: call.deaths,
            sender: call.caller)
        effects.append(.call(route: route, stamp: stamp, message: call.message, keep: call.again))
        charge(index, call.bytes)
    }

    mutating func reply(_ index: Int, _ header: Header, _ bytes: Int, _ message: Message, _ now: Moment) {
        let key = CallKey(route: UInt32(truncatingIfNeeded: header.number), correlation: header.correlation)
        guard let flight = flights[key], flight.worker == index, flight.incarnation == header.incarnation,
            let place = peers[index]?.inHand.firstIndex(of: key)
        else {
            counters.stale += 1
            return
        }
        flights[key] = nil
        counters.replies += 1
        peers[index]?.inHand.remove(at: place)
        peers[index]?.inHandBytes -= flight.call.bytes
        peers[index]?.progressed = now
        if flight.call.deaths >= limits.alone { peers[index]?.isolated = false }
        if !flight.abandoned, let caller = peerOfRoute[key.route], reads(caller) {
            effects.append(.reply(route: key.route, message: message))
            charge(caller, bytes)
        }
        if let role = peers[index]?.role, !roles[role].queue.isEmpty { dispatch(role, now) }
    }

    /// Nobody waits any more: it leaves the queue, or its worker is told. The worker's credit comes back with its
    /// reply, since until then it is busy with it.
    mutating func cancel(_ index: Int, _ header: Header) {
        guard let route = peers[index]?.route else { return }
        let key = CallKey(route: route, correlation: header.correlation)
        if let flight = flights[key] {
            flights[key]?.abandoned = true
            counters.cancelled += 1
            guard let worker = peers[flight.worker] else { return }
            var notice = Header(.cancel)
            notice.correlation = key.correlation
            notice.number = UInt64(key.route)
            notice.incarnation = worker.incarnation
            effects.append(.send(route: worker.route, header: notice, body: []))
            return
        }
        for role in roles.indices where !roles[role].queue.isEmpty {
            counters.cancelled += UInt64(roles[role].queue.remove { $0.key == key }.count)
        }
        waiting.remove(key)
    }

    /// The calls that a dead worker had in hand, in the order in which it got them.
    mutating func bury(_ keys: [CallKey], _ now: Moment) {
        for key in keys {
            guard let flight = flights.removeValue(forKey: key), !flight.abandoned else { continue }
            var call = flight.call
            // Nobody to answer: what must not be lost comes again from its sender's outbox.
            guard peerOfRoute[key.route] != nil else { continue }
            guard call.again else {
                counters.lost += 1
                answer(key, .lost, "its worker died", deaths: call.deaths)
                continue
            }
            call.deaths += 1
            if call.deaths >= limits.deaths {
                poison(call)
            } else if call.pinned {
                // Whoever chose that worker wants no other; it may be asked again once it is back.
                counters.lost += 1
                answer(key, .lost, "its worker died", deaths: call.deaths)
            } else {
                counters.requeued += 1
                notice(call)
                waiting.insert(key)
                roles[call.role].queue.requeue(call, caller: key.route, bytes: call.bytes)
            }
        }
    }

    /// That death was not theirs: it is taken off the count of those that are still on their way.
    mutating func acquit(_ keys: [CallKey]) {
        for key in keys {
            if var flight = flights[key], flight.call.deaths > 0 {
                flight.call.deaths -= 1
                flights[key] = flight
                if flight.call.deaths < limits.alone { peers[flight.worker]?.isolated = false }
                notice(flight.call, takenBack: true)
            } else if waiting.contains(key) {
                for role in roles.indices {
                    guard let call = roles[role].queue.change(where: { $0.key == key }, acquitted) else { continue }
                    notice(call, takenBack: true)
                }
            }
        }
    }

    private func acquitted(_ call: inout Call<Message>) {
        if call.deaths > 0 { call.deaths -= 1 }
    }

    private mutating func poison(_ call: Call<Message>) {
        counters.poisoned += 1
        answer(call.key, .poison, "in hand at \(call.deaths) deaths", deaths: call.deaths)
    }

    /// The caller keeps the count: it outlives this broker.
    private mutating func notice(_ call: Call<Message>, takenBack: Bool = false) {
        guard peerOfRoute[call.key.route] != nil else { return }
        var header = Header(.death)
        header.correlation = call.key.correlation
        header.deaths = call.deaths
        header.number = takenBack ? 1 : 0
        effects.append(.send(route: call.key.route, header: header, body: []))
    }

    mutating func answer(
        _ key: CallKey, _ status: ReplyStatus, _ text: String, deaths: UInt8 = 0, number: UInt64 = 0
    ) {
        guard let caller = peerOfRoute[key.route], reads(caller) else { return }
        var header = Header(.reply)
        header.correlation = key.correlation
        header.status = status
        header.deaths = deaths
        header.number = number
        header.content = .opaque
        effects.append(.send(route: key.route, header: header, body: Array(text.utf8)))
        charge(caller, text.utf8.count)
    }
}
