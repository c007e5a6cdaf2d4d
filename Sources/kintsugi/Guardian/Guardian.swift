import Contracts
import Glibc
import Host
import Signals
import Supervision
import Web

/// The one that is always there: it owns the sockets, starts processes on the supervisor's word, learns how each of
/// them ended, and keeps the supervisor alive. It decides as little as it can, so that there is little that can break.
///
/// One thread, one loop: nothing here is shared, and nothing waits but the loop.
final class Guardian {
    enum Phase {
        case serving
        /// The supervisor stops the cluster; past the deadline the guardian does it itself.
        case asked(deadline: Moment)
        /// Every group has its TERM; past the deadline comes KILL.
        case ending(deadline: Moment)
        case killing
    }

    let plan: ClusterPlan
    let surroundings: Surroundings
    let signals: SignalReader
    var listeners: [ListeningSocket]
    /// What each of the listeners was bound for.
    var bound: [ListenerPlan]
    let control: Descriptor
    let executables: String
    let supervisorExecutable: String
    let key = ClusterKey.make()
    let since = Guardian.now()
    /// Every process holds the other end; it ends with us.
    let lifeline: (read: Descriptor, write: Descriptor)
    private let lock: FolderLock

    var phase = Phase.serving
    /// In the order of their start.
    var wards: [Ward] = []
    var lastSpawn: UInt64 = 0
    var memo = TreeMemo()
    var supervisor: Ward?
    var channel: PacketChannel?
    var supervisors = 0
    var watch: SupervisorWatch
    private var nextLogCheck = Guardian.now()

    init(
        plan: ClusterPlan, surroundings: Surroundings, lock: FolderLock, signals: SignalReader,
        listeners: [ListeningSocket], executables: String, supervisorExecutable: String
    ) throws {
        self.plan = plan
        self.surroundings = surroundings
        self.lock = lock
        self.signals = signals
        self.listeners = listeners
        bound = plan.listeners
        self.executables = executables
        self.supervisorExecutable = supervisorExecutable
        control = try UnixSocket.listen(at: surroundings.places.controlSocket)
        lifeline = try Descriptor.pipe()
        watch = SupervisorWatch(at: since, seed: UInt64.random(in: .min ... .max))
        // Whoever may read this user's files may speak as the operator.
        try WholeFile.write("\(key.secret(of: "operator"))\n", to: surroundings.places.operatorSecret)
        try tellDoors()
        for name in LocalKey.names where LocalKey.isMissing(data: surroundings.places.data, of: name) {
            let (key, hash) = Keyring.makeKey()
            try LocalKey.keep(key, hash: hash, data: surroundings.places.data, of: name)
        }
        try LocalPerson.ensure(data: surroundings.places.data)
    }

    /// Says where each listener is, for whoever looks for it.
    func tellDoors() throws {
        let doors = zip(bound, listeners).map { "\($0.name) \($0.address) \($1.port)\n" }
        try WholeFile.write(doors.joined(), to: surroundings.places.doors)
    }

    static func now() -> Moment { Moment(nanoseconds: MonotonicClock.now()) }

    /// Until nothing is left to guard; the exit code.
    func run() -> Int32 {
        Log.standard.write(
            .info, "guardian started",
            [
                "pid": "\(getpid())", "data": .text(surroundings.places.data),
                "roles": .text(plan.roles.map(\.name).joined(separator: " ")),
            ])
        while !isFinished {
            turn()
        }
        let orphans = Kernel.killOrphans()
        if orphans > 0 { Log.standard.warning("killed what workers had left behind", ["processes": .integer(orphans)]) }
        unlink(surroundings.places.controlSocket)
        unlink(surroundings.places.operatorSecret)
        unlink(surroundings.places.doors)
        Log.standard.write(.info, "guardian leaves: nothing is left to guard")
        return 0
    }

    private var isFinished: Bool {
        if case .serving = phase { return false }
        return supervisor == nil && wards.allSatisfy { $0.exit != nil }
    }

    private func turn() {
        var interests = [Poll.interest(signals.descriptor.number)]
        let living = wards.filter { $0.exit == nil }
        interests += living.map { Poll.interest($0.process.descriptor.number) }
        let waiting = living.filter { $0.readiness != nil }
        interests += waiting.compactMap(\.readiness).map { Poll.interest($0.number) }
        let current = supervisor
        if let current { interests.append(Poll.interest(current.process.descriptor.number)) }
        if let channel { interests.append(Poll.interest(channel.descriptor.number)) }

        var ready = Poll.wait(interests, until: nextDeadline.nanoseconds).map { $0.revents != 0 }[...]
        if ready.removeFirst() { takeSignals() }
        // Words before deaths: a spawn that a dying supervisor has just asked for belongs into the table, and what a
        // worker said before it died is heard.
        let deaths = ready.prefix(living.count)
        ready = ready.dropFirst(living.count)
        for ward in waiting where ready.removeFirst() { readReadiness(ward) }
        let supervisorDied = current != nil && ready.removeFirst()
        if channel != nil, ready.removeFirst() { hearSupervisor() }
        for (ward, died) in zip(living, deaths) where died { bury(ward) }
        if supervisorDied { burySupervisor() }
        keepTime()
    }

    private var nextDeadline: Moment {
        let phaseDeadline: Moment? =
            switch phase {
            case .serving, .killing: nil
            case .asked(let deadline), .ending(let deadline): deadline
            }
        return [watch.deadline, phaseDeadline].compactMap { $0 }.reduce(nextLogCheck, min)
    }

    private func keepTime() {
        let now = Guardian.now()
        for action in watch.handle(.tick, at: now) { carryOut(action) }
        switch phase {
        case .serving, .killing: break
        case .asked(let deadline):
            if now >= deadline { endEverything(because: "the supervisor did not stop the cluster in time") }
        case .ending(let deadline):
            if now >= deadline { killEverything() }
        }
        guard now >= nextLogCheck else { return }
        nextLogCheck = now + .seconds(2)
        for ward in wards + [supervisor].compactMap({ $0 }) where ward.exit == nil { rotateLog(of: ward) }
    }

    private func rotateLog(of ward: Ward) {
        do {
            if try ward.log.rotateIfFull() { Log.standard.write(.info, "log rotated", ["path": .text(ward.log.path)]) }
        } catch {
            Log.standard.write(.error, "log not rotated", ["path": .text(ward.log.path), "error": "\(error)"])
        }
    }

    private func takeSignals() {
        do {
            for (signal, sender) in try signals.take() {
                if signal == SIGCHLD { continue }
                shutDown(because: "signal \(ProcessExit.describe(signal)) from process \(sender)")
            }
        } catch {
            Log.standard.write(.error, "signals not read", ["error": "\(error)"])
        }
        let known = Set((wards.filter { $0.exit == nil } + [supervisor].compactMap { $0 }).map(\.process.pid))
        _ = Kernel.reapOrphans(except: known.contains)
    }
}
