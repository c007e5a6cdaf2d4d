import Contracts
import Glibc
import Host
import Signals
import Supervision

extension Guardian {
    func carryOut(_ action: SupervisorWatch.Action) {
        switch action {
        case .start: startSupervisor()
        case .ping(let number): tell(.ping(number))
        case .abort:
            Log.standard.write(.error, "supervisor is silent", ["pid": "\(supervisor?.process.pid ?? 0)"])
            supervisor?.process.send(SIGABRT)
        case .kill: supervisor?.process.send(SIGKILL)
        }
    }

    private func startSupervisor() {
        do {
            guard let slot = SlotName(role: "supervisor", host: plan.host, number: 1) else { return }
            lastSpawn += 1
            let (ours, theirs) = try PacketChannel.pair()
            var order = BirthOrder(
                slot: slot, spawn: lastSpawn, secret: key.birthSecret(of: slot, spawn: lastSpawn),
                executable: path(of: supervisorExecutable), surroundings: surroundings)
            // A socket that no role asks for is the supervisor's own: the one for metrics.
            let own = listeners.filter { listener in !plan.roles.contains { $0.listens.contains(listener.name) } }
            order.listeners =
                [("control", control), ("guardian", theirs.descriptor)] + own.map { ($0.name, $0.descriptor) }
            supervisor = try start(order, memo: SlotMemo())
            channel = ours
            _ = watch.handle(.started, at: Guardian.now())
            Log.standard.write(.info, "supervisor started", ["pid": "\(supervisor?.process.pid ?? 0)"])
            tellTable()
            supervisors += 1
        } catch {
            Log.standard.write(.error, "supervisor not started", ["error": "\(error)"])
            _ = watch.handle(.refused, at: Guardian.now())
        }
    }

    /// All that a supervisor needs to adopt what runs.
    private func tellTable() {
        tell(
            .welcome(
                Welcome(
                    plan: plan, memo: memo, data: surroundings.places.data, guardian: getpid(), since: since,
                    lastSpawn: lastSpawn, predecessors: supervisors)))
        for ward in wards { tell(.slot(ward.adoption)) }
        tell(.tableEnds)
        if case .asked = phase { tell(.shutDown(reason: "the guardian was asked to stop")) }
    }

    /// Says a word to the supervisor, if there is one. One that does not read is as good as silent: what it misses is
    /// in the table, for the next one.
    func tell(_ word: GuardianWord) {
        guard let channel else { return }
        do {
            try channel.send(word, patience: .seconds(1))
        } catch PacketChannel.Fault.peerIsGone {
            self.channel = nil
        } catch {
            Log.standard.write(.error, "supervisor cannot be told", ["error": "\(error)"])
            self.channel = nil
            supervisor?.process.send(SIGKILL)
        }
    }

    func hearSupervisor() {
        do {
            while let channel, let word = try channel.receive(SupervisorWord.self) { obey(word) }
        } catch PacketChannel.Fault.peerIsGone {
            channel = nil
        } catch {
            Log.standard.write(.error, "supervisor's word not understood", ["error": "\(error)"])
        }
    }

    private func obey(_ word: SupervisorWord) {
        // Any word is a sign of life.
        _ = watch.handle(.heard, at: Guardian.now())
        switch word {
        case .spawn(let slot, let number, let memo, let launch):
            switch phase {
            case .serving, .asked: spawn(slot, number, memo, launch)
            case .ending, .killing: tell(.spawnRefused(slot, spawn: number, reason: "the cluster is ending"))
            }
        case .signal(let slot, let number, let signal, let group): self.signal(slot, number, signal, group: group)
        case .forget(let slot, let number): forget(slot, number)
        case .remember(let memo): self.memo = memo
        case .pong: break
        case .goodbye: endEverything(because: "the supervisor has stopped the cluster")
        }
    }

    func burySupervisor() {
        guard let ward = supervisor, let status = end(ward) else { return }
        // What it said last is still in the channel.
        hearSupervisor()
        supervisor = nil
        channel = nil
        _ = watch.handle(.died, at: Guardian.now())
        switch phase {
        case .serving:
            Log.standard.write(.error, "supervisor ended", ["pid": "\(ward.process.pid)", "how": "\(status)"])
        case .asked: endEverything(because: "the supervisor has \(status) while it stopped the cluster")
        case .ending, .killing: break
        }
    }
}
