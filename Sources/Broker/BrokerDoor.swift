import ActionDoors
import Bus
import Contracts
import Doorkeeping
import Routing
import Signals

/// The broker's door for agents.
///
/// Isolates what is set, which nobody else changes, and the record of used capabilities, whose lines follow one another.
/// What is set is gone with the process: a broker begins with nothing paused, and only its record outlives it.
///
/// | interrupted by a crash | a repetition |
/// |---|---|
/// | `pause-queue` | sets it again, where the state is that before or after it |
/// | `drain-queue` | `unknown`: what waited was gone with the broker, and what waits now is something else |
actor BrokerDoor {
    private let table: DoorTable
    private let hub: BrokerHub
    private let door: LedgerDoor<Request>
    private let log: Log
    private let metrics: Metrics
    private let tell: @Sendable (ChangeNotice) -> Void
    private var settings = DoorSettings()

    private struct Request: Sendable {
        var order: ActionOrder
        var deed: DoorDeed
    }

    init(
        _ table: DoorTable, _ hub: BrokerHub, data: String, metrics: Metrics = .standard, log: Log,
        now: @escaping @Sendable () -> Int64 = { WallTime.now.nanoseconds },
        tell: @escaping @Sendable (ChangeNotice) -> Void
    ) {
        self.table = table
        self.hub = hub
        self.log = log
        self.metrics = metrics
        self.tell = tell
        door = LedgerDoor(role: table.door, data: data, metrics: metrics, log: log, now: now)
    }

    func sight(of action: ActionClass, target: String) async throws -> DoorSight {
        guard table.has(action, target) else {
            throw BusError.badArguments("the door \(table.door) has no \(action.rawValue) of \(target)")
        }
        let waiting = await hub.report().roles.first { $0.role == target }?.queued ?? 0
        return DoorSight(
            door: table.door, target: target, settings: settings.settings(of: action, target),
            figures: [ActionArgument("waiting", "\(waiting)"), ActionArgument("dead", "0")])
    }

    func perform(_ asked: DoorOrder, caller: String) async -> DoorAnswer {
        await withCheckedContinuation { continuation in
            take(asked, caller) { continuation.resume(returning: $0) }
        }
    }

    private func take(_ asked: DoorOrder, _ caller: String, _ reply: @escaping LedgerDoor<Request>.Reply) {
        let order = asked.order
        if let why = DoorCallers.refusal(caller) { return door.refuse(asked, why, reply) }
        let deed: DoorDeed
        do { deed = try table.deed(of: order) } catch { return door.refuse(asked, error.description, reply) }
        let request = Request(order: order, deed: deed)
        let now = table.state(of: order.action, order.target, settings)
        let work = door.take(asked, as: request, state: now) { [self] capability, _ in
            guard case .set(let words) = deed else {
                return .over(.unknown, "the broker died while it was done, and all that waited with it")
            }
            var after = settings
            after.set(order.action, order.target, words)
            guard now == capability.state || now == table.state(of: order.action, order.target, after) else {
                return .over(.unknown, "it was begun before a crash, and the state is another by now")
            }
            return .left([request])
        } reply: {
            reply($0)
        }
        guard let work, let request = work.requests.first else { return }
        // At once, so that whoever comes next is held against it.
        if case .set(let words) = request.deed { settings.set(order.action, order.target, words) }
        Task { await carryOut(request, work.id, work.author) }
    }

    private func carryOut(_ request: Request, _ id: UUID, _ author: String) async {
        let target = request.order.target
        var count = 0
        switch request.deed {
        case .set: await hub.pause(target, settings.isPaused(target))
        case .drain: count = await hub.drainQueue(target)
        case .redrive: break
        }
        let text = table.sentence(request.order, request.deed, count: count)
        tell(
            .action(id, door: table.door, target: target, text: text, author: author, at: WallTime.now.nanoseconds))
        _ = door.done(id, text)
    }
}
