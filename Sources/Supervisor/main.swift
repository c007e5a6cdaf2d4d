import Contracts
import Glibc
import Host
import Signals

do {
    let birth = try Birth.read()
    Log.standard.identify(role: birth.slot.role, slot: birth.slot.number, incarnation: birth.spawn)
    signal(SIGPIPE, SIG_IGN)
    let inbox = try Inbox()
    let bus = SupervisorBus(birth: birth, inbox: inbox)
    let metrics = birth.listener(named: "metrics").flatMap { MetricsPage.serve(bus, on: $0.number) }
    try bus.start()
    let shell = try SupervisorShell(birth: birth, inbox: inbox, bus: bus)
    let status = try withExtendedLifetime(metrics) { try shell.run() }
    exit(status)
} catch {
    Log.standard.write(.error, "supervisor cannot work", ["error": "\(error)"])
    exit(error is BirthFault ? 78 : 1)
}
