import Glibc
import Host

do {
    let birth = try Birth.read()
    signal(SIGPIPE, SIG_IGN)
    let shell = try SupervisorShell(birth: birth, inbox: try Inbox())
    exit(try shell.run())
} catch {
    LogLine.write(.error, "supervisor cannot work", ["error": "\(error)"])
    exit(error is BirthFault ? 78 : 1)
}
