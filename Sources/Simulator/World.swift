import Contracts
import Routing
import Supervision

/// Everything that exists in one run. The shells of the nodes are its extensions.
final class World {
    let seed: UInt64
    let options: SimulationOptions
    var chance: Chance
    var now = Moment(nanoseconds: 1_000_000_000)
    var queue = EventQueue<Event>()
    var tally = Tally()
    var digest: UInt64 = 0xCBF2_9CE4_8422_2325
    var events: [String] = []
    let oracle: Oracle
    var violation: Violation?

    var limits = RouterLimits()
    let access: AccessList
    let plan: ClusterPlan
    var processes: [Process] = []
    var connections: [Connection] = []
    var broker: BrokerProcess?
    var brokerStarts: UInt32 = 0
    /// What the broker was told since it started.
    var pausedRoles: [String] = []
    var supervisor: SupervisorProcess?
    var lastTicket = 0

    // The guardian, which is not made to fail.
    var table: [TableLine] = []
    var memo = TreeMemo()
    var lastSpawn: UInt64 = 0
    var lastPid: Int32 = 100

    // The callers: what outlives their processes.
    var callers: [Caller] = []
    var truths: [CallTruth] = []
    var rows: [Row] = []
    var framesSent = 0

    // Faults.
    var isFaulty = true
    /// Whether frames keep their order and are lost only with their connection.
    let isStream: Bool
    /// One crash in so many labelled steps.
    let crashOdds: Int
    var clogToBroker: [Moment] = []
    var clogToPeer: [Moment] = []
    var healedAt = Moment.never

    static let tickInterval: Int64 = .milliseconds(25)
    static let roles = ["echo", "store"]

    init(seed: UInt64, options: SimulationOptions) {
        self.seed = seed
        self.options = options
        var chance = Chance(seed: seed)
        isStream = Int.random(in: 0..<5, using: &chance) > 0
        crashOdds = [0, 400, 1_500][Int.random(in: 0..<3, using: &chance)]
        limits.heartbeat = .milliseconds(100)
        limits.silence = .milliseconds(400)
        limits.stall = .milliseconds(800)
        limits.queueCount = Int.random(in: 4...24, using: &chance)
        if options.mutation == .neverCallsItPoison { limits.deaths = 200 }
        access = AccessList([
            ("client", .init(call: ["echo"], deliver: ["echo", "store"])), ("echo", .init()), ("store", .init()),
        ])
        plan = World.plan(&chance)
        oracle = Oracle(queueLimit: limits.queueCount, isStream: isStream)
        self.chance = chance
    }

    private static func plan(_ chance: inout Chance) -> ClusterPlan {
        var limits = SlotLimits()
        limits.readyWithin = .milliseconds(1_500)
        limits.stopWithin = .milliseconds(600)
        limits.slowRetry = .milliseconds(2_000)
        limits.intensity = Intensity.Limit(faults: 4, within: .seconds(2))
        limits.backoff = Backoff(
            base: .milliseconds(20), longest: .milliseconds(300), forgottenAfter: .milliseconds(1_000))
        var broker = RolePlan(name: "broker", executable: "Broker")
        broker.replacement = .stopFirst
        var plans = [broker]
        for name in roles {
            var role = RolePlan(name: name, executable: "Worker")
            role.replicas = Int.random(in: 1...2, using: &chance)
            role.after = ["broker"]
            plans.append(role)
        }
        for index in plans.indices { plans[index].limits = limits }
        return ClusterPlan(host: "sim", roles: plans)
    }

    func run() -> Outcome {
        begin()
        while violation == nil, let next = queue.pop() {
            if now < next.moment { now = next.moment }
            if case .looks = next.event, isFinished() { break }
            step(next.event)
            if tally.steps > 2_000_000 { violate("the run ends", "2,000,000 steps") }
        }
        tally.virtualNanoseconds = now.nanoseconds
        return Outcome(seed: seed, violation: violation, tally: tally, digest: digest, events: events)
    }

    private func begin() {
        queue.push(.startsSupervisor, at: now)
        for number in 0..<2 {
            callers.append(Caller(number: number))
            queue.push(.startsCaller(number), at: now)
            queue.push(.asks(caller: number), at: now.adding(.milliseconds(30)))
        }
        queue.push(.fault, at: now.adding(.milliseconds(60)))
        queue.push(.heals, at: now.adding(.milliseconds(options.faultyMilliseconds)))
    }

    private func step(_ event: Event) {
        if let id = process(of: event) {
            guard processes[id].isAlive else { return }
            // A stopped process gets what happens to it later, in the same order.
            guard processes[id].frozenUntil <= now else {
                return queue.push(event, at: processes[id].frozenUntil)
            }
        }
        tally.steps += 1
        digest = (digest ^ now.nanoseconds) &* 0x100_0000_01B3
        digest = (digest ^ UInt64(event.name.utf8CodeUnitCount)) &* 0x100_0000_01B3
        if options.trace { note(event) }
        handle(event)
        if violation == nil, let broken = oracle.broken { violate(broken.promise, broken.detail) }
    }

    /// The process to which something happens.
    private func process(of event: Event) -> Int? {
        switch event {
        case .arrives(let connection, let atBroker, _), .broken(let connection, let atBroker):
            atBroker ? connections[connection].broker : connections[connection].peer
        default: event.process
        }
    }

    private func handle(_ event: Event) {
        switch event {
        case .arrives(let connection, let atBroker, let frame): arrive(connection, atBroker, frame)
        case .broken(let connection, let atBroker): noticeBreak(connection, atBroker)
        case .started(let id): started(id)
        case .connects(let id): connect(id)
        case .tick(let id): tick(id)
        case .probe(let id): probe(id)
        case .finished(let id, let job): finish(id, job)
        case .terminated(let id): terminate(id)
        case .asks(let caller): ask(caller)
        case .relays(let id): relay(id)
        case .regrets(let id, let correlation): regret(id, correlation)
        case .toGuardian(let word): guardianHears(word)
        case .toSupervisor(let id, let word): supervisorHears(id, word)
        case .seenHung(let id, let slot, let spawn): supervisorSees(id, hung: slot, spawn)
        case .seenGone(let id, let slot, let spawn): brokerSees(id, gone: slot, spawn)
        case .exited(let id, let status): guardianSees(exitOf: id, status)
        case .startsSupervisor: startSupervisor()
        case .startsCaller(let number): startCaller(number)
        case .fault: makeFault()
        case .swizzle(let id, let until): clog(id, until: until)
        case .heals: heal()
        case .looks: queue.push(.looks, at: now.adding(.milliseconds(20)))
        }
    }

    private func tick(_ id: Int) {
        switch processes[id] {
        case let broker as BrokerProcess: tickBroker(broker)
        case let peer as PeerProcess: tickPeer(peer)
        case let supervisor as SupervisorProcess: wake(supervisor)
        default: break
        }
    }

    func violate(_ promise: String, _ detail: String) {
        guard violation == nil else { return }
        violation = Violation(promise: promise, detail: detail, step: tally.steps, nanoseconds: now.nanoseconds)
        if options.trace { write("VIOLATED: \(promise): \(detail)") }
    }

    func write(_ text: @autoclosure () -> String) {
        guard options.trace else { return }
        let micros = now.nanoseconds / 1_000
        events.append("\(tally.steps) \(micros / 1_000).\(String(micros % 1_000 + 1_000).dropFirst()) ms  \(text())")
        if events.count > 40_000 { events.removeFirst(20_000) }
    }

    private func note(_ event: Event) {
        let name = event.process.map { "\(processes[$0].name)/\($0) " } ?? ""
        switch event {
        case .tick, .looks: break
        case .arrives(let connection, let atBroker, let frame):
            let peer = processes[connections[connection].peer].name
            let way = atBroker ? "from" : "to"
            write(
                "\(frame.header.kind) \(way) \(peer) over \(connection), call \(frame.call), life \(frame.header.incarnation)"
            )
        default: write("\(name)\(event)")
        }
    }

    // MARK: chance

    func chance(oneIn odds: Int) -> Bool { odds > 0 && Int.random(in: 0..<odds, using: &chance) == 0 }

    func pick(_ range: ClosedRange<Int64>) -> Int64 { Int64.random(in: range, using: &chance) }

    /// A wait with a tail: now and then ten or a hundred times as long.
    func delay(_ usual: Int64) -> Int64 {
        let tail: Int64 = isFaulty ? (chance(oneIn: 20) ? (chance(oneIn: 10) ? 100 : 10) : 1) : 1
        return pick(usual / 2...usual) * tail
    }
}
