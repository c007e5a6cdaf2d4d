import Contracts
import Host
import Supervision

/// What the tree has decided, as lines of the log.
enum Notes {
    static func write(_ note: SlotMachine.Note, _ slot: SlotName, _ spawn: UInt64) {
        var fields = ["slot": "\(slot)", "spawn": "\(spawn)"]
        switch note {
        case .ready: LogLine.write(.info, "worker ready", fields)
        case .died(let reason, let counted):
            fields["why"] = reason
            fields["counts"] = "\(counted)"
            LogLine.write(.warning, "worker died", fields)
        case .killing(let reason):
            fields["why"] = reason
            LogLine.write(.warning, "killing worker", fields)
        case .backingOff(let delay):
            fields["seconds"] = "\(delay.inSeconds)"
            LogLine.write(.info, "waiting before the next start", fields)
        case .gaveUp(let reason):
            fields["why"] = reason
            LogLine.write(.error, "worker given up; it is tried again slowly", fields)
        case .stopped(let status):
            if let status { fields["how"] = "\(status)" }
            LogLine.write(.info, "worker stopped", fields)
        }
    }

    static func write(_ note: Tree.RoleNote, _ role: String) {
        switch note {
        case .givenUp: LogLine.write(.error, "ROLE GIVEN UP: all of its workers have failed", ["role": role])
        case .isBack: LogLine.write(.info, "role is back", ["role": role])
        case .rolled: LogLine.write(.info, "role rolled", ["role": role])
        case .rollAborted(let reason): LogLine.write(.error, "roll aborted", ["role": role, "why": reason])
        }
    }
}
