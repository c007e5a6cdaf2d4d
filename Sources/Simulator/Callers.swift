import Contracts
import Routing

/// One of the callers: its process may die, it comes again.
struct Caller {
    let number: Int
    var process: Int?
    var spawn: UInt64 = 0
}

/// What is true of a call, whatever anybody believes.
struct CallTruth {
    enum Kind { case plain, idempotent, delivery }
    let caller: Int
    let kind: Kind
    /// It kills whoever carries it out.
    let isDeadly: Bool
    let isPinned: Bool
    var row: Int?
    var executions = 0
    var endings = 0
}

/// A row of an outbox: it outlives the processes. One call for each row, without the store's relay (which runs in the
/// shop's world): here every death that a caller is told of is held against what the broker counts.
struct Row {
    enum State { case waiting, underWay, done, dead }
    let caller: Int
    let role: String
    let isDeadly: Bool
    var state = State.waiting
    var deaths: UInt8 = 0
    var correlation: UInt64 = 0
    var notBefore = Moment.zero
}

extension World {
    func startCaller(_ number: Int) {
        callers[number].spawn += 1
        let slot = "client@sim.\(number + 1)"
        let peer = PeerProcess(
            id: processes.count, kind: .caller, slot: slot, spawn: callers[number].spawn, sessionNumber: chance.next(),
            window: 0, now: now, limits: limits)
        peer.caller = number
        add(peer)
        callers[number].process = peer.id
        queue.push(.connects(peer.id), at: now.adding(.milliseconds(1)))
        queue.push(.tick(peer.id), at: now.adding(World.tickInterval))
        // Whatever the last process had under way is under way no more.
        for row in rows.indices where rows[row].caller == number && rows[row].state == .underWay {
            rows[row].state = .waiting
        }
        queue.push(.relays(peer.id), at: now.adding(.milliseconds(2)))
    }

    /// A caller's application wants something.
    func ask(_ number: Int) {
        guard isFaulty else { return }
        queue.push(.asks(caller: number), at: now.adding(pick(1_000_000...30_000_000)))
        guard let id = callers[number].process, processes[id].isAlive, processes[id].frozenUntil <= now,
            let peer = processes[id] as? PeerProcess
        else { return }
        let burst = chance(oneIn: 12) ? 12 : 1
        for _ in 0..<burst where peer.isAlive {
            if chance(oneIn: 3) {
                let isDeadly = chance(oneIn: 25)
                rows.append(Row(caller: number, role: World.roles[chance(oneIn: 4) ? 1 : 0], isDeadly: isDeadly))
                tally.deliveries += 1
            } else {
                call(peer)
            }
        }
        if peer.isAlive { relay(peer) }
    }

    private func call(_ peer: PeerProcess) {
        let kind = chance(oneIn: 3) ? CallTruth.Kind.idempotent : .plain
        let pinned = chance(oneIn: 6)
        let slot = pinned ? "echo@sim.\(pick(1...2))" : ""
        let deadline = chance(oneIn: 8) ? Moment.never : now.adding(pick(20_000_000...1_500_000_000))
        let truth = CallTruth(
            caller: peer.caller, kind: kind, isDeadly: chance(oneIn: 60), isPinned: pinned)
        let correlation = begin(truth, role: "echo", slot: slot, deadline: deadline, deaths: 0, peer)
        if chance(oneIn: 8) {
            queue.push(.regrets(peer.id, correlation: correlation), at: now.adding(pick(0...60_000_000)))
        }
    }

    private func begin(
        _ truth: CallTruth, role: String, slot: String, deadline: Moment, deaths: UInt8, _ peer: PeerProcess
    ) -> UInt64 {
        tally.calls += 1
        truths.append(truth)
        peer.lastCorrelation += 1
        var frame = Frame(header: Header(.call))
        frame.call = truths.count - 1
        frame.row = truth.row
        frame.header.correlation = peer.lastCorrelation
        frame.header.role = role
        frame.header.slot = slot
        frame.header.idempotent = truth.kind == .idempotent
        frame.header.delivery = truth.kind == .delivery
        let again = truth.kind != .plain || options.mutation == .resendsPlainCalls
        peer.table.begin(
            correlation: peer.lastCorrelation, frame: frame, waiter: frame.call, deadline: deadline, again: again,
            deaths: deaths, now: now, into: &peer.effects)
        let correlation = peer.lastCorrelation
        carryOutCalls(peer)
        return correlation
    }

    func regret(_ id: Int, _ correlation: UInt64) {
        guard let peer = processes[id] as? PeerProcess else { return }
        peer.table.cancel(correlation, into: &peer.effects)
        carryOutCalls(peer)
    }

    // MARK: the outbox

    func relay(_ id: Int) {
        guard let peer = processes[id] as? PeerProcess else { return }
        relay(peer)
        if peer.isAlive { queue.push(.relays(id), at: now.adding(.milliseconds(60))) }
    }

    private func relay(_ peer: PeerProcess) {
        for index in rows.indices where rows[index].state == .waiting {
            guard peer.isAlive else { return }
            guard rows[index].caller == peer.caller, rows[index].notBefore <= now else { continue }
            if rows[index].deaths >= 3, options.mutation != .neverCallsItPoison {
                rows[index].state = .dead
                continue
            }
            rows[index].state = .underWay
            var truth = CallTruth(
                caller: peer.caller, kind: .delivery, isDeadly: rows[index].isDeadly, isPinned: false)
            truth.row = index
            let deadline = chance(oneIn: 2) ? Moment.never : now.adding(.milliseconds(700))
            rows[index].correlation = begin(
                truth, role: rows[index].role, slot: "", deadline: deadline, deaths: rows[index].deaths, peer)
        }
    }

    // MARK: the table of calls

    /// Carries out what the table of calls decided.
    func carryOutCalls(_ peer: PeerProcess) {
        guard !peer.effects.isEmpty else { return }
        let decided = peer.effects
        peer.effects.removeAll(keepingCapacity: true)
        for effect in decided {
            if crashes(peer, at: "a caller is half way through its effects") { return }
            switch effect {
            case .send(_, let deaths, let budget, var frame):
                framesSent += 1
                frame.sent = framesSent
                frame.header.deaths = options.mutation == .forgetsDeaths ? 0 : deaths
                frame.header.budget = budget
                frame.knownDeaths = truths[frame.call].row.map { rows[$0].deaths } ?? deaths
                push(frame, peer)
            case .cancel(let correlation):
                var frame = Frame(header: Header(.cancel))
                frame.header.correlation = correlation
                push(frame, peer)
            case .finish(let call, let result): ended(call, result, peer)
            case .death(let call, let deaths):
                guard let row = truths[call].row else { continue }
                if deaths <= rows[row].deaths {
                    violate("deaths are counted upwards", "row \(row): \(rows[row].deaths), then \(deaths)")
                }
                rows[row].deaths = deaths
            }
        }
    }

    private func ended(_ call: Int, _ result: Result<PeerProcess.Answer, CallFault>, _ peer: PeerProcess) {
        truths[call].endings += 1
        if truths[call].endings > 1 { violate("a call ends once", "call \(call) has ended twice") }
        write("call \(call) ends: \(result)")
        var status: ReplyStatus?
        if case .success(let answer) = result {
            status = answer.status
            tally.answered += 1
            if answer.call != call {
                violate("a reply reaches only its own call", "call \(call) got the answer to \(answer.call)")
            }
            if answer.status == .value, truths[call].executions == 0 {
                violate("a value comes from work that was done", "call \(call)")
            }
            if let row = truths[call].row { rows[row].deaths = max(rows[row].deaths, answer.deaths) }
        }
        guard let row = truths[call].row, rows[row].state == .underWay else { return }
        switch status {
        case .value: rows[row].state = .done
        case .poison:
            tally.poisoned += 1
            rows[row].state = .dead
            if rows[row].deaths < limits.deaths {
                violate("the caller learns the count of deaths", "row \(row) is poison after \(rows[row].deaths)")
            }
        default:
            rows[row].state = .waiting
            rows[row].notBefore = now.adding(delay(.milliseconds(100)))
        }
    }
}
