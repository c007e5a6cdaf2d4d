import CMicroHTTPD
import Contracts

/// How a server comes to its end in peace.
struct Drain {
    /// Idle connections stay so long: a client that is about to ask is answered, and told to go.
    static let courtesy = Duration.seconds(2)

    let began: Moment
    let deadline: Moment
    var isOver = false
}

/// What the server's thread looks after from time to time: what takes too long, and the end.
extension ServerLoop {
    func sweep(_ now: Moment) {
        signals.set(inHand: inHand.count, connections: peers.count)
        // Cutting takes nobody out of the list: that happens when the library runs.
        for peer in peers { sweep(peer, now) }
        listenAgain()
        if drain != nil { sweepDrain(now) }
    }

    private func sweep(_ peer: Peer, _ now: Moment) {
        let age = now.since(peer.since)
        switch peer.phase {
        case .waiting:
            let received = UInt64(web_received(peer.socket))
            if let before = peer.received, received > before {
                peer.enter(.receiving, now)
            } else if age >= limits.idleTime {
                cut(peer)
            } else {
                peer.received = received
            }
        case .receiving:
            guard age >= limits.requestTime else { return }
            signals.refused("slow request")
            cut(peer)
        case .answering:
            guard age >= limits.answerTime else { return }
            signals.refused("slow reader")
            cut(peer)
        case .streaming(let feed):
            let silence = now.since(Moment(nanoseconds: feed.own.silentSince))
            if silence >= limits.heartbeat {
                feed.own.silentSince = now.nanoseconds
                feed.append(Array(":\n\n".utf8))
            }
        case .inHand: return
        }
    }

    func beginDrain(within duration: Duration) {
        guard drain == nil else { return }
        let now = Self.now()
        drain = Drain(began: now, deadline: now + duration)
        stopListening()
        for peer in peers {
            if case .streaming(let feed) = peer.phase { feed.end() }
        }
    }

    private func sweepDrain(_ now: Moment) {
        guard let drain else { return }
        if peers.isEmpty { return stop() }
        if now >= drain.began + Drain.courtesy || now >= drain.deadline {
            for peer in peers {
                if case .waiting = peer.phase { cut(peer) }
            }
        }
        guard now >= drain.deadline else { return }
        if drain.isOver { return stop() }
        self.drain?.isOver = true
        abandonAll()
    }
}
