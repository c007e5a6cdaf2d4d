import Contracts
import Routing
import Supervision

// The host: the guardian with its slot table, the supervisor around its tree, and the life of processes.
extension World {
    func add(_ process: Process) {
        processes.append(process)
        clogToBroker.append(.zero)
        clogToPeer.append(.zero)
    }

    /// A labelled step: the process may die right there.
    func crashes(_ process: Process, at label: StaticString) -> Bool {
        guard process.isAlive else { return true }
        guard isFaulty, chance(oneIn: crashOdds) else { return false }
        write("\(process.name)/\(process.id) crashes: \(label)")
        end(process, chance(oneIn: 2) ? .signal(9, core: false) : .signal(11, core: false))
        return true
    }

    /// A process ends; what it had in its memory is gone.
    func end(_ process: Process, _ status: ProcessExit) {
        guard process.isAlive else { return }
        process.isAlive = false
        tally.crashes += 1
        write("\(process.name)/\(process.id) \(status)")
        for connection in connectionsOf(process.id) { breakConnection(connection, emptied: chance(oneIn: 2)) }
        switch process.kind {
        case .caller:
            if let caller = (process as? PeerProcess)?.caller {
                queue.push(.startsCaller(caller), at: now.adding(delay(.milliseconds(30))))
            }
        case .supervisor:
            supervisor = nil
            queue.push(.startsSupervisor, at: now.adding(.milliseconds(10) + delay(.milliseconds(30))))
        case .broker, .worker: queue.push(.exited(process.id, status), at: now.adding(delay(.milliseconds(1))))
        }
    }

    func started(_ id: Int) {
        if let broker = processes[id] as? BrokerProcess {
            broker.isServing = true
            queue.push(.tick(id), at: now.adding(World.tickInterval))
            becameReady(id)
        } else {
            queue.push(.tick(id), at: now.adding(World.tickInterval))
            connect(id)
        }
    }

    func joined(_ peer: PeerProcess) {
        guard peer.kind == .worker, !peer.wasReady else { return }
        peer.wasReady = true
        becameReady(peer.id)
    }

    func terminate(_ id: Int) {
        if let peer = processes[id] as? PeerProcess {
            carryOut(peer.session.drain(now: now), peer)
        } else {
            end(processes[id], .code(0))
        }
    }

    // MARK: the guardian

    private func tell(_ word: GuardianWord) {
        guard let supervisor else { return }
        // One channel, in order: no word overtakes another.
        queue.push(.toSupervisor(supervisor.id, word), at: now.adding(100_000))
    }

    private func becameReady(_ id: Int) {
        guard let line = table.firstIndex(where: { $0.process == id }) else { return }
        table[line].isReady = true
        tell(.becameReady(table[line].slot, spawn: table[line].spawn))
    }

    func guardianSees(exitOf id: Int, _ status: ProcessExit) {
        guard let line = table.firstIndex(where: { $0.process == id }) else { return }
        table[line].exit = status
        if options.mutation == .keepsExitsToItself { return }
        tell(.exited(table[line].slot, spawn: table[line].spawn, status))
    }

    func guardianHears(_ word: SupervisorWord) {
        switch word {
        case .spawn(let slot, let spawn, let memo, _): spawnProcess(slot, spawn, memo)
        case .signal(let slot, let spawn, let signal, _):
            guard let line = table.first(where: { $0.slot == slot && $0.spawn == spawn && $0.exit == nil }) else {
                return
            }
            deliver(signal, to: line.process)
        case .forget(let slot, let spawn): table.removeAll { $0.slot == slot && $0.spawn == spawn && $0.exit != nil }
        case .remember(let memo): self.memo = memo
        case .pong, .goodbye: break
        }
    }

    private func spawnProcess(_ slot: SlotName, _ spawn: UInt64, _ memo: SlotMemo) {
        guard spawn > lastSpawn else {
            return violate("spawn numbers rise", "\(slot): \(spawn) after \(lastSpawn)")
        }
        lastSpawn = spawn
        if let line = table.first(where: { $0.slot == slot }) {
            let kind = line.exit == nil ? "lives" : "is not forgotten"
            return violate("a slot holds one process", "\(slot): start \(spawn) while start \(line.spawn) \(kind)")
        }
        if isFaulty, chance(oneIn: 40) { return tell(.spawnRefused(slot, spawn: spawn, reason: "no memory")) }
        let id = slot.role == "broker" ? startBroker(spawn: spawn) : startWorker(slot, spawn)
        lastPid += 1
        table.append(TableLine(slot: slot, spawn: spawn, process: id, since: now, memo: memo))
        tell(.spawned(slot, spawn: spawn, pid: lastPid))
    }

    private func startWorker(_ slot: SlotName, _ spawn: UInt64) -> Int {
        let peer = PeerProcess(
            id: processes.count, kind: .worker, slot: slot.description, spawn: spawn, sessionNumber: chance.next(),
            window: Int(pick(1...6)), now: now, limits: limits)
        add(peer)
        queue.push(.started(peer.id), at: now.adding(delay(.milliseconds(8))))
        return peer.id
    }

    private func deliver(_ signal: Int32, to id: Int) {
        let process = processes[id]
        switch signal {
        case Signal.kill: end(process, .signal(signal, core: false))
        case Signal.terminate: queue.push(.terminated(id), at: max(now, process.frozenUntil))
        // A stopped process does not see any other.
        case _ where process.frozenUntil > now: break
        default: end(process, .signal(signal, core: true))
        }
    }

    // MARK: the supervisor

    func startSupervisor() {
        do {
            let tree = try Tree(plan: plan, memo: memo, lastSpawn: lastSpawn, seed: chance.next())
            let process = SupervisorProcess(id: processes.count, spawn: 0, tree: tree)
            add(process)
            supervisor = process
            tally.supervisors += 1
            read(process)
        } catch { violate("the plan is sound", "\(error)") }
    }

    private func read(_ process: SupervisorProcess) {
        if options.mutation != .forgetsToAdopt {
            for line in table {
                var adoption = Adoption(
                    slot: line.slot, spawn: line.spawn, pid: Int32(line.process), since: line.since,
                    isReady: line.isReady, memo: line.memo)
                adoption.exit = line.exit
                if line.exit != nil { say(.forget(line.slot, spawn: line.spawn)) }
                decide(.adopted(adoption), process)
                guard process.isAlive else { return }
            }
        }
        process.isReading = false
        decide(.begin, process)
    }

    func supervisorHears(_ id: Int, _ word: GuardianWord) {
        guard let process = processes[id] as? SupervisorProcess else { return }
        if crashes(process, at: "the supervisor read a word") { return }
        switch word {
        case .spawned(let slot, let spawn, let pid): decide(.spawned(slot, spawn: spawn, pid: pid), process)
        case .spawnRefused(let slot, let spawn, let reason):
            decide(.spawnRefused(slot, spawn: spawn, reason: reason), process)
        case .becameReady(let slot, let spawn): decide(.becameReady(slot, spawn: spawn), process)
        case .exited(let slot, let spawn, let status):
            say(.forget(slot, spawn: spawn))
            if let broker, broker.isAlive {
                let moment = now.adding(delay(.milliseconds(1)))
                queue.push(.seenGone(broker.id, slot: slot.description, spawn), at: moment)
            }
            hearExit(slot, spawn, status, process)
        case .welcome, .slot, .tableEnds, .ping, .shutDown: break
        }
    }

    private func hearExit(_ slot: SlotName, _ spawn: UInt64, _ status: ProcessExit, _ process: SupervisorProcess) {
        let before = process.tree.slot(slot)
        var told = status
        if options.mutation == .blamesTheKilled, status == .signal(9, core: false) { told = .signal(11, core: false) }
        let effects = decide(.exited(slot, spawn: spawn, told), process)
        guard status == .signal(9, core: false), let before, before.spawn == spawn, before.machine.isReady,
            !before.isDismissed
        else { return }
        let isReplaced = effects.contains { effect in
            if case .spawn(slot, _, _) = effect { true } else { false }
        }
        if !isReplaced { violate("who is killed from outside is replaced at once", "\(slot), start \(spawn)") }
    }

    func supervisorSees(_ id: Int, hung slot: SlotName, _ spawn: UInt64) {
        guard let process = processes[id] as? SupervisorProcess else { return }
        if options.mutation == .fillsTheSlotOfTheHung {
            decide(.exited(slot, spawn: spawn, .signal(9, core: false)), process)
        } else {
            decide(.hung(slot, spawn: spawn), process)
        }
    }

    func command(_ request: ControlRequest) {
        guard let supervisor, supervisor.frozenUntil <= now else { return }
        tally.commands += 1
        lastTicket += 1
        supervisor.tickets.append(lastTicket)
        write("command \(lastTicket): \(request)")
        decide(.command(request, ticket: lastTicket), supervisor)
    }

    func wake(_ process: SupervisorProcess) {
        guard now >= process.wakes else { return }
        process.wakes = .never
        decide(.tick, process)
    }

    @discardableResult
    private func decide(_ event: Tree.Event, _ process: SupervisorProcess) -> [Tree.Effect] {
        let effects = process.tree.handle(event, at: now)
        checkInnocents(event, effects)
        if crashes(process, at: "the supervisor has decided") { return effects }
        for effect in effects {
            if crashes(process, at: "the supervisor is half way through its effects") { return effects }
            carryOut(effect, process)
        }
        if let deadline = process.tree.nextDeadline, deadline < process.wakes {
            process.wakes = max(deadline, now)
            queue.push(.tick(process.id), at: process.wakes)
        }
        return effects
    }

    /// The end of one role's worker is no reason to touch a worker of another role.
    private func checkInnocents(_ event: Tree.Event, _ effects: [Tree.Effect]) {
        let guilty: String
        switch event {
        case .exited(let slot, _, _), .spawnRefused(let slot, _, _), .hung(let slot, _): guilty = slot.role
        default: return
        }
        for case .signal(let slot, _, let signal, _) in effects where slot.role != guilty {
            violate("a role that fails does not touch the others", "signal \(signal) to \(slot) for \(guilty)")
        }
    }

    private func carryOut(_ effect: Tree.Effect, _ process: SupervisorProcess) {
        switch effect {
        case .spawn(let slot, let spawn, let memo): say(.spawn(slot, spawn: spawn, memo: memo, launch: nil))
        case .signal(let slot, let spawn, let signal, let group):
            say(.signal(slot, spawn: spawn, signal: signal, group: group))
        case .remember(let memo): say(.remember(memo))
        case .answer(let ticket, let answer):
            write("ticket \(ticket): \(answer)")
            guard process.tickets.contains(ticket) else {
                return violate("a command is answered once", "ticket \(ticket)")
            }
            process.tickets.removeAll { $0 == ticket }
        case .note(let slot, let spawn, let note):
            write("\(slot)/\(spawn): \(note)")
            if case .gaveUp = note { tally.givenUp += 1 }
        case .noteRole(let role, let note): write("\(role): \(note)")
        // Nobody has objectives here: a deploy waits for its patience to end.
        case .baseline, .judge, .deployed: break
        case .allStopped: violate("nobody asked for the end", "the cluster has stopped")
        }
    }

    private func say(_ word: SupervisorWord) { queue.push(.toGuardian(word), at: now.adding(50_000)) }
}
