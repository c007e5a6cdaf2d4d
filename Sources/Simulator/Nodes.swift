import Contracts
import Routing
import Supervision

/// A frame under way, with what only the simulator knows of it.
struct Frame {
    var header: Header
    var body: [UInt8] = []
    var ready: ReadyBody?
    /// The call that it is truly about.
    var call = 0
    /// The row of the outbox that it comes from.
    var row: Int?
    /// The life under which its work was truly begun.
    var executedUnder: UInt64 = 0
    /// The deaths that its sender knew of.
    var knownDeaths: UInt8 = 0
    /// Rises with every call that leaves any caller.
    var sent = 0
}

/// Something that will happen.
enum Event {
    case arrives(connection: Int, atBroker: Bool, Frame)
    case broken(connection: Int, atBroker: Bool)
    case started(Int)
    case connects(Int)
    case tick(Int)
    case probe(Int)
    case finished(Int, job: Int)
    case terminated(Int)
    case asks(caller: Int)
    case relays(Int)
    case regrets(Int, correlation: UInt64)
    case toGuardian(SupervisorWord)
    case toSupervisor(Int, GuardianWord)
    case seenHung(Int, SlotName, UInt64)
    case seenGone(Int, slot: String, UInt64)
    case exited(Int, ProcessExit)
    case startsSupervisor
    case startsCaller(Int)
    case fault
    case swizzle(process: Int, until: Moment)
    case heals
    case looks

    /// The process to which it happens, if it can be stopped or dead by then.
    var process: Int? {
        switch self {
        case .started(let id), .connects(let id), .tick(let id), .probe(let id), .finished(let id, _),
            .terminated(let id), .relays(let id), .regrets(let id, _), .toSupervisor(let id, _),
            .seenHung(let id, _, _), .seenGone(let id, _, _):
            id
        case .arrives, .broken, .asks, .toGuardian, .exited, .startsSupervisor, .startsCaller, .fault, .swizzle,
            .heals, .looks:
            nil
        }
    }

    /// Its name in a trace, and its number in the digest.
    var name: StaticString {
        switch self {
        case .arrives: "arrives"
        case .broken: "broken"
        case .started: "started"
        case .connects: "connects"
        case .tick: "tick"
        case .probe: "probe"
        case .finished: "finished"
        case .terminated: "terminated"
        case .asks: "asks"
        case .relays: "relays"
        case .regrets: "regrets"
        case .toGuardian: "to guardian"
        case .toSupervisor: "to supervisor"
        case .seenHung: "seen hung"
        case .seenGone: "seen gone"
        case .exited: "exited"
        case .startsSupervisor: "starts supervisor"
        case .startsCaller: "starts caller"
        case .fault: "fault"
        case .swizzle: "swizzle"
        case .heals: "heals"
        case .looks: "looks"
        }
    }
}

/// A process: dropped when it dies, and never the same again.
class Process {
    enum Kind { case broker, worker, caller, supervisor }
    let id: Int
    let kind: Kind
    /// What it is called in a trace.
    let name: String
    let spawn: UInt64
    var isAlive = true
    var frozenUntil = Moment.zero

    init(id: Int, kind: Kind, name: String, spawn: UInt64) {
        self.id = id
        self.kind = kind
        self.name = name
        self.spawn = spawn
    }
}

/// The broker: the rules, and which lives they hold.
final class BrokerProcess: Process {
    var rules: Router<Frame>
    var isServing = false
    /// Moments at which a frame to everybody shows whose connection broke.
    var probes = 0
    /// The route that an effect of `joined` belongs to.
    var joining: UInt32 = 0

    init(id: Int, spawn: UInt64, rules: Router<Frame>) {
        self.rules = rules
        super.init(id: id, kind: .broker, name: "broker", spawn: spawn)
    }
}

/// A caller's or a worker's process: session, table of calls, and what it works on.
final class PeerProcess: Process {
    struct Answer {
        var status: ReplyStatus
        var call: Int
        var deaths: UInt8
    }
    struct Job {
        var number: Int
        var incarnation: UInt64
        var frame: Frame
    }
    let slot: String
    let sessionNumber: UInt64
    var window: Int
    var session: PeerSession
    var table = CallTable<Frame, Int, Answer>(limit: 64)
    var effects: [CallTable<Frame, Int, Answer>.Effect] = []
    var connection: Int?
    var backlog: [Frame] = []
    var jobs: [Job] = []
    var lastJob = 0
    var lastCorrelation: UInt64 = 0
    var progress: UInt64 = 0
    var bytesRead: UInt64 = 0
    var wasReady = false
    var isLeaving = false
    /// Which of the callers it is.
    var caller = 0

    init(
        id: Int, kind: Kind, slot: String, spawn: UInt64, sessionNumber: UInt64, window: Int, now: Moment,
        limits: RouterLimits
    ) {
        self.slot = slot
        self.sessionNumber = sessionNumber
        self.window = window
        session = PeerSession(heartbeat: limits.heartbeat, silence: limits.silence, now: now)
        super.init(id: id, kind: kind, name: slot, spawn: spawn)
    }
}

/// The supervisor: the tree, and when it wants to be woken.
final class SupervisorProcess: Process {
    var tree: Tree
    var wakes = Moment.never
    var isReading = true
    var tickets: [Int] = []

    init(id: Int, spawn: UInt64, tree: Tree) {
        self.tree = tree
        super.init(id: id, kind: .supervisor, name: "supervisor", spawn: spawn)
    }
}

/// A line of the guardian's slot table.
struct TableLine {
    var slot: SlotName
    var spawn: UInt64
    var process: Int
    var since: Moment
    var isReady = false
    var exit: ProcessExit?
    var memo: SlotMemo
}

/// A connection between a peer and one life of the broker. Its number is its route.
struct Connection {
    let peer: Int
    let broker: Int
    /// What is sent from now on is lost.
    var isBroken = false
    /// What was in the pipe is lost too.
    var isEmptied = false
    var isClosedAtBroker = false
    var isClosedAtPeer = false
    var lastAtBroker = Moment.zero
    var lastAtPeer = Moment.zero
}
