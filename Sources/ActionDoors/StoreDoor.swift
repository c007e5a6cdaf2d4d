import Bus
import Capabilities
public import Contracts
public import Doorkeeping
import Host
public import Signals
public import Store
import Synchronization

/// The door of a service with a store, in each of its replicas.
///
/// What is set are rows of the service's own file: the use of the capability, its result and the setting are one
/// transaction of the process that writes, whichever replica was asked. Every replica reads the rows five times a second
/// and acts on them.
public final class StoreDoor: Sendable {
    /// How often the rows are looked at.
    static let pace = Duration.milliseconds(200)

    /// What can be asked here.
    public let table: DoorTable
    private let store: Store
    private let command: WriteCommand<DoorCall, DoorResult>
    private let tell: @Sendable (ChangeNotice) -> Void
    private let metrics: Metrics
    private let log: Log
    /// As they were read last; nil until they could be read once.
    private let settings = Mutex<DoorSettings?>(nil)

    /// The door of a service whose file has the tables of `DoorRows`; `data` is where the keys of Risk are. Once for each
    /// store, before anything is written.
    public init(
        _ table: DoorTable, _ store: Store, data: String, metrics: Metrics, log: Log,
        tell: @escaping @Sendable (ChangeNotice) -> Void
    ) {
        self.table = table
        self.store = store
        self.metrics = metrics
        self.log = log
        self.tell = tell
        command = store.register("door.perform") { context, call in
            try DoorTransaction(table: table, data: data).run(call, context)
        }
    }

    // MARK: being asked

    /// How what an action would change stands now.
    public func sight(of action: ActionClass, target: String) async throws -> DoorSight {
        guard table.has(action, target) else {
            throw BusError.badArguments("the door \(table.door) has no \(action.rawValue) of \(target)")
        }
        let isQueue = action == .pauseQueue || action == .drainQueue || action == .redrive
        let (settings, figures) = try await available {
            try await store.read { connection in
                (
                    try DoorRows.settings(connection),
                    isQueue ? try DoorRows.figures(target, connection) : [ActionArgument]()
                )
            }
        }
        return DoorSight(
            door: table.door, target: target, settings: settings.settings(of: action, target), figures: figures)
    }

    /// Carries an order out, or says why not; `caller` is the slot that asks, as the bus knows it.
    public func perform(_ order: DoorOrder, caller: String) async throws -> DoorAnswer {
        if let why = DoorCallers.refusal(caller) {
            metrics.countCapability(door: table.door, "refused")
            log.refused(order.order, why)
            return DoorAnswer(.refused, why)
        }
        let result = try await available { try await command(DoorCall(order: order)) }
        metrics.countCapability(door: table.door, result.kind.rawValue)
        // Told again with a repetition, under the same name: who was asked first may have died before it could tell.
        if let notice = result.notice { tell(notice) }
        switch result.kind {
        case .accepted:
            log.info("an agent's order is carried out", ["what": .text(result.answer.text)])
            _ = await look()
        case .refused: log.refused(order.order, result.answer.text)
        case .again: break
        }
        return result.answer
    }

    /// No refusal: the same order may be taken in a moment.
    private func available<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        do { return try await body() } catch let error as StoreError {
            throw BusError.unavailable("the door \(table.door) cannot look into its file; ask again: \(error)")
        }
    }

    // MARK: acting on what is set

    /// The targets to which nothing is to be sent: until the rows could be read once, to none.
    public var held: [String] {
        settings.withLock { $0?.held(table) } ?? table.targets(of: .pauseQueue)
    }

    /// Reads the rows; true when they are others than before.
    @discardableResult
    public func look() async -> Bool {
        do {
            let found = try await store.read { try DoorRows.settings($0) }
            return settings.withLock { known in
                defer { known = found }
                return known != found
            }
        } catch {
            log.limited(
                "door settings", .warning, "what is set at the door cannot be read; what was known holds",
                ["why": "\(error)"])
            return false
        }
    }

    /// Lets `act` act on what is set, at once and after each change, until it is cancelled.
    public func follow(_ act: @escaping @Sendable (DoorSettings) async -> Void) -> Task<Void, Never> {
        Task {
            var last: DoorSettings?
            while !Task.isCancelled {
                await look()
                if let now = settings.withLock({ $0 }), now != last {
                    last = now
                    show(now)
                    await act(now)
                }
                // A cancelled sleep ends the loop.
                do { try await Task.sleep(for: Self.pace) } catch { return }
            }
        }
    }

    private func show(_ settings: DoorSettings) {
        for target in table.targets(of: .pauseQueue) {
            metrics.gauge(
                "\(table.door).queue.paused", help: "Whether somebody has said that nothing is sent: 0 no, 1 yes",
                labels: ["target": target]
            ).set(settings.isPaused(target) ? 1 : 0)
        }
        for target in table.targets(of: .breaker) {
            let held = settings.breaker(target)
            metrics.gauge(
                "\(table.door).breaker.held", help: "What the breaker is held at: 0 by itself, 1 closed, 2 open",
                labels: ["target": target]
            ).set(held == .auto ? 0 : held == .closed ? 1 : 2)
        }
        for target in table.targets(of: .shedLoad) {
            metrics.gauge(
                "\(table.door).load.shed.percent", help: "The share of what would be written that is turned away",
                labels: ["role": target]
            ).set(Double(settings.shed(target)))
        }
    }
}

/// Who may ask a door for anything.
public enum DoorCallers {
    static let roles = ["remediation", "operator"]

    /// Why not; nil for those who may.
    public static func refusal(_ caller: String) -> String? {
        guard SlotName(caller).map({ roles.contains($0.role) }) ?? false else {
            let found = caller.isEmpty ? "nobody that the bus knows" : caller
            return "expected a caller of the role \(roles.joined(separator: " or ")), found \(found)"
        }
        return nil
    }
}
