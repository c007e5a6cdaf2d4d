public import Contracts

/// What a death that nobody asked for means for the slot.
public enum Death: Sendable, Equatable {
    /// The worker's own fault: it counts towards the intensity and waits out the back-off.
    case fault(String)
    /// Somebody outside killed a ready worker: it is replaced at once, however often that happens.
    case outside(String)
    /// Somebody outside killed a worker on its way up. It does not count towards the intensity, but it backs off:
    /// whatever kills at every start (the kernel out of memory, say) must not turn the supervisor into a spawn loop.
    case interrupted(String)
    /// It says itself that its configuration is wrong: to try again soon would change nothing.
    case misconfigured(String)

    /// What `status` means for a worker that had been ready for `readyFor`; nil when it was not ready yet.
    ///
    /// A worker that gets a TERM drains and exits with 0: that is how a TERM from outside looks mostly, and it does not
    /// count. To be taken for that it must have been ready for a while: what starts, says that it is ready and leaves
    /// again with 0 is at fault, and must not do so in a loop without bound.
    public init(_ status: ProcessExit, readyFor: Duration?) {
        let when = readyFor == nil ? " before it was ready" : ""
        switch status {
        case .code(ProcessExit.misconfigured):
            self = .misconfigured("\(status): its configuration is wrong, its log says where")
        case .code(0):
            if let readyFor, readyFor >= Self.drainsAfter {
                self = .outside("drained and \(status), asked from outside")
            } else {
                self = .fault("\(status)\(when), though nobody had asked it to stop")
            }
        case .signal(Signal.kill, _), .signal(Signal.terminate, _):
            let reason = "\(status) from outside\(when)"
            self = readyFor == nil ? .interrupted(reason) : .outside(reason)
        case .code, .signal:
            self = .fault("\(status)\(when)")
        }
    }

    static let drainsAfter = Duration.seconds(1)

    public var reason: String {
        switch self {
        case .fault(let reason), .outside(let reason), .interrupted(let reason), .misconfigured(let reason): reason
        }
    }
}

/// The signals the rules speak of, by their numbers on Linux: rules do no I/O and so know no C library.
public enum Signal {
    public static let abort: Int32 = 6
    public static let kill: Int32 = 9
    public static let terminate: Int32 = 15
}
