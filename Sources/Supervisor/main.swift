import Contracts
import Glibc
import Host
import Signals

do {
    let birth = try Birth.read()
    Log.standard.identify(role: birth.slot.role, slot: birth.slot.number, incarnation: birth.spawn)
    signal(SIGPIPE, SIG_IGN)
    let shell = try SupervisorShell(birth: birth, inbox: try Inbox())
    exit(try shell.run())
} catch {
    Log.standard.write(.error, "supervisor cannot work", ["error": "\(error)"])
    exit(error is BirthFault ? 78 : 1)
}
