import Contracts
import Host
import Signals
import Supervision

/// What the tree has decided, as lines of the log.
enum Notes {
    static func write(_ note: SlotMachine.Note, _ slot: SlotName, _ spawn: UInt64) {
        let log = Log.standard
        let slot: Field = "\(slot)"
        let spawn: Field = "\(spawn)"
        switch note {
        case .ready: log.info("worker ready", ["slot": slot, "spawn": spawn])
        case .died(let reason, let counted):
            log.warning(
                "worker died",
                ["slot": slot, "spawn": spawn, "why": .text(reason), "counts": .boolean(counted)])
        case .killing(let reason):
            log.warning("killing worker", ["slot": slot, "spawn": spawn, "why": .text(reason)])
        case .backingOff(let delay):
            log.info("waiting before the next start", ["slot": slot, "seconds": .number(delay.inSeconds)])
        case .gaveUp(let reason):
            log.error(
                "worker given up; it is tried again slowly", ["slot": slot, "spawn": spawn, "why": .text(reason)])
        case .stopped(let status):
            let how: Field = if let status { "\(status)" } else { "nothing ran" }
            log.info("worker stopped", ["slot": slot, "spawn": spawn, "how": how])
        }
    }

    static func write(_ note: Tree.RoleNote, _ role: String) {
        switch note {
        case .givenUp:
            Log.standard.write(.error, "ROLE GIVEN UP: all of its workers have failed", ["role": .text(role)])
        case .isBack: Log.standard.write(.info, "role is back", ["role": .text(role)])
        case .rolled: Log.standard.write(.info, "role rolled", ["role": .text(role)])
        case .rollAborted(let reason):
            Log.standard.write(.error, "roll aborted", ["role": .text(role), "why": .text(reason)])
        }
    }

    /// The same for other processes.
    static func notice(_ note: SlotMachine.Note, _ slot: SlotName, _ spawn: UInt64) -> ProcessNotice {
        let (kind, reason, fault): (ProcessNotice.Kind, String, Bool) =
            switch note {
            case .ready: (.ready, "", false)
            case .died(let reason, let counted): (.died, reason, counted)
            case .killing(let reason): (.died, "it is killed: \(reason)", true)
            case .backingOff(let delay): (.backingOff, "the next start is in \(delay.inSeconds) s", false)
            case .gaveUp(let reason): (.gaveUp, reason, true)
            case .stopped(let status): (.stopped, status.map { "\($0)" } ?? "nothing ran", false)
            }
        return ProcessNotice(
            kind, role: slot.role, slot: slot.description, spawn: spawn, reason: reason, isOwnFault: fault,
            at: WallTime.now.nanoseconds)
    }

    static func notice(_ note: Tree.RoleNote, _ role: String) -> ProcessNotice? {
        let (kind, reason): (ProcessNotice.Kind, String)
        switch note {
        case .givenUp: (kind, reason) = (.roleGivenUp, "all of its workers have failed")
        case .isBack: (kind, reason) = (.roleBack, "")
        case .rolled, .rollAborted: return nil
        }
        return ProcessNotice(
            kind, role: role, reason: reason, isOwnFault: kind == .roleGivenUp, at: WallTime.now.nanoseconds)
    }

    /// A deploy that begins, or that was taken back.
    static func change(_ order: DeployOrder, roles: [String], takenBack why: String? = nil) -> ChangeNotice {
        let now = WallTime.now.nanoseconds
        let text = why.map { "the deploy of \(order.release.brief) was taken back: \($0)" } ?? order.text
        return ChangeNotice(
            id: "deploy-\(order.release.commit)-\(now)",
            kind: why != nil ? .action : (order.executables ?? []).isEmpty ? .configuration : .deploy,
            nodes: roles, text: text, commit: order.release.commit, touched: order.touched, author: order.author,
            at: now)
    }

    /// What somebody asked for, where it changes the cluster. A signal is no change: it is what is to be noticed.
    static func change(_ request: ControlRequest, author: String) -> ChangeNotice? {
        let (kind, role, text): (ChangeNotice.Kind, String, String)
        switch request {
        case .status, .shutdown, .kill, .deploy: return nil
        case .restart(let name, let slot, let rolling):
            let which = slot.map { "slot \($0) of \(name)" } ?? name
            (kind, role, text) = (.restart, name, "\(which) is \(rolling ? "rolled" : "restarted")")
        case .scale(let name, let count): (kind, role, text) = (.scale, name, "\(name) shall have \(count) workers")
        }
        let now = WallTime.now.nanoseconds
        return ChangeNotice(
            id: "supervisor-\(now)", kind: kind, nodes: [role], text: text, author: author, at: now)
    }
}
