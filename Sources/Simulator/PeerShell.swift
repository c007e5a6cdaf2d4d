import Contracts
import Routing

// A caller's or a worker's process around its session and its table of calls: as the peer's loop carries them out.
extension World {
    func tickPeer(_ peer: PeerProcess) {
        peer.progress += 1
        peer.table.tick(now: now, into: &peer.effects)
        carryOutCalls(peer)
        guard peer.isAlive else { return }
        carryOut(peer.session.tick(now: now), peer)
        flush(peer)
        if peer.isAlive { queue.push(.tick(peer.id), at: now.adding(World.tickInterval)) }
    }

    /// Carries out what the session decided.
    func carryOut(_ decided: [PeerSession.Effect], _ peer: PeerProcess) {
        for effect in decided where peer.isAlive {
            if crashes(peer, at: "a peer is half way through its session's effects") { return }
            switch effect {
            case .send(let kind): send(kind, peer)
            case .joined:
                peer.table.joined(now: now, into: &peer.effects)
                carryOutCalls(peer)
                if peer.isAlive { joined(peer) }
            case .parted:
                peer.backlog.removeAll()
                if options.mutation != .answersForItsLastLife { peer.jobs.removeAll() }
                peer.table.parted(into: &peer.effects)
                carryOutCalls(peer)
            case .reconnect: reopen(peer)
            case .expelled(let reason):
                write("\(peer.name) is expelled: \(reason)")
                end(peer, .code(1))
            case .drained:
                peer.isLeaving = true
                leaveIfDone(peer)
            }
        }
    }

    private func send(_ kind: FrameKind, _ peer: PeerProcess) {
        var frame = Frame(header: Header(kind))
        frame.header.incarnation = peer.session.incarnation ?? 0
        switch kind {
        case .ready:
            frame.ready = ReadyBody(
                slot: peer.slot, spawn: peer.spawn, session: peer.sessionNumber, window: peer.window)
        case .heartbeat:
            frame.header.number = peer.progress
            frame.header.budget = peer.bytesRead
        case .credit: frame.header.number = UInt64(peer.window)
        default: break
        }
        push(frame, peer)
    }

    func changeWindow(_ peer: PeerProcess, to window: Int) {
        peer.window = window
        if peer.session.incarnation != nil { send(.credit, peer) }
    }

    func receive(_ frame: Frame, _ peer: PeerProcess) {
        if crashes(peer, at: "a peer read a frame") { return }
        peer.session.heardFrom(now: now)
        let header = frame.header
        switch header.kind {
        case .reply:
            peer.table.answered(
                header.correlation, .init(status: header.status, call: frame.call, deaths: header.deaths),
                into: &peer.effects)
            carryOutCalls(peer)
        case .call:
            guard header.incarnation == peer.session.incarnation else { return }
            begin(frame, peer)
        case .cancel:
            peer.jobs.removeAll {
                $0.frame.header.correlation == header.correlation && $0.frame.header.number == header.number
                    && $0.incarnation == header.incarnation && abandon($0, peer)
            }
        case .death:
            peer.table.died(
                header.correlation, deaths: header.deaths, takenBack: header.number == 1, into: &peer.effects)
            carryOutCalls(peer)
        case .welcome:
            guard let welcome = try? Packed.decode(WelcomeBody.self, from: frame.body) else {
                return violate("a welcome can be read", "\(frame.body)")
            }
            peer.bytesRead = 0
            carryOut(peer.session.welcome(incarnation: header.incarnation, body: welcome, now: now), peer)
        case .refused:
            carryOut(peer.session.refused(RefusalReason(rawValue: header.method) ?? .malformed, now: now), peer)
        case .drain: carryOut(peer.session.drainConfirmed(now: now), peer)
        case .heartbeat: peer.bytesRead = frame.header.number
        case .ready, .credit, .bye, .event: break
        }
    }

    func push(_ frame: Frame, _ peer: PeerProcess) {
        peer.session.spoke(now: now)
        if !peer.backlog.isEmpty || !transmit(frame, from: peer) { peer.backlog.append(frame) }
    }

    private func flush(_ peer: PeerProcess) {
        guard !peer.backlog.isEmpty, peer.connection != nil else { return }
        for frame in peer.backlog { _ = transmit(frame, from: peer) }
        peer.backlog.removeAll()
    }

    // MARK: serving

    private func begin(_ frame: Frame, _ peer: PeerProcess) {
        tally.executions += 1
        peer.lastJob += 1
        let job = PeerProcess.Job(number: peer.lastJob, incarnation: frame.header.incarnation, frame: frame)
        oracle.begins(frame, truths[frame.call], now)
        truths[frame.call].executions += 1
        if truths[frame.call].executions > 1, truths[frame.call].kind == .plain, isStream {
            violate("a plain call is carried out at most once", "call \(frame.call)")
        }
        peer.jobs.append(job)
        if crashes(peer, at: "a worker has begun") { return }
        queue.push(.finished(peer.id, job: job.number), at: now.adding(delay(.milliseconds(4))))
    }

    /// The work is stopped, and says so.
    private func abandon(_ job: PeerProcess.Job, _ peer: PeerProcess) -> Bool {
        answer(job, .cancelled, peer)
        return true
    }

    func finish(_ id: Int, _ number: Int) {
        guard let peer = processes[id] as? PeerProcess,
            let place = peer.jobs.firstIndex(where: { $0.number == number })
        else { return }
        let job = peer.jobs.remove(at: place)
        if truths[job.frame.call].isDeadly { return end(peer, .signal(11, core: false)) }
        if crashes(peer, at: "a worker has done its work") { return }
        answer(job, .value, peer)
        if crashes(peer, at: "a worker has answered") { return }
        leaveIfDone(peer)
    }

    private func answer(_ job: PeerProcess.Job, _ status: ReplyStatus, _ peer: PeerProcess) {
        var reply = Frame(header: Header(.reply))
        reply.header.correlation = job.frame.header.correlation
        reply.header.number = job.frame.header.number
        reply.header.status = status
        reply.header.deaths = job.frame.header.deaths
        reply.header.incarnation =
            options.mutation == .answersForItsLastLife ? peer.session.incarnation ?? 0 : job.incarnation
        reply.executedUnder = job.incarnation
        reply.call = job.frame.call
        push(reply, peer)
    }

    func leaveIfDone(_ peer: PeerProcess) {
        guard peer.isLeaving, peer.jobs.isEmpty, peer.isAlive else { return }
        carryOut(peer.session.leave(), peer)
        end(peer, .code(0))
    }
}
