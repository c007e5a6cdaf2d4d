import Contracts
import Glibc
import Host
import Signals
import Supervision

extension Guardian {
    /// Asks the supervisor for an orderly stop. Asked again, the guardian ends everything itself; and again, at once.
    func shutDown(because reason: String) {
        switch phase {
        case .serving:
            Log.standard.write(.info, "shutting down", ["why": .text(reason)])
            guard supervisor != nil, channel != nil else {
                endEverything(because: "there is no supervisor to stop the cluster")
                return
            }
            phase = .asked(deadline: Guardian.now() + plan.stopsWithin + .seconds(2))
            tell(.shutDown(reason: reason))
        case .asked: endEverything(because: "asked again: \(reason)")
        case .ending: killEverything()
        case .killing: break
        }
    }

    /// TERM to every group, the youngest first, and to the supervisor.
    func endEverything(because reason: String) {
        switch phase {
        case .serving, .asked: break
        case .ending, .killing: return
        }
        Log.standard.write(.info, "ending what is left", ["why": .text(reason)])
        let longest = plan.roles.map(\.limits.stopWithin).max() ?? .zero
        phase = .ending(deadline: Guardian.now() + longest)
        _ = watch.handle(.retire, at: Guardian.now())
        for ward in wards.reversed() where ward.exit == nil { ward.process.sendToGroup(SIGTERM) }
        supervisor?.process.send(SIGTERM)
    }

    func killEverything() {
        phase = .killing
        for ward in wards.reversed() where ward.exit == nil {
            Log.standard.write(.warning, "did not stop in time", ["slot": "\(ward.slot)"])
            ward.process.sendToGroup(SIGKILL)
        }
        supervisor?.process.send(SIGKILL)
    }
}
