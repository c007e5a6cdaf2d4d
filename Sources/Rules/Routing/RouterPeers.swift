public import Contracts

/// Joining, beating, leaving and dying.
extension Router {
    /// READY of a connection whose identity was authenticated.
    public mutating func ready(route: UInt32, identity: Identity, body: ReadyBody, now: Moment) {
        guard let name = SlotName(body.slot), name.role == identity.role,
            identity.slot == nil || identity.slot == body.slot, access.knows(identity.role)
        else {
            return refuse(
                route, .identity, "\"\(body.slot)\" is no slot of the authenticated role \"\(identity.role)\"")
        }
        // Where the secret names the start, the frame's word for it does not count.
        let spawn = identity.slot == nil ? body.spawn : identity.spawn
        if let index = peerOfSlot[body.slot], let holder = peers[index] {
            guard spawn >= holder.spawn else {
                return refuse(route, .outdated, "start \(holder.spawn) of \(body.slot) is in, this is \(spawn)")
            }
            guard spawn > holder.spawn || body.session == holder.session else {
                // A dead holder shows when a frame to it cannot be sent.
                effects.append(.send(route: holder.route, header: beat(holder.sent), body: []))
                return refuse(route, .held, "another process holds \(body.slot)")
            }
            remove(index, .died, now)
        }
        if let index = peerOfRoute[route] { remove(index, .died, now) }
        join(route, body, spawn, now)
    }

    private mutating func join(_ route: UInt32, _ body: ReadyBody, _ spawn: UInt64, _ now: Moment) {
        nextIncarnation += 1
        let role = role(named: SlotName(body.slot)?.role ?? "")
        let peer = Peer(
            route: route, role: role, slot: body.slot, spawn: spawn, session: body.session,
            incarnation: nextIncarnation, window: window(body.window), heard: now, said: now, progressed: now)
        let index: Int
        if let free = freePeers.popLast() {
            index = free
            peers[free] = peer
        } else {
            index = peers.count
            peers.append(peer)
        }
        peerOfRoute[route] = index
        peerOfSlot[body.slot] = index
        var header = Header(.welcome)
        header.incarnation = peer.incarnation
        let welcome = WelcomeBody(
            heartbeatMilliseconds: Int(limits.heartbeat / .milliseconds(1)),
            silenceMilliseconds: Int(limits.silence / .milliseconds(1)), bodyLimit: limits.bodyLimit)
        // The body is a struct of three numbers: it packs.
        effects.append(.send(route: route, header: header, body: (try? Packed.encode(welcome)) ?? []))
        if peer.window > 0 { roles[role].workers.append(index) }
        report(.joined, peer)
        dispatch(role, now)
    }

    func window(_ asked: Int) -> Int { min(max(asked, 0), limits.windowLimit) }

    /// A sign of life, with the worker's progress and with how many bytes it has read of what it was sent.
    mutating func heartbeat(_ index: Int, _ progress: UInt64, read: UInt64, _ now: Moment) {
        guard let peer = peers[index] else { return }
        if peer.progress != progress {
            peers[index]?.progress = progress
            peers[index]?.progressed = now
        }
        guard read > peer.read else { return }
        peers[index]?.read = min(read, peer.sent)
        if !roles[peer.role].queue.isEmpty { dispatch(peer.role, now) }
    }

    /// False for a peer that does not read: what it would be sent is dropped, and the next tick puts it out.
    mutating func reads(_ index: Int) -> Bool {
        guard let peer = peers[index], !peer.deaf, peer.unread <= limits.unreadBytes else {
            counters.unread += 1
            peers[index]?.deaf = true
            return false
        }
        return true
    }

    /// Counts what went to a peer, and asks it now and then how far it has read.
    mutating func charge(_ index: Int, _ bytes: Int) {
        guard let peer = peers[index] else { return }
        let sent = peer.sent + UInt64(bytes + HeaderLayout.names)
        peers[index]?.sent = sent
        guard sent - peer.probed > UInt64(limits.probeBytes) else { return }
        peers[index]?.probed = sent
        effects.append(.send(route: peer.route, header: beat(sent), body: []))
    }

    /// A heartbeat of the broker's: how many bytes the peer was sent before it.
    func beat(_ sent: UInt64) -> Header {
        var header = Header(.heartbeat)
        header.number = sent
        return header
    }

    /// No new work from here on; what is in hand is finished.
    mutating func drain(_ index: Int, _ now: Moment) {
        guard let peer = peers[index] else { return }
        peers[index]?.stage = .draining
        var header = Header(.drain)
        header.incarnation = peer.incarnation
        effects.append(.send(route: peer.route, header: header, body: []))
    }

    mutating func leave(_ index: Int, _ now: Moment) { remove(index, .left, now) }

    /// A frame could not be sent: nobody is at the other end any more.
    public mutating func unreachable(route: UInt32, now: Moment) {
        if let index = peerOfRoute[route] { remove(index, .died, now) }
    }

    /// Some connection broke: a frame to each peer shows whose it was.
    public mutating func probe(now: Moment) {
        for index in peers.indices {
            guard let peer = peers[index] else { continue }
            peers[index]?.said = now
            effects.append(.send(route: peer.route, header: beat(peer.sent), body: []))
        }
    }

    /// The supervisor saw the exit of that start of the slot; `blameless` when it was ended from outside, so that
    /// nothing it had in hand can be the cause.
    public mutating func gone(slot: String, spawn: UInt64, blameless: Bool = false, now: Moment) {
        if let index = peerOfSlot[slot], let peer = peers[index], peer.spawn <= spawn { remove(index, .died, now) }
        guard let place = graves.firstIndex(where: { $0.slot == slot && $0.spawn == spawn }) else { return }
        let grave = graves.remove(at: place)
        if blameless { acquit(grave.calls) }
    }

    /// Taken for dead while its connection stands: it is told, so that it joins anew if it lives after all.
    mutating func depose(_ index: Int, _ kind: PeerReport.Kind, _ why: String, _ now: Moment) {
        guard let peer = peers[index] else { return }
        remove(index, kind, now)
        refuse(peer.route, .fenced, "\(peer.slot) \(why)")
    }

    private mutating func remove(_ index: Int, _ kind: PeerReport.Kind, _ now: Moment) {
        guard let peer = peers[index] else { return }
        peers[index] = nil
        freePeers.append(index)
        peerOfRoute[peer.route] = nil
        peerOfSlot[peer.slot] = nil
        roles[peer.role].workers.removeAll { $0 == index }
        report(kind, peer)
        for role in roles.indices where !roles[role].queue.isEmpty {
            for call in roles[role].queue.remove(where: { $0.key.route == peer.route }) { waiting.remove(call.key) }
        }
        if kind != .left, !peer.inHand.isEmpty {
            if graves.count == Grave.limit { graves.removeFirst() }
            graves.append(Grave(slot: peer.slot, spawn: peer.spawn, calls: peer.inHand))
        }
        bury(peer.inHand, now)
        dispatch(peer.role, now)
    }

    private mutating func report(_ kind: PeerReport.Kind, _ peer: Peer) {
        effects.append(
            .report(PeerReport(kind: kind, slot: peer.slot, spawn: peer.spawn, incarnation: peer.incarnation)))
    }
}
