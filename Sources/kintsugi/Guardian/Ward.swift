import Contracts
import Glibc
import Host
import Signals
import Supervision

/// A process in the guardian's care: a line of its slot table.
final class Ward {
    let slot: SlotName
    let spawn: UInt64
    let process: ProcessHandle
    let since: Moment
    let memo: SlotMemo
    let log: LogFile
    /// Gone once it has spoken, or has closed it.
    var readiness: Descriptor?
    var isReady = false
    /// Kept until a supervisor has heard of it.
    var exit: ProcessExit?

    init(slot: SlotName, spawn: UInt64, newborn: BirthOrder.Newborn, since: Moment, memo: SlotMemo, log: LogFile) {
        self.slot = slot
        self.spawn = spawn
        self.since = since
        self.memo = memo
        self.log = log
        process = newborn.process
        readiness = newborn.readiness
    }

    /// The line as a new supervisor gets it.
    var adoption: Adoption {
        var adoption = Adoption(
            slot: slot, spawn: spawn, pid: process.pid, since: since, isReady: isReady, memo: memo)
        adoption.exit = exit
        return adoption
    }
}

extension Guardian {
    /// Starts a process for a slot, or says why it cannot.
    func spawn(_ slot: SlotName, _ spawn: UInt64, _ memo: SlotMemo, _ launch: SlotLaunch?) {
        do {
            guard spawn > lastSpawn else { throw SpawnRefusal.oldNumber(spawn, last: lastSpawn) }
            lastSpawn = spawn
            if let other = wards.first(where: { $0.slot == slot && $0.exit == nil }) {
                throw SpawnRefusal.occupied(slot, pid: other.process.pid)
            }
            guard let role = launch?.role ?? plan.role(named: slot.role) else {
                throw SpawnRefusal.unknownRole(slot.role)
            }
            for listener in launch?.listeners ?? [] { try bindIfNew(listener) }
            var order = BirthOrder(
                slot: slot, spawn: spawn, secret: key.birthSecret(of: slot, spawn: spawn),
                executable: path(of: role.executable, in: launch?.release.programs), surroundings: surroundings)
            if let release = launch?.release, !release.configuration.isEmpty {
                order.surroundings.config = release.configuration
            }
            order.arguments = role.arguments
            order.environment = role.environment.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
            order.listeners = listeners.filter { role.listens.contains($0.name) }.map { ($0.name, $0.descriptor) }
            let ward = try start(order, memo: memo)
            // Who fills a slot again has heard how its last process ended.
            wards.removeAll { $0.slot == slot }
            wards.append(ward)
            tell(.spawned(slot, spawn: spawn, pid: ward.process.pid))
        } catch {
            Log.standard.write(.error, "spawn refused", ["slot": "\(slot)", "error": "\(error)"])
            tell(.spawnRefused(slot, spawn: spawn, reason: "\(error)"))
        }
    }

    func start(_ order: BirthOrder, memo: SlotMemo) throws -> Ward {
        let log = surroundings.logFile(of: order.slot)
        let newborn = try order.start(output: try log.open(), lifeline: lifeline.read)
        return Ward(
            slot: order.slot, spawn: order.spawn, newborn: newborn, since: Guardian.now(), memo: memo, log: log)
    }

    func path(of executable: String, in programs: String? = nil) -> String {
        executable.contains("/") ? executable : "\(programs ?? executables)/\(executable)"
    }

    /// A role that came with a deploy may listen on what nobody has bound yet.
    private func bindIfNew(_ listener: ListenerPlan) throws {
        guard !listeners.contains(where: { $0.name == listener.name }) else { return }
        listeners.append(try bind(listener, offset: surroundings.portOffset))
        bound.append(listener)
        try tellDoors()
    }

    func signal(_ slot: SlotName, _ spawn: UInt64, _ signal: Int32, group: Bool) {
        // Of a process that has ended there is nothing left to signal, and its number may be another's soon.
        guard let ward = wards.first(where: { $0.slot == slot && $0.spawn == spawn && $0.exit == nil }) else { return }
        _ = group ? ward.process.sendToGroup(signal) : ward.process.send(signal)
    }

    func readReadiness(_ ward: Ward) {
        guard let readiness = ward.readiness else { return }
        do {
            guard let bytes = try readiness.read(upTo: 64) else { return }
            ward.readiness = nil
            guard String(decoding: bytes, as: UTF8.self).hasPrefix("ready\n") else { return }
            ward.isReady = true
            tell(.becameReady(ward.slot, spawn: ward.spawn))
        } catch {
            ward.readiness = nil
            Log.standard.write(.error, "readiness not read", ["slot": "\(ward.slot)", "error": "\(error)"])
        }
    }

    /// A worker has ended: what it leaves behind goes too, and the supervisor hears how it ended.
    func bury(_ ward: Ward) {
        guard let status = end(ward) else { return }
        ward.exit = status
        ward.readiness = nil
        Log.standard.write(
            .info, "process ended",
            ["slot": "\(ward.slot)", "pid": "\(ward.process.pid)", "spawn": "\(ward.spawn)", "how": "\(status)"])
        tell(.exited(ward.slot, spawn: ward.spawn, status))
    }

    func end(_ ward: Ward) -> ProcessExit? {
        // Before it is reaped, while its group's number is still its own: a stray child must not hold its sockets.
        ward.process.sendToGroup(SIGKILL)
        do {
            return try ward.process.reap()
        } catch {
            Log.standard.write(.error, "exit status not read", ["slot": "\(ward.slot)", "error": "\(error)"])
            // Without a status there is no telling whose fault it was; it is gone, and must be replaced.
            return .signal(SIGKILL, core: false)
        }
    }

    func forget(_ slot: SlotName, _ spawn: UInt64) {
        wards.removeAll { $0.slot == slot && $0.spawn == spawn && $0.exit != nil }
    }
}

/// Why the guardian does not start a process.
enum SpawnRefusal: Error, CustomStringConvertible {
    case oldNumber(UInt64, last: UInt64)
    case occupied(SlotName, pid: Int32)
    case unknownRole(String)

    var description: String {
        switch self {
        case .oldNumber(let number, let last): "spawn number \(number) is not above the last one, \(last)"
        case .occupied(let slot, let pid): "process \(pid) is still in the slot \(slot)"
        case .unknownRole(let role): "the plan has no role \"\(role)\""
        }
    }
}
