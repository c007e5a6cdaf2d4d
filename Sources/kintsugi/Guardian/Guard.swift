import Contracts
import Glibc
import Host
import Signals
import Supervision

/// What the guardian is told by the command line.
struct GuardianOptions {
    var plan: ClusterPlan
    /// The cluster's folders; they are made when they are missing.
    var places: Places
    var config = ""
    var portOffset = 0
    /// Where executables are that the plan gives by their names; beside our own when nil.
    var executables: String?
    var supervisor = "Supervisor"
}

/// Why a cluster could not be guarded.
enum GuardianFault: Error, CustomStringConvertible {
    case badPort(listener: String, port: Int)

    var description: String {
        switch self {
        case .badPort(let listener, let port):
            "listener \"\(listener)\": port and --port-offset together make \(port), expected at most 65535"
        }
    }
}

/// Guards a cluster until it is told to stop; the exit code. It takes over this process: call it from a process with
/// one thread, which does nothing else.
func guardCluster(_ options: GuardianOptions) throws -> Int32 {
    try options.plan.validate()
    try options.places.create()
    let surroundings = Surroundings(
        places: options.places, config: options.config, portOffset: options.portOffset)
    let lock = try FolderLock("\(surroundings.places.run)/guardian.lock")
    // Read from a descriptor from here on, so that a signal that comes early is not missed.
    let signals = try SignalReader([SIGTERM, SIGINT, SIGHUP, SIGCHLD])
    Log.standard.identify(role: "guardian")
    signal(SIGPIPE, SIG_IGN)
    try Kernel.becomeSubreaper()
    let listeners = try options.plan.listeners.map { plan in
        try bind(plan, offset: options.portOffset)
    }
    let guardian = try Guardian(
        plan: options.plan, surroundings: surroundings, lock: lock, signals: signals, listeners: listeners,
        executables: options.executables ?? ProcessFiles.ownFolder(), supervisorExecutable: options.supervisor)
    return guardian.run()
}

func bind(_ plan: ListenerPlan, offset: Int) throws -> ListeningSocket {
    // Port 0 asks for any free port, and is left alone.
    let port = plan.port == 0 ? 0 : Int(plan.port) + offset
    guard let port = UInt16(exactly: port) else { throw GuardianFault.badPort(listener: plan.name, port: port) }
    return try ListeningSocket(name: plan.name, address: plan.address, port: port)
}
