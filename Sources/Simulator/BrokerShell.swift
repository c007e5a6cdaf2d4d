import Contracts
import Routing

// The broker's process around its rules: as the broker's loop carries them out.
extension World {
    func startBroker(spawn: UInt64) -> Int {
        brokerStarts += 1
        tally.brokers += 1
        let rules = Router<Frame>(access: access, limits: limits, generation: brokerStarts, now: now)
        let process = BrokerProcess(id: processes.count, spawn: spawn, rules: rules)
        add(process)
        broker = process
        pausedRoles = []
        oracle.brokerStarted()
        queue.push(.started(process.id), at: now.adding(delay(.milliseconds(4))))
        return process.id
    }

    func tickBroker(_ broker: BrokerProcess) {
        broker.rules.tick(now: now)
        carryOut(broker)
        if broker.isAlive { queue.push(.tick(broker.id), at: now.adding(World.tickInterval)) }
    }

    func probe(_ id: Int) {
        guard let broker = processes[id] as? BrokerProcess else { return }
        broker.rules.probe(now: now)
        carryOut(broker)
    }

    func brokerSees(_ id: Int, gone slot: String, _ spawn: UInt64) {
        guard let broker = processes[id] as? BrokerProcess else { return }
        broker.rules.gone(slot: slot, spawn: spawn, now: now)
        carryOut(broker)
    }

    func pause(_ role: String, _ isPaused: Bool) {
        guard let broker, broker.isAlive, pausedRoles.contains(role) != isPaused else { return }
        pausedRoles.removeAll { $0 == role }
        if isPaused { pausedRoles.append(role) }
        write("\(role) is \(isPaused ? "paused" : "resumed")")
        if options.mutation == .ignoresPause { return }
        broker.rules.pause(role, isPaused, now: now)
        carryOut(broker)
    }

    func drainQueue(_ role: String) {
        guard let broker, broker.isAlive else { return }
        let count = broker.rules.drainQueue(role)
        write("\(count) calls to \(role) are sent away")
        carryOut(broker)
        if options.mutation != .ignoresPause, broker.isAlive, broker.rules.queued(role) > 0 {
            violate("a drained queue is empty", "\(broker.rules.queued(role)) calls wait for \(role)")
        }
    }

    func receive(_ frame: Frame, _ route: UInt32, _ broker: BrokerProcess) {
        if crashes(broker, at: "broker read a frame") { return }
        if frame.header.kind == .ready, var ready = frame.ready {
            oracle.windowIs(ready.window, route)
            if options.mutation == .handsOutBeyondCredit, ready.window > 0 { ready.window += 1 }
            broker.joining = route
            let name = SlotName(ready.slot)
            let identity = Identity(role: name?.role ?? "", slot: ready.slot, spawn: ready.spawn)
            broker.rules.ready(route: route, identity: identity, body: ready, now: now)
        } else {
            if options.mutation == .ignoresDrain, frame.header.kind == .drain {
                return promiseDrain(route, frame, broker)
            }
            oracle.brokerHears(frame, route, now)
            if options.mutation == .ignoresCancel, frame.header.kind == .cancel { return }
            broker.rules.frame(route: route, header: frame.header, bytes: 100, message: frame, now: now)
        }
        if crashes(broker, at: "broker decided") { return }
        carryOut(broker)
    }

    private func promiseDrain(_ route: UInt32, _ frame: Frame, _ broker: BrokerProcess) {
        var header = Header(.drain)
        header.incarnation = frame.header.incarnation
        oracle.brokerSays(header, route)
        _ = transmit(Frame(header: header), to: route)
    }

    private func carryOut(_ broker: BrokerProcess) {
        while !broker.rules.effects.isEmpty {
            for effect in broker.rules.takeEffects() {
                if crashes(broker, at: "broker is half way through its effects") { return }
                carryOut(effect, broker)
            }
        }
        oracle.queueHolds(broker.rules.longestQueue)
    }

    private func carryOut(_ effect: Router<Frame>.Effect, _ broker: BrokerProcess) {
        switch effect {
        case .send(let route, let header, let body):
            oracle.brokerSays(header, route)
            if header.kind == .death { tally.requeued += 1 }
            if options.mutation == .keepsLossesToItself, header.status == .lost { return }
            var frame = Frame(header: header, body: body)
            frame.call = oracle.call(route, header.correlation)
            send(frame, route, broker)
        case .call(let route, let stamp, let message, _):
            if pausedRoles.contains(message.header.role) {
                violate("a paused role is given nothing", "call \(message.call) to \(message.header.role)")
            }
            oracle.handsOut(route, stamp, message)
            if options.mutation == .doesNotRequeue, stamp.deaths > message.header.deaths { return }
            var frame = message
            frame.header.number = stamp.number
            frame.header.incarnation = stamp.incarnation
            frame.header.budget = stamp.budget
            frame.header.deaths = stamp.deaths
            frame.header.sender = stamp.sender
            send(frame, route, broker)
        case .reply(let route, let message):
            oracle.passesReply(route, message)
            send(message, route, broker)
        case .report(let report):
            write("broker: \(report.kind) \(report.slot) life \(report.incarnation)")
            oracle.reports(report, route: broker.joining)
            guard report.kind == .hung, let slot = SlotName(report.slot), let supervisor else { return }
            tally.hangs += 1
            queue.push(.seenHung(supervisor.id, slot, report.spawn), at: now.adding(delay(.milliseconds(1))))
        }
    }

    private func send(_ frame: Frame, _ route: UInt32, _ broker: BrokerProcess) {
        if !transmit(frame, to: route) { broker.rules.unreachable(route: route, now: now) }
    }
}
