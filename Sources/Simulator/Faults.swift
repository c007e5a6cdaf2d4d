import Contracts
import Routing
import Supervision

// What goes wrong, how it is healed, and what is demanded then.
extension World {
    func makeFault() {
        guard isFaulty else { return }
        queue.push(.fault, at: now.adding(pick(5_000_000...150_000_000)))
        switch pick(0...12) {
        case 0, 1: killSomebody()
        case 2: freezeSomebody()
        case 3, 4: if let peer = anyPeer() { clogSomeWay(peer) }
        case 5: swizzle()
        case 6, 7: cutSomething()
        case 8, 9: commandSomething()
        case 11: pauseSomething()
        case 10: if let peer = anyPeer(), peer.kind == .worker { changeWindow(peer, to: Int(pick(1...8))) }
        default: if let worker = anyPeer(), worker.kind == .worker { queue.push(.terminated(worker.id), at: now) }
        }
    }

    private func anyPeer() -> PeerProcess? {
        let peers = processes.compactMap { $0 as? PeerProcess }.filter { $0.isAlive && $0.frozenUntil <= now }
        return peers.isEmpty ? nil : peers[Int(pick(0...Int64(peers.count - 1)))]
    }

    private func anybody() -> Process? {
        let living = processes.filter { $0.isAlive && $0.frozenUntil <= now }
        return living.isEmpty ? nil : living[Int(pick(0...Int64(living.count - 1)))]
    }

    private func killSomebody() {
        guard let process = anybody() else { return }
        end(process, chance(oneIn: 3) ? .signal(11, core: true) : .signal(9, core: false))
    }

    private func freezeSomebody() {
        guard let process = anybody() else { return }
        tally.freezes += 1
        process.frozenUntil = now.adding(pick(20_000_000...1_200_000_000))
        write("\(process.name)/\(process.id) stands still for \(process.frozenUntil.since(now).inSeconds) s")
    }

    private func clogSomeWay(_ peer: PeerProcess) {
        let until = now.adding(pick(10_000_000...900_000_000))
        tally.clogs += 1
        switch pick(0...2) {
        case 0: clogToBroker[peer.id] = until
        case 1: clogToPeer[peer.id] = until
        default: clog(peer.id, until: until)
        }
        write("\(peer.name)/\(peer.id) is clogged")
    }

    func clog(_ id: Int, until: Moment) {
        guard isFaulty else { return }
        clogToBroker[id] = until
        clogToPeer[id] = until
    }

    /// Stops the ways one after the other, and opens them in another order.
    private func swizzle() {
        tally.clogs += 1
        for process in processes where process is PeerProcess && process.isAlive && chance(oneIn: 2) {
            let from = now.adding(pick(0...200_000_000))
            let until = now.adding(pick(200_000_000...700_000_000))
            queue.push(.swizzle(process: process.id, until: until), at: from)
        }
    }

    private func cutSomething() {
        guard let peer = anyPeer(), let connection = peer.connection else { return }
        breakConnection(connection, emptied: chance(oneIn: 2))
    }

    private func commandSomething() {
        let role = World.roles[chance(oneIn: 3) ? 1 : 0]
        switch pick(0...4) {
        case 0: command(.restart(role: role, slot: nil, rolling: true))
        case 1: command(.restart(role: role, slot: 1, rolling: false))
        case 2, 3: command(.scale(role: role, count: Int(pick(0...3))))
        default: command(.restart(role: "broker", slot: nil, rolling: chance(oneIn: 2)))
        }
    }

    private func pauseSomething() {
        let role = World.roles[chance(oneIn: 3) ? 1 : 0]
        if chance(oneIn: 3) { drainQueue(role) }
        pause(role, !pausedRoles.contains(role))
    }

    // MARK: healing

    func heal() {
        isFaulty = false
        healedAt = now
        write("healing begins")
        for id in clogToBroker.indices {
            clogToBroker[id] = .zero
            clogToPeer[id] = .zero
        }
        for role in World.roles { pause(role, false) }
        // Nothing would be demanded of roles that nobody wants, or of calls that nothing serves.
        for role in World.roles { command(.scale(role: role, count: 2)) }
        if !isStream {
            // Frames were lost that no connection told of: a new one is a new beginning.
            for connection in connections.indices where !connections[connection].isBroken {
                breakConnection(connection, emptied: true)
            }
        }
        queue.push(.looks, at: now.adding(.milliseconds(20)))
    }

    /// Whether all that was demanded is there; a violation when it took too long.
    func isFinished() -> Bool {
        guard let why = unfinished() else {
            checkRows()
            return true
        }
        guard now.nanoseconds(since: healedAt) > .milliseconds(options.healedMilliseconds) else { return false }
        violate("everything comes to its end after healing", why)
        return true
    }

    private func unfinished() -> String? {
        guard let supervisor, let broker, broker.isAlive else { return "supervisor or broker is missing" }
        // A command that was lost with its supervisor is given again.
        for role in World.roles where supervisor.tickets.isEmpty && count(role, supervisor.tree) != 2 {
            command(.scale(role: role, count: 2))
        }
        if let slot = supervisor.tree.slots.first(where: { !$0.machine.isReady }) {
            return "\(slot.name) is \(slot.machine.stateName)"
        }
        if let ticket = supervisor.tickets.first { return "command \(ticket) is not answered" }
        for caller in callers {
            guard let id = caller.process, processes[id].isAlive, let peer = processes[id] as? PeerProcess else {
                return "caller \(caller.number) is not there"
            }
            if peer.table.count > 0 { return "caller \(caller.number) has \(peer.table.count) open calls" }
        }
        if let row = rows.firstIndex(where: { $0.state == .waiting || $0.state == .underWay }) {
            return "delivery \(row) is \(rows[row].state), in hand at \(rows[row].deaths) deaths"
        }
        if broker.rules.inFlight > 0 { return "\(broker.rules.inFlight) calls are in flight" }
        if broker.rules.longestQueue > 0 { return "\(broker.rules.longestQueue) calls are queued" }
        return nil
    }

    private func count(_ role: String, _ tree: Tree) -> Int {
        tree.slots.count { $0.name.role == role && !$0.isDismissed }
    }

    private func checkRows() {
        for (index, row) in rows.enumerated() {
            if row.isDeadly, row.state == .done {
                violate("what kills its worker is not answered", "delivery \(index)")
            }
            if row.state == .dead, oracle.deaths(ofRow: index) < Int(limits.deaths) {
                violate(
                    "what is given up was in hand at three deaths",
                    "delivery \(index): \(oracle.deaths(ofRow: index))")
            }
        }
    }
}
