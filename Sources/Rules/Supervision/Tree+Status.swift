public import Contracts

extension Tree {
    /// All slots as a person sees them; what needs a look at the host (memory, processor time) is added outside.
    public func statuses(at now: Moment) -> [SlotStatus] {
        slots.map { slot in
            var status = SlotStatus(
                role: slot.name.role, slot: slot.name.number, name: slot.name.description,
                state: slot.machine.stateName)
            status.pid = slot.machine.pid
            status.commit = slot.release.isEmpty ? nil : slot.release
            status.restarts = slot.machine.restarts
            status.lastReason = slot.machine.lastReason
            status.memoryLimitBytes = slot.machine.limits.memoryBytes
            status.uptimeSeconds = slot.machine.runningSince.map { now.since($0).inSeconds }
            return status
        }
    }

    /// The limit that a sample of the slot's memory is held against.
    public func memoryLimit(of name: SlotName) -> Int? { slot(name)?.machine.limits.memoryBytes }
}

extension SlotMachine {
    /// `down`, `starting`, `ready`, `backing off`, `stopping` or `failed`.
    public var stateName: String {
        switch state {
        case .down: "down"
        case .starting: "starting"
        case .ready: "ready"
        case .backingOff: "backing off"
        case .stopping: "stopping"
        case .failed: "failed"
        }
    }

    var runningSince: Moment? {
        switch state {
        case .starting(_, let since, _), .ready(_, let since): since
        case .down, .backingOff, .stopping, .failed: nil
        }
    }
}

extension Tree {
    /// How many workers each role shall have, in the order of start.
    public var roleStatuses: [RoleStatus] { roles.map { RoleStatus(role: $0.plan.name, wanted: $0.wanted) } }

    /// The state of a role, as an agent's order must have foreseen it; nil for a role that there is not.
    public func state(of role: String, configuration: String) -> Digest? {
        guard let found = roles.first(where: { $0.plan.name == role }) else { return nil }
        return ClusterState.digest(of: role, wanted: found.wanted, configuration: configuration)
    }
}

extension ClusterPlan {
    /// What stands for the whole plan: another text for another plan, and the same in every process.
    public var fingerprint: String {
        var writer = PackedWriter(capacity: 4_096)
        writer.text(host)
        for group in groups {
            writer.text(group.name)
            writer.text(group.strategy.rawValue)
        }
        for listener in listeners {
            writer.text(listener.name)
            writer.text(listener.address)
            writer.unsigned(UInt64(listener.port))
        }
        for role in roles {
            for text in [role.name, role.group ?? "", role.executable, role.replacement.rawValue] { writer.text(text) }
            writer.list(count: role.arguments.count)
            for text in role.arguments + role.listens + role.after { writer.text(text) }
            for name in role.environment.keys.sorted() {
                writer.text(name)
                writer.text(role.environment[name] ?? "")
            }
            writer.signed(Int64(role.replicas))
            writer.signed(Int64(role.limits.memoryBytes ?? 0))
        }
        return Digest("kintsugi cluster plan 1", of: writer.bytes).description
    }
}
