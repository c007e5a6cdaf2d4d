public import Contracts

extension Tree {
    /// All slots as a person sees them; what needs a look at the host (memory, processor time) is added outside.
    public func statuses(at now: Moment) -> [SlotStatus] {
        slots.map { slot in
            var status = SlotStatus(
                role: slot.name.role, slot: slot.name.number, name: slot.name.description,
                state: slot.machine.stateName)
            status.pid = slot.machine.pid
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
