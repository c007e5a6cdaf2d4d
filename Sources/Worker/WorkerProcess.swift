public import Bus
import CHost
import Contracts
import Glibc
public import Host
public import Settings
public import Signals
import Synchronization

/// What a process's own code works with.
public struct WorkerContext: Sendable {
    public let birth: Birth
    public let bus: BusSystem
    public let log: Log
    public let metrics: Metrics
}

/// Exit codes, as sysexits.h has them.
public enum WorkerExit {
    public static let failure: Int32 = 1
    public static let configuration: Int32 = 78
}

/// Runs a process of the cluster: reads its birth and its settings, connects, says that it is ready, serves, and on
/// SIGTERM drains and exits.
///
/// It never decides how it is restarted: it says what is wrong, exits, and leaves the rest to the supervisor.
public final class WorkerProcess: Sendable {
    /// The variables of the birth, which `Birth.read` reads: no settings of a process.
    public static let birthVariables = [
        "KINTSUGI_SLOT", "KINTSUGI_SPAWN", "KINTSUGI_DATA", "KINTSUGI_RUN", "KINTSUGI_CONFIG",
        "KINTSUGI_PORT_OFFSET", "KINTSUGI_LISTEN",
    ]

    let context: WorkerContext
    private let finishing: @Sendable () async -> Void
    private let life = Mutex(WorkerLife())
    private let bell: Descriptor
    private let reporter: SignalsReporter
    private let (ended, end) = AsyncStream<Int32>.makeStream()

    private init(_ context: WorkerContext, finishing: @escaping @Sendable () async -> Void) throws {
        self.context = context
        self.finishing = finishing
        bell = try Descriptor.bell()
        reporter = SignalsReporter(
            slot: context.birth.slot, spawn: context.birth.spawn, bus: context.bus, metrics: context.metrics,
            log: context.log)
    }

    /// Runs until the end and exits the process. Call it from `main.swift`, before any other thread is made: signals
    /// are blocked first, and the main thread then waits for them while the pool works.
    ///
    /// - Parameters:
    ///   - window: how many calls the process takes at once; 0 for one that only calls.
    ///   - arguments: its flags.
    ///   - settings: asks for every setting the process knows; anything else that was given is a mistake.
    ///   - serve: registers actors and starts what the process does; after it returns the process joins the bus.
    ///   - finish: runs when no more work comes and none is in hand.
    public static func run<Options: Sendable>(
        window: Int = 64, arguments: [String] = Array(CommandLine.arguments.dropFirst()),
        settings: (Layers) -> Options, serve: @escaping @Sendable (WorkerContext, Options) async throws -> Void,
        finish: @escaping @Sendable () async -> Void = {}
    ) -> Never {
        host_share_arenas(8)
        do {
            let signals = try SignalReader([SIGTERM, SIGINT])
            signal(SIGPIPE, SIG_IGN)
            let birth = try Birth.read()
            Log.standard.identify(role: birth.slot.role, slot: birth.slot.number, incarnation: birth.spawn)
            let options = try Layers.read(
                arguments: arguments, environment: environment(),
                alsoKnown: birthVariables, file: settingsFile(of: birth)
            ) { (own: settings($0), remote: RemoteBus($0)) }
            var place = BusConfiguration(birth: birth, window: window)
            if let remote = options.remote {
                place.endpoints = remote.endpoints
                place.credentials = try remote.credentials()
            }
            let bus = BusSystem(place)
            let process = try WorkerProcess(
                WorkerContext(birth: birth, bus: bus, log: .standard, metrics: .standard), finishing: finish)
            Task.detached {
                do {
                    try await serve(process.context, options.own)
                    exit(try await process.live())
                } catch { exit(complain(error)) }
            }
            process.watch(signals)
        } catch { exit(complain(error)) }
    }

    /// What the configuration says about the role; nil where it says nothing.
    private static func settingsFile(of birth: Birth) throws(ConfigurationError) -> Document? {
        let path = "\(birth.config)/roles/\(birth.slot.role).yaml"
        guard !birth.config.isEmpty, access(path, F_OK) == 0 else { return nil }
        return try Document(path: path)
    }

    /// Says what is wrong; the code to exit with.
    private static func complain(_ error: any Error) -> Int32 {
        switch error {
        case let mistakes as ConfigurationError:
            Log.standard.error("the settings are not usable", ["mistakes": .text(mistakes.description)])
            return WorkerExit.configuration
        case let fault as BirthFault:
            Log.standard.error("the process was not born well", ["why": .text(fault.description)])
            return WorkerExit.configuration
        default:
            Log.standard.error("the process cannot work", ["why": "\(error)"])
            return WorkerExit.failure
        }
    }

    private static func environment() -> [String: String] {
        var variables: [String: String] = [:]
        var pointer = host_environment()
        while let entry = pointer?.pointee {
            let pair = String(cString: entry).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2 { variables[String(pair[0])] = String(pair[1]) }
            pointer = pointer?.successor()
        }
        return variables
    }

    // MARK: life

    private func live() async throws -> Int32 {
        let standing = Task { await followStanding() }
        let wanted = Task { await reporter.followWantedTraces() }
        try context.bus.start()
        let code = await ended.first { _ in true } ?? WorkerExit.failure
        standing.cancel()
        wanted.cancel()
        await finishing()
        await context.bus.stop()
        context.log.info("the process ends", ["exit": .integer(Int(code))])
        context.log.tellLeftOut(all: true)
        return code
    }

    /// Waits for what comes from outside the bus: signals, the guardian's end, the clock. This thread never touches
    /// the pool, so a blocked pool cannot keep a process from being told to stop.
    private func watch(_ signals: SignalReader) -> Never {
        var next = Moment.now + .seconds(1)
        var orphaned = false
        while true {
            let until = min(life.withLock { $0.deadline }, next)
            var interests = [Poll.interest(signals.descriptor.number), Poll.interest(bell.number)]
            if !orphaned { interests.append(Poll.interest(context.birth.lifeline.number)) }
            let ready = Poll.wait(interests, until: until.nanoseconds)
            if ready[0].revents != 0, let taken = try? signals.take(), !taken.isEmpty { happened(.stopWanted) }
            if ready[1].revents != 0 { bell.silence() }
            if !orphaned, ready[2].revents != 0 {
                orphaned = true
                context.log.error("the guardian is gone; leaving in a minute")
                happened(.guardianGone)
            }
            happened(.tick)
            if Moment.now >= next {
                next = Moment.now + .seconds(1)
                reporter.report()
                context.log.tellLeftOut()
            }
        }
    }

    private func followStanding() async {
        for await event in context.bus.standing {
            switch event {
            case .joined(let incarnation):
                context.log.info("joined the bus", ["incarnation": .integer(Int(clamping: incarnation))])
                happened(.joined)
            case .parted: context.log.warning("the broker is gone, or took this process for dead; joining again")
            case .rejected: context.log.limited("rejected", .error, "the broker did not accept the birth secret")
            case .expelled(let reason):
                context.log.error("the broker does not take this process", ["why": .text(reason)])
                happened(.expelled)
            case .broken(let reason):
                context.log.error("the bus cannot be opened", ["why": .text(reason)])
                happened(.expelled)
            case .drained:
                Task {
                    await context.bus.idle()
                    happened(.idle)
                }
            }
        }
    }

    private func happened(_ event: WorkerLife.Event) {
        let effects = life.withLock { $0.handle(event, now: .now) }
        for effect in effects {
            switch effect {
            case .announceReady:
                do { try context.birth.announceReady() } catch {
                    context.log.error("nobody hears that this process is ready", ["why": "\(error)"])
                }
            case .drain:
                context.log.info("draining")
                context.bus.drain()
                bell.ring()
            case .finish(let exit): end.yield(exit)
            }
        }
    }
}

extension BusConfiguration {
    /// A process's place on the bus, as it was born to it.
    public init(birth: Birth, window: Int) {
        self.init(
            endpoints: BusEndpoints(run: birth.run),
            credentials: .secret(
                user: ClusterKey.user(birth.slot, spawn: birth.spawn),
                secret: ClusterKey.busSecret(of: birth.slot, spawn: birth.spawn, birthSecret: birth.secret)),
            slot: birth.slot, spawn: birth.spawn, window: window)
    }
}
