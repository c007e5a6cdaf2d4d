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
}
