import Contracts
import Routing

// Connections: what a socket promises, and how it breaks the promise.
extension World {
    func connect(_ id: Int) {
        guard let peer = processes[id] as? PeerProcess, peer.connection == nil else { return }
        guard let broker, broker.isAlive, broker.isServing, broker.frozenUntil <= now else {
            return queue.push(.connects(id), at: now.adding(delay(.milliseconds(40))))
        }
        connections.append(Connection(peer: id, broker: broker.id, lastAtBroker: now, lastAtPeer: now))
        peer.connection = connections.count - 1
        write("\(peer.name)/\(id) has connection \(connections.count - 1)")
        carryOut(peer.session.connected(now: now), peer)
    }

    /// Hands a frame to a peer's socket; false when there is no connection to take it.
    func transmit(_ frame: Frame, from peer: PeerProcess) -> Bool {
        guard let number = peer.connection else { return false }
        if !connections[number].isBroken {
            schedule(frame, number, atBroker: true, clog: clogToBroker[peer.id])
        }
        return true
    }

    /// Hands a frame to the broker's socket; false when the connection is known to be gone.
    func transmit(_ frame: Frame, to route: UInt32) -> Bool {
        let number = Int(route)
        guard !connections[number].isClosedAtBroker else { return false }
        if !connections[number].isBroken {
            schedule(frame, number, atBroker: false, clog: clogToPeer[connections[number].peer])
        }
        return true
    }

    private func schedule(_ frame: Frame, _ number: Int, atBroker: Bool, clog: Moment) {
        var copies = 1
        if !isStream, isFaulty {
            if chance(oneIn: 40) { copies = 0 } else if chance(oneIn: 40) { copies = 2 }
        }
        for _ in 0..<copies {
            var moment = max(now, clog).adding(delay(200_000))
            if isStream || !isFaulty {
                // In the order of sending.
                moment = max(moment, atBroker ? connections[number].lastAtBroker : connections[number].lastAtPeer)
            }
            if atBroker { connections[number].lastAtBroker = max(moment, connections[number].lastAtBroker) }
            if !atBroker { connections[number].lastAtPeer = max(moment, connections[number].lastAtPeer) }
            queue.push(.arrives(connection: number, atBroker: atBroker, frame), at: moment)
        }
    }

    func arrive(_ number: Int, _ atBroker: Bool, _ frame: Frame) {
        let connection = connections[number]
        guard !connection.isEmptied else { return }
        let id = atBroker ? connection.broker : connection.peer
        guard !(atBroker ? connection.isClosedAtBroker : connection.isClosedAtPeer) else { return }
        if atBroker, let broker = processes[id] as? BrokerProcess {
            receive(frame, UInt32(number), broker)
        } else if let peer = processes[id] as? PeerProcess {
            receive(frame, peer)
        }
    }

    /// Breaks a connection; both ends learn of it later.
    func breakConnection(_ number: Int, emptied: Bool) {
        guard !connections[number].isBroken else { return }
        connections[number].isBroken = true
        connections[number].isEmptied = emptied
        tally.breaks += 1
        write("connection \(number) breaks")
        // What is still in the pipe comes before its end.
        queue.push(
            .broken(connection: number, atBroker: true),
            at: max(connections[number].lastAtBroker, now).adding(delay(.milliseconds(1))))
        queue.push(
            .broken(connection: number, atBroker: false),
            at: max(connections[number].lastAtPeer, now).adding(delay(.milliseconds(1))))
    }

    func noticeBreak(_ number: Int, _ atBroker: Bool) {
        let connection = connections[number]
        let id = atBroker ? connection.broker : connection.peer
        if atBroker {
            connections[number].isClosedAtBroker = true
            queue.push(.probe(id), at: now.adding(.milliseconds(1)))
        } else {
            guard !connection.isClosedAtPeer, let peer = processes[id] as? PeerProcess else { return }
            connections[number].isClosedAtPeer = true
            guard peer.connection == number else { return }
            peer.connection = nil
            carryOut(peer.session.disconnected(now: now), peer)
            if peer.isAlive { queue.push(.connects(id), at: now.adding(delay(.milliseconds(20)))) }
        }
    }

    /// The peer gives its connection up by itself.
    func reopen(_ peer: PeerProcess) {
        if let number = peer.connection {
            connections[number].isClosedAtPeer = true
            breakConnection(number, emptied: false)
            peer.connection = nil
        }
        queue.push(.connects(peer.id), at: now.adding(delay(.milliseconds(2))))
    }

    func connectionsOf(_ id: Int) -> [Int] {
        connections.indices.filter {
            !connections[$0].isBroken && (connections[$0].peer == id || connections[$0].broker == id)
        }
    }
}
