import ActionDoors
import Contracts
import Glibc
import Host
import Signals
import Supervision

/// The shell around the tree: brings it events, carries out its effects. One thread, one loop, nothing shared but
/// the inbox.
final class SupervisorShell {
    typealias Reply = (ControlAnswer) -> Void

    private let birth: Birth
    private let inbox: Inbox
    let bus: SupervisorBus
    private let guardian: PacketChannel
    private let door: ControlDoor
    private let sampler = Sampler()
    private let agents: CapabilityDoor
    let deploys: Deploying
    var hasStarted = false
    var fingerprints: [(role: String, release: Release, text: String)] = []
    /// When a watch over a role ends, the objectives are asked again.
    var nextWord: (at: Moment, commit: String, role: String, since: [ObjectiveReport])?
    private var welcome: Welcome?
    private(set) var tree: Tree?
    private var replies: [(ticket: Int, reply: Reply)] = []
    private var lastTicket = 0
    private var nextSample = SupervisorShell.now()
    private var brokerWatch = BrokerWatch()
    private var nextQuestion = SupervisorShell.now()
    private let started = SupervisorShell.now()
    private var isDone = false
    /// What the rules said of the exit that is under way.
    private var ownFault = true

    init(birth: Birth, inbox: Inbox, bus: SupervisorBus) throws {
        self.bus = bus
        guard let channel = birth.listener(named: "guardian"), let control = birth.listener(named: "control") else {
            throw BirthFault.bad(
                variable: "KINTSUGI_LISTEN", expected: "the descriptors guardian and control",
                found: birth.listeners.map(\.name).joined(separator: ","))
        }
        self.birth = birth
        self.inbox = inbox
        guardian = PacketChannel(channel)
        door = ControlDoor(listener: control)
        deploys = Deploying(data: birth.data)
        agents = CapabilityDoor(role: birth.slot.role, data: birth.data) { WallTime.now.nanoseconds }
    }

    static func now() -> Moment { Moment(nanoseconds: MonotonicClock.now()) }

    /// Until the cluster has stopped or the guardian is gone; the exit code.
    func run() throws -> Int32 {
        do {
            while !isDone { try turn() }
            try guardian.send(SupervisorWord.goodbye, patience: .seconds(1))
            door.flush(within: .seconds(1))
            return 0
        } catch PacketChannel.Fault.peerIsGone {
            // Without it nothing can be started or ended. The workers serve on for a while, then leave.
            Log.standard.write(.error, "the guardian is gone")
            return 1
        }
    }

    private func turn() throws {
        var interests = [Poll.interest(guardian.descriptor.number), Poll.interest(inbox.bell.number)]
        interests += door.interests
        let deadline = min(tree?.nextDeadline ?? nextSample, nextSample, nextQuestion, nextWord?.at ?? nextSample)
        let ready = Poll.wait(interests, until: door.hasWaitingLine ? 0 : deadline.nanoseconds)
        if ready[0].revents != 0 {
            while let word = try guardian.receive(GuardianWord.self) { try hear(word) }
        }
        if ready[1].revents != 0 {
            for letter in inbox.take() { try open(letter) }
        }
        for (request, connection) in door.serve(Array(ready.dropFirst(2))) {
            try command(request) { [door] answer in door.answer(answer, to: connection) }
        }
        let now = Self.now()
        try handle(.tick)
        if let word = nextWord, now >= word.at {
            nextWord = nil
            bus.askObjectives(commit: word.commit, role: word.role, since: word.since)
        }
        if now >= nextSample {
            nextSample = now + .seconds(1)
            door.resume()
            bus.report()
            try sample(now)
            noteStart()
        }
        if now >= nextQuestion {
            nextQuestion = now + BrokerWatch.interval
            try askBroker(now)
        }
    }

    /// Its answer is its sign of life; one that gives none is ended like any other that hangs.
    private func askBroker(_ now: Moment) throws {
        let broker = tree?.slots.first { $0.name.role == ClusterKey.keeper && $0.machine.isReady }
        if brokerWatch.hangs(ready: broker?.spawn, at: now), let broker {
            return try handle(.hung(broker.name, spawn: broker.spawn))
        }
        if let broker { bus.askLoad(of: broker.spawn) }
    }

    private func hear(_ word: GuardianWord) throws {
        switch word {
        case .welcome(let welcome): try begin(welcome)
        case .slot(let adoption):
            Log.standard.write(
                .info, "worker adopted",
                ["slot": "\(adoption.slot)", "pid": "\(adoption.pid)", "spawn": "\(adoption.spawn)"])
            if adoption.exit != nil {
                try guardian.send(SupervisorWord.forget(adoption.slot, spawn: adoption.spawn), patience: .seconds(1))
            }
            try handle(.adopted(adoption))
        case .tableEnds:
            try handle(.begin)
            try birth.announceReady()
        case .spawned(let slot, let spawn, let pid):
            Log.standard.write(.info, "worker started", ["slot": "\(slot)", "pid": "\(pid)", "spawn": "\(spawn)"])
            bus.tell(
                ProcessNotice(
                    .started, role: slot.role, slot: slot.description, spawn: spawn, at: WallTime.now.nanoseconds))
            try handle(.spawned(slot, spawn: spawn, pid: pid))
        case .spawnRefused(let slot, let spawn, let reason):
            try handle(.spawnRefused(slot, spawn: spawn, reason: reason))
        case .becameReady(let slot, let spawn): try handle(.becameReady(slot, spawn: spawn))
        case .exited(let slot, let spawn, let status):
            // First, so that no new process is ordered for a slot that is still in the table.
            try guardian.send(SupervisorWord.forget(slot, spawn: spawn), patience: .seconds(1))
            ownFault = true
            try handle(.exited(slot, spawn: spawn, status))
            bus.gone(slot, spawn: spawn, blameless: !ownFault)
        case .ping(let number): try guardian.send(SupervisorWord.pong(number), patience: .seconds(1))
        case .shutDown(let reason):
            Log.standard.write(.info, "stopping the cluster", ["why": .text(reason)])
            try command(.shutdown) { _ in }
        }
    }

    private func begin(_ welcome: Welcome) throws {
        self.welcome = welcome
        let release =
            welcome.memo.release
            ?? Self.release(of: birth.config, data: birth.data)
        tree = try Tree(
            plan: deploys.plan(of: release) ?? welcome.plan, release: release, memo: welcome.memo,
            lastSpawn: welcome.lastSpawn, seed: UInt64.random(in: .min ... .max))
        if let deploy = welcome.memo.deploy, let plan = deploys.plan(of: deploy.order.release) {
            Log.standard.warning(
                "a deploy goes on that an earlier supervisor had begun", ["commit": .text(deploy.order.release.brief)])
            tree?.resume(deploy, plan)
        }
        Log.standard.write(
            .info, "supervisor started",
            ["pid": "\(getpid())", "guardian": "\(welcome.guardian)", "predecessors": "\(welcome.predecessors)"])
    }

    private func open(_ letter: Inbox.Letter) throws {
        switch letter {
        case .hung(let slot, let spawn): try handle(.hung(slot, spawn: spawn))
        case .brokerAnswered(let spawn): brokerWatch.answered(spawn: spawn, at: Self.now())
        case .request(let request, let reply): try command(request, reply)
        case .order(let order, let reply): try take(order, reply)
        case .next(let id, let request, let author): try carryOut(request, of: id, author)
        case .deploy(let order, let reply): try deploy(order, mustBeMain: true, reply)
        case .objectives(let commit, let role, let since, let now): try hear(commit, role, since, now)
        }
    }

    /// What an agent may do is decided by its capability alone.
    private func take(_ order: DoorOrder, _ reply: @escaping (DoorAnswer?) -> Void) throws {
        // Until the guardian's table is read, processes that run are not known.
        guard let tree, tree.isReading == false else { return reply(nil) }
        let role = order.order.target
        let sight = CapabilityDoor.Sight(
            state: tree.state(of: role, configuration: fingerprint(of: role)),
            stateWith: { [text = fingerprint(of: role)] in
                ClusterState.digest(of: role, wanted: $0, configuration: text)
            },
            processes: tree.slots.filter { $0.name.role == role && !$0.isDismissed && !$0.isSpare }.map {
                CapabilityLedger.SlotSpawn(slot: $0.name, spawn: $0.spawn)
            })
        guard let work = agents.take(order, sight: sight, reply: reply), let first = work.requests.first else { return }
        try carryOut(first, of: work.id, work.author)
    }

    private func carryOut(_ request: ControlRequest, of id: UUID, _ author: String) throws {
        try command(request, author: author) { [agents, inbox] answer in
            // Not at once: this may be called while the tree's effects are carried out.
            if let next = agents.ended(id, answer) { inbox.post(.next(id, next, author: author)) }
        }
    }

    private func command(
        _ request: ControlRequest, author: String = "a command", _ reply: @escaping Reply
    ) throws {
        guard let tree, let welcome else {
            reply(.refused(reason: "the supervisor has just started and knows nothing yet; ask again"))
            return
        }
        switch request {
        case .status:
            let now = Self.now()
            let slots = ([ownStatus(welcome, now)] + tree.statuses(at: now)).map(sampler.completed).map(bus.completed)
            var status = ClusterStatus(
                data: welcome.data, guardian: welcome.guardian, uptimeSeconds: now.since(welcome.since).inSeconds,
                slots: slots)
            status.roles = tree.roleStatuses.map { role in
                var role = role
                role.configuration = fingerprint(of: role.role)
                return role
            }
            status.release = tree.release
            status.deploys = deploys.records
            return reply(.status(status))
        case .kill(birth.slot.role, _, let signal): return endSelf(by: signal, reply)
        case .restart(birth.slot.role, _, _): return endSelf(by: SIGKILL, reply)
        case .deploy(let order): return try deploy(order, mustBeMain: false, reply)
        default: break
        }
        let ticket = expect(reply)
        if let change = Notes.change(request, author: author) { bus.tell(change) }
        try handle(.command(request, ticket: ticket))
    }

    /// Keeps who is to be answered, under a number.
    func expect(_ reply: @escaping Reply) -> Int {
        lastTicket += 1
        replies.append((lastTicket, reply))
        return lastTicket
    }

    /// The supervisor is no slot of its own tree: the guardian keeps it.
    private func ownStatus(_ welcome: Welcome, _ now: Moment) -> SlotStatus {
        var status = SlotStatus(
            role: birth.slot.role, slot: birth.slot.number, name: birth.slot.description, state: "ready")
        status.pid = getpid()
        status.uptimeSeconds = now.since(started).inSeconds
        status.restarts = welcome.predecessors
        if welcome.predecessors > 0 { status.lastReason = "the guardian's log says why the one before ended" }
        return status
    }

    /// Answers first: the guardian starts the next supervisor as soon as this one is gone.
    private func endSelf(by signal: Int32, _ reply: Reply) {
        reply(.done(note: "signal \(signal) goes to the supervisor; the guardian starts the next one"))
        door.flush(within: .seconds(1))
        Log.standard.write(.warning, "supervisor was asked to signal itself", ["signal": .integer(Int(signal))])
        kill(getpid(), signal)
    }

    func handle(_ event: Tree.Event) throws {
        // Before the first word there is nothing that an event could be about.
        guard let effects = tree?.handle(event, at: Self.now()) else { return }
        for effect in effects { try carryOut(effect) }
    }

    private func carryOut(_ effect: Tree.Effect) throws {
        switch effect {
        case .spawn(let slot, let spawn, let memo):
            try say(.spawn(slot, spawn: spawn, memo: memo, launch: tree?.launch(of: slot)))
        case .signal(let slot, let spawn, let signal, let group):
            try say(.signal(slot, spawn: spawn, signal: signal, group: group))
        case .remember(let memo): try say(.remember(memo))
        case .note(let slot, let spawn, let note):
            if case .died(_, let counted) = note { ownFault = counted }
            Notes.write(note, slot, spawn)
            bus.tell(Notes.notice(note, slot, spawn))
        case .noteRole(let role, let note):
            Notes.write(note, role)
            if let notice = Notes.notice(note, role) { bus.tell(notice) }
        case .answer(let ticket, let answer):
            guard let index = replies.firstIndex(where: { $0.ticket == ticket }) else { return }
            replies.remove(at: index).reply(answer)
        case .allStopped: isDone = true
        case .baseline(let commit):
            deploys.baseline = nil
            bus.askObjectives(commit: commit, role: nil, since: [])
        case .judge(let commit, let role):
            // What a new process needs to get going is no verdict on it.
            nextWord = (Self.now() + Self.settling, commit, role, [])
        case .deployed(let order, let outcome, let text, let roles):
            note(order, outcome, text, roles)
        }
    }

    private func say(_ word: SupervisorWord) throws { try guardian.send(word, patience: .seconds(1)) }

    private func sample(_ now: Moment) throws {
        guard let tree else { return }
        let workers = tree.slots.compactMap { slot in slot.machine.pid.map { (slot.name, $0) } }
        sampler.look(at: workers + [(birth.slot, getpid())], now)
        for slot in tree.slots {
            guard let limit = tree.memoryLimit(of: slot.name), let used = sampler.memory(of: slot.name),
                used > limit
            else { continue }
            try handle(.overMemory(slot.name, spawn: slot.spawn, bytes: used))
        }
    }
}
