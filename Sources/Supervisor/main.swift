import Contracts
import Glibc
import Host
import Signals
import Web

do {
    let birth = try Birth.read()
    Log.standard.identify(role: birth.slot.role, slot: birth.slot.number, incarnation: birth.spawn)
    signal(SIGPIPE, SIG_IGN)
    let inbox = try Inbox()
    let bus = SupervisorBus(birth: birth, inbox: inbox)
    let pages = Pages([
        (path: "/metrics", page: { MetricsPage.make(bus) }),
        (path: "/healthz", page: { Page(body: Array("ok\n".utf8)) }),
    ])
    if let listener = birth.listener(named: "metrics"), !pages.start(socket: listener.number) {
        Log.standard.error("the metrics cannot be served", ["descriptor": .integer(Int(listener.number))])
    }
    try bus.start()
    let shell = try SupervisorShell(birth: birth, inbox: inbox, bus: bus)
    exit(try shell.run())
} catch {
    Log.standard.write(.error, "supervisor cannot work", ["error": "\(error)"])
    exit(error is BirthFault ? 78 : 1)
}
