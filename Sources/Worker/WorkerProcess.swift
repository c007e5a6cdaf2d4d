public import Bus
import CHost
public import Contracts
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

    private let context: WorkerContext
    private let finishing: @Sendable () async -> Void
    private let life = Mutex(WorkerLife())
    private let bell: Descriptor
    private let (ended, end) = AsyncStream<Int32>.makeStream()

    private init(_ context: WorkerContext, finishing: @escaping @Sendable () async -> Void) throws {
        self.context = context
        self.finishing = finishing
        bell = try Descriptor.bell()
    }

    /// Runs until the end and exits the process.
    ///
    /// - Parameters:
    ///   - window: how many calls the process takes at once; 0 for one that only calls.
    ///   - settings: asks for every setting the process knows; anything else that was given is a mistake.
    ///   - serve: registers actors and starts what the process does; after it returns the process joins the bus.
    ///   - finish: runs when no more work comes and none is in hand.
    public static func run<Options: Sendable>(
        window: Int = 64, settings: (Layers) -> Options,
        serve: (WorkerContext, Options) async throws -> Void,
        finish: @escaping @Sendable () async -> Void = {}
    ) async -> Never {
        // Read from a descriptor from here on; threads made later inherit the mask.
        let signals = try? SignalReader([SIGTERM, SIGINT])
        signal(SIGPIPE, SIG_IGN)
        do {
            let birth = try Birth.read()
            let log = Log.standard
            log.identify(role: birth.slot.role, slot: birth.slot.number, incarnation: birth.spawn)
            let options = try Layers.read(
                arguments: Array(CommandLine.arguments.dropFirst()), environment: environment(),
                alsoKnown: birthVariables, settings)
            let bus = BusSystem(BusConfiguration(birth: birth, window: window))
            let context = WorkerContext(birth: birth, bus: bus, log: log, metrics: .standard)
            try await serve(context, options)
            guard let signals else { throw BusError.closed("signals cannot be read in this process") }
            exit(try await WorkerProcess(context, finishing: finish).live(signals))
        } catch let mistake as ConfigurationError {
            Log.standard.error("the settings are not usable", ["mistakes": .text(mistake.description)])
            exit(WorkerExit.configuration)
        } catch let fault as BirthFault {
            Log.standard.error("the process was not born well", ["why": .text(fault.description)])
            exit(WorkerExit.configuration)
        } catch {
            Log.standard.error("the process cannot work", ["why": "\(error)"])
            exit(WorkerExit.failure)
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

    private func live(_ signals: SignalReader) async throws -> Int32 {
        let watch = WatchThread(
            signals: signals, lifeline: context.birth.lifeline, bell: bell,
            deadline: { [self] in life.withLock { $0.deadline } },
            happened: { [self] in happened($0) }, everySecond: { [self] in publishMetrics() })
        watch.start()
        let standing = Task { await followStanding() }
        try context.bus.start()
        var code = WorkerExit.failure
        for await exit in ended {
            code = exit
            break
        }
        standing.cancel()
        await finishing()
        await context.bus.stop()
        context.log.info("the process ends", ["exit": .integer(Int(code))])
        return code
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
        if case .guardianGone = event {
            context.log.error("the guardian is gone; leaving in a minute")
            bell.ring()
        }
    }

    // MARK: metrics

    private func publishMetrics() {
        ProcessReading.now()?.record(in: context.metrics)
        context.bus.record(in: context.metrics)
        let slot = context.birth.slot
        let report = MetricsReport(
            slot: slot, spawn: context.birth.spawn, snapshot: context.metrics.snapshot())
        guard let body = try? Packed.encode(report) else { return }
        context.bus.publish("metrics.\(slot.role)", body)
    }
}

/// What a process tells of its metrics, once a second, on the topic `metrics.ROLE`.
public struct MetricsReport: Codable, Sendable {
    public var slot: SlotName
    public var spawn: UInt64
    public var snapshot: MetricsSnapshot

    public init(slot: SlotName, spawn: UInt64, snapshot: MetricsSnapshot) {
        self.slot = slot
        self.spawn = spawn
        self.snapshot = snapshot
    }
}

extension BusConfiguration {
    /// A process's place on the bus, as it was born to it.
    public init(birth: Birth, window: Int) {
        self.init(
            endpoints: BusEndpoints(run: birth.run),
            credentials: .secret(user: "\(birth.slot)#\(birth.spawn)", secret: birth.secret), slot: birth.slot,
            spawn: birth.spawn, window: window)
    }
}
