import Contracts
public import Distributed
import Routing
import Synchronization

/// A distributed actor system over ZeroMQ: one process's connection to the cluster.
///
/// Calls go out as frames through the broker, which finds a worker of the role; calls that come in are carried out
/// on the actors that this process serves. One thread (`SocketThread`) owns the sockets and the table of open
/// calls; everything else reaches them by a mailbox.
///
/// Order: calls of one sender to one actor of one worker begin in the order in which they were made. Nothing is
/// promised between senders, between workers, or about the order in which calls that suspend end.
public final class BusSystem: DistributedActorSystem {
    public typealias ActorID = BusID
    public typealias InvocationEncoder = BusInvocationEncoder
    public typealias InvocationDecoder = BusInvocationDecoder
    public typealias ResultHandler = BusResultHandler
    public typealias SerializationRequirement = any Codable

    /// An actor of this process. The table holds it weakly, as the life of actors demands; `owners` keeps those
    /// that are served.
    struct Resident: Sendable {
        weak var actor: (any DistributedActor)?
        let lane: Lane
        /// The methods that may be called on it, by their names on the wire, and how.
        var methods: [String: Catalogue.Entry] = [:]
    }
    struct Table: Sendable {
        var reserved: Set<BusID> = []
        var residents: [BusID: Resident] = [:]
        var owners: [BusID: any DistributedActor] = [:]
        var nextName = 0
        var deliveries: [String: @Sendable (InboundDelivery) async throws -> [UInt8]] = [:]
    }

    public let configuration: BusConfiguration
    let table = Mutex(Table())
    let registry = ErrorRegistry()
    let running = RunningCalls()
    let listeners = Listeners()
    let mailbox = Mailbox<PeerCommand>()
    let correlations = Atomic<UInt64>(0)
    let events: AsyncStream<BusEvent>.Continuation
    /// The standing of this process with the broker, as it changes.
    public let standing: AsyncStream<BusEvent>
    public let thread: SocketThread
    let counters = BusCounters()

    public init(_ configuration: BusConfiguration) {
        self.configuration = configuration
        thread = SocketThread(name: "bus")
        (standing, events) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(64))
    }

    /// Connects; `standing` tells when the broker has let us in. A method name that two contracts share ends here.
    public func start() throws {
        let clashes = Catalogue.shared.clashes
        guard clashes.isEmpty else {
            throw BusError.contractMismatch("overloaded methods share a name on the wire: \(clashes.sorted())")
        }
        let events = events
        thread.start(
            { [self] thread in
                try PeerLoop(system: self, thread: thread)
            }, failed: { events.yield(.broken("\($0)")) })
    }

    /// Lets errors of this type cross the bus as what they are. Both sides register the same name.
    public func allow<Failure: Error & Codable & Sendable>(_ type: Failure.Type, as name: String) {
        registry.allow(type, as: name)
    }

    // MARK: the life of actors

    /// The name that the next actor of this task takes, instead of one that is made up.
    @TaskLocal static var nameHint: String?

    public func assignID<Act>(_ type: Act.Type) -> BusID where Act: DistributedActor, Act.ID == BusID {
        table.withLock { table in
            let name: String
            if let hint = Self.nameHint {
                name = hint
            } else {
                table.nextName += 1
                name = "\(type)-\(table.nextName)"
            }
            let id = BusID(role: configuration.slot.role, actor: name, slot: configuration.slot)
            precondition(
                table.residents[id]?.actor == nil && table.reserved.insert(id).inserted,
                "two actors are called \(id)")
            return id
        }
    }

    public func actorReady<Act>(_ actor: Act) where Act: DistributedActor, Act.ID == BusID {
        table.withLock { table in
            precondition(table.reserved.remove(actor.id) != nil, "\(actor.id) is ready without a name")
            table.residents[actor.id] = Resident(actor: actor, lane: Lane())
        }
    }

    public func resignID(_ id: BusID) {
        table.withLock { table in
            table.reserved.remove(id)
            table.residents[id] = nil
        }
    }

    /// Never asks the network: an actor of this process, or nil, which makes a proxy. A stub's type is never an
    /// actor's own, so a stub for an actor of this process is a proxy too, and its calls go round by the broker.
    public func resolve<Act>(id: BusID, as type: Act.Type) throws -> Act? where Act: DistributedActor, Act.ID == BusID {
        guard id.slot == configuration.slot else { return nil }
        guard let actor = table.withLock({ $0.residents[id]?.actor }) else {
            throw BusError.noSuchActor("\(id) is not in this process")
        }
        return actor as? Act
    }

    /// Makes an actor and serves it: others may call the methods of `contracts`, and nothing else of it. The main
    /// actor of a role is called `main`.
    @discardableResult
    public func serve<Act: DistributedActor>(
        as name: String = "main", _ contracts: any DistributedActor.Type..., make: (BusSystem) throws -> Act
    ) rethrows -> Act where Act.ID == BusID {
        let actor = try Self.$nameHint.withValue(name) { try make(self) }
        var methods: [String: Catalogue.Entry] = [:]
        for stub in contracts {
            methods.merge(
                Catalogue.shared.entries(
                    contract: Self.contractName(stub), stub: stub, actor: String(reflecting: Act.self))
            ) { first, _ in first }
        }
        table.withLock { table in
            table.owners[actor.id] = actor
            table.residents[actor.id]?.methods = methods
        }
        return actor
    }

    /// `Echo` of the stub type `$Echo<BusSystem>`.
    static func contractName(_ type: any DistributedActor.Type) -> String {
        let text = String(describing: type)
        return String(text.drop { $0 == "$" }.prefix { $0 != "<" })
    }

    public func makeInvocationEncoder() -> BusInvocationEncoder { BusInvocationEncoder() }
}

/// What changes in a process's standing on the bus.
public enum BusEvent: Sendable, Equatable {
    case joined(incarnation: UInt64)
    /// The broker is gone, or took us for dead; joining again goes on by itself.
    case parted
    /// The broker will never take this process: why.
    case expelled(String)
    /// The secret was not accepted.
    case rejected
    /// The broker promised that no more work comes.
    case drained
    /// The sockets could not be opened.
    case broken(String)
}

/// What a process saw of the bus since it started.
final class BusCounters: Sendable {
    let published = Atomic<UInt64>(0)
    let publishDropped = Atomic<UInt64>(0)
    let eventsReceived = Atomic<UInt64>(0)
    let eventsMissed = Atomic<UInt64>(0)
    let malformed = Atomic<UInt64>(0)
    let open = Atomic<Int>(0)
    /// In nanoseconds.
    let poolLag = Atomic<Int64>(0)
    let loopLag = Atomic<Int64>(0)
}

/// The counts at one moment.
public struct BusCounts: Sendable, Equatable {
    /// Publications that the socket took, and those that found it full.
    public var published: UInt64
    public var publishDropped: UInt64
    /// Events that came in, and those that never did or found a reader too slow.
    public var eventsReceived: UInt64
    public var eventsMissed: UInt64
    /// Frames that could not be understood.
    public var malformed: UInt64
    /// Calls that have begun here and not ended.
    public var running: Int
    /// Calls of this process that wait for an answer.
    public var open: Int
    /// In seconds: how long a task last waited for the pool, and how late the socket thread last was.
    public var poolLag: Double
    public var loopLag: Double
}

extension BusSystem {
    public var counts: BusCounts {
        BusCounts(
            published: counters.published.load(ordering: .relaxed),
            publishDropped: counters.publishDropped.load(ordering: .relaxed),
            eventsReceived: counters.eventsReceived.load(ordering: .relaxed),
            eventsMissed: counters.eventsMissed.load(ordering: .relaxed),
            malformed: counters.malformed.load(ordering: .relaxed), running: running.count,
            open: counters.open.load(ordering: .relaxed),
            poolLag: Double(counters.poolLag.load(ordering: .relaxed)) / 1e9,
            loopLag: Double(counters.loopLag.load(ordering: .relaxed)) / 1e9)
    }

    /// No new work, please; `standing` says `drained` when what was under way has come in.
    public func drain() { post(.drain) }

    /// Returns when no call that came in is in hand any more.
    public func idle() async { await running.idle() }

    /// Says good-bye and closes the sockets; open calls end as closed.
    public func stop() async {
        post(.leave)
        await thread.stop()
    }
}
