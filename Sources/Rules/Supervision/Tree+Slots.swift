public import Contracts

// The slots: what each hears, and what follows from all of them together.
extension Tree {
    /// Lets the slot hear an event, unless the event is of an earlier process than the one in it.
    mutating func tell(
        _ name: SlotName, _ spawn: UInt64, _ event: SlotMachine.Event, _ now: Moment, _ effects: inout [Effect]
    ) {
        guard let index = slots.firstIndex(where: { $0.name == name }), slots[index].spawn == spawn else { return }
        if case .exited = event, slots[index].isDismissed, slots[index].machine.isReady {
            // It was about to go: its death is the end that was wanted, not a reason to start it again.
            _ = slots[index].machine.handle(.stopWanted, at: now)
        }
        drive(index, event, now, &effects)
    }

    mutating func drive(_ index: Int, _ event: SlotMachine.Event, _ now: Moment, _ effects: inout [Effect]) {
        for effect in slots[index].machine.handle(event, at: now) {
            let slot = slots[index]
            switch effect {
            case .spawn:
                lastSpawn += 1
                slots[index].spawn = lastSpawn
                let version = version(of: slot)
                slots[index].release = version.release.commit
                let memo = SlotMemo(
                    restarts: slot.machine.restarts, lastReason: slot.machine.lastReason,
                    release: version.release.commit)
                effects.append(.spawn(slot.name, spawn: lastSpawn, memo: memo))
            case .signal(let signal, let group):
                effects.append(.signal(slot.name, spawn: slot.spawn, signal, group: group))
            case .note(let note):
                effects.append(.note(slot.name, spawn: slot.spawn, note))
            }
        }
    }

    mutating func adopt(_ found: Adoption, _ now: Moment, _ effects: inout [Effect]) {
        lastSpawn = max(lastSpawn, found.spawn)
        guard phase == .reading, let role = roles.firstIndex(where: { $0.plan.name == found.slot.role }) else {
            // The plan does not have it any more, or the table was read already: nobody will look after it.
            effects.append(.signal(found.slot, spawn: found.spawn, Signal.kill, group: true))
            return
        }
        guard slot(found.slot) == nil else { return }
        let surplus = found.slot.number > roles[role].wanted
        let index = add(found.slot, limits: roles[role].plan.limits, memo: found.memo)
        slots[index].spawn = found.spawn
        slots[index].release = found.memo.release ?? ""
        slots[index].isSpare = surplus
        slots[index].isDismissed = surplus
        drive(index, .adopted(pid: found.pid, ready: found.isReady, since: found.since), now, &effects)
        if let exit = found.exit { tell(found.slot, found.spawn, .exited(exit), now, &effects) }
    }

    /// What a process in the slot is born with.
    func version(of slot: Slot) -> Version {
        let role = roles[place(slot.name.role)]
        if slot.isNext, let next = role.next { return next }
        return Version(plan: role.plan, release: role.release)
    }

    /// What the guardian needs to know to start a process in the slot.
    public func launch(of name: SlotName) -> SlotLaunch? {
        guard let slot = slot(name), roles.indices.contains(place(name.role)) else { return nil }
        let version = version(of: slot)
        let listeners = (deploy?.plan.listeners ?? []) + plan.listeners
        return SlotLaunch(
            role: version.plan,
            listeners: version.plan.listens.compactMap { name in listeners.first { $0.name == name } },
            release: version.release)
    }

    mutating func begin() {
        guard phase == .reading else { return }
        phase = .running
        for role in roles.indices { fill(role) }
    }

    /// Makes the slots that a role wants and does not have yet.
    mutating func fill(_ role: Int) {
        let plan = roles[role].plan
        guard roles[role].wanted > 0 else { return }
        for number in 1...roles[role].wanted {
            guard let name = SlotName(role: plan.name, host: host, number: number) else { continue }
            if let index = slots.firstIndex(where: { $0.name == name }) {
                slots[index].isDismissed = false
                slots[index].isSpare = false
            } else {
                _ = add(name, limits: plan.limits, memo: SlotMemo())
            }
        }
    }

    /// Adds a slot in its place: by the order of the roles, then by number.
    mutating func add(_ name: SlotName, limits: SlotLimits, memo: SlotMemo) -> Int {
        // Each slot has its own chance, or replicas that die together would come back together.
        var mixed = Chance(seed: seed ^ (UInt64(name.number) << 32) ^ UInt64(place(name.role)))
        let machine = SlotMachine(
            limits: limits, seed: mixed.next(), restarts: memo.restarts, lastReason: memo.lastReason)
        let key = (place(name.role), name.number)
        let index = slots.firstIndex { (place($0.name.role), $0.name.number) > key } ?? slots.endIndex
        slots.insert(Slot(name: name, machine: machine), at: index)
        return index
    }

    func place(_ role: String) -> Int { roles.firstIndex { $0.plan.name == role } ?? roles.endIndex }

    func indices(of role: String) -> [Int] { slots.indices.filter { slots[$0].name.role == role } }

    mutating func tick(_ now: Moment, _ effects: inout [Effect]) {
        for index in slots.indices {
            guard var event = slots[index].machine.due(at: now) else { continue }
            let needs = roles[place(slots[index].name.role)].needs
            if event == .readinessDue, !needs.allSatisfy(isAvailable) { event = .readinessPostponed }
            drive(index, event, now, &effects)
        }
    }

    /// A role that others need is available when one worker is ready, or when nobody wants any.
    func isAvailable(_ role: String) -> Bool {
        let place = place(role)
        guard roles.indices.contains(place) else { return true }
        return roles[place].wanted == 0 || indices(of: role).contains { slots[$0].machine.isReady }
    }

    /// What follows from all slots together, after every event.
    mutating func settle(_ now: Moment, _ effects: inout [Effect]) {
        switch phase {
        case .reading, .stopped: return
        case .running:
            judgeRoles(&effects)
            advanceRolls(now, &effects)
            advanceDeploy(now, &effects)
            for index in slots.indices { reconcile(index, now, &effects) }
            slots.removeAll { $0.isDismissed && $0.machine.isAtRest }
            finishErrands(&effects)
        case .stopping: stopInReverse(now, &effects)
        }
    }

    private mutating func judgeRoles(_ effects: inout [Effect]) {
        for role in roles.indices {
            let wanted = indices(of: roles[role].plan.name).filter { !slots[$0].isDismissed }
            let allFailed = !wanted.isEmpty && wanted.allSatisfy { slots[$0].machine.hasFailed }
            // A slow retry is not yet a return: only a ready worker is.
            let isBack = wanted.contains { slots[$0].machine.isReady }
            if allFailed, !roles[role].isGivenUp {
                roles[role].isGivenUp = true
                effects.append(.noteRole(roles[role].plan.name, .givenUp))
            } else if roles[role].isGivenUp, isBack || wanted.isEmpty {
                roles[role].isGivenUp = false
                effects.append(.noteRole(roles[role].plan.name, .isBack))
            }
        }
    }

    /// Starts what is wanted and may start; drains what is not wanted.
    private mutating func reconcile(_ index: Int, _ now: Moment, _ effects: inout [Effect]) {
        let slot = slots[index]
        let role = roles[place(slot.name.role)]
        let isHeld = role.restsOn.contains { roles[place($0)].isGivenUp }
        if slot.isDismissed {
            // A ready spare stands in until all that the role wants are ready.
            let standsIn = slot.isSpare && slot.machine.isReady && !wantedAreReady(role)
            if !standsIn { stop(index, now, &effects) }
        } else if isHeld {
            stop(index, now, &effects)
        } else if slot.machine.state == .down, role.needs.allSatisfy(isAvailable) {
            drive(index, .startWanted, now, &effects)
        }
    }

    private func wantedAreReady(_ role: Role) -> Bool {
        indices(of: role.plan.name).allSatisfy { slots[$0].isDismissed || slots[$0].machine.isReady }
    }

    /// Wants a slot stopped, once.
    mutating func stop(_ index: Int, _ now: Moment, _ effects: inout [Effect]) {
        switch slots[index].machine.state {
        case .down, .stopping(_, _, then: .rest): return
        case .starting, .ready, .backingOff, .stopping, .failed: drive(index, .stopWanted, now, &effects)
        }
    }

    /// A role stops when all that need it have stopped.
    private mutating func stopInReverse(_ now: Moment, _ effects: inout [Effect]) {
        for role in roles.reversed() {
            let dependents = roles.filter { $0.needs.contains(role.plan.name) }
            let free = dependents.allSatisfy { dependent in
                indices(of: dependent.plan.name).allSatisfy { slots[$0].machine.state == .down }
            }
            guard free else { continue }
            for index in indices(of: role.plan.name) { stop(index, now, &effects) }
        }
        guard slots.allSatisfy({ $0.machine.state == .down }) else { return }
        phase = .stopped
        for ticket in shutdownTickets {
            effects.append(.answer(ticket: ticket, .done(note: "the cluster has stopped")))
        }
        shutdownTickets = []
        effects.append(.allStopped)
    }
}
