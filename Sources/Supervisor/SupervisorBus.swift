import Bus
import Contracts
import Distributed
import Host
import Signals
import Synchronization
import Worker

/// The supervisor's place on the bus: it takes the broker's reports of hung workers, tells the broker of exits, and
/// gathers what the processes say of themselves. The loop of the supervisor works on without it when the broker is
/// away.
final class SupervisorBus: Sendable {
    private struct Heard: Sendable {
        var report: MetricsReport
        var at: Moment
    }
    /// A process that has said nothing for so long is left out of the metrics.
    private static let forgottenAfter = Duration.seconds(10)

    private let bus: BusSystem
    private let reporter: SignalsReporter
    private let inbox: Inbox
    private let own: Identity
    private let metrics = Mutex<[SlotName: Heard]>([:])
    private let load = Mutex<BrokerLoad?>(nil)

    init(birth: Birth, inbox: Inbox) {
        self.inbox = inbox
        own = Identity(
            role: birth.slot.role, slot: birth.slot.number, incarnation: birth.spawn, pid: ProcessFiles.ownNumber)
        bus = BusSystem(BusConfiguration(birth: birth, window: 64))
        reporter = SignalsReporter(slot: birth.slot, spawn: birth.spawn, bus: bus)
        bus.serve($SupervisorDesk<BusSystem>.self) { SupervisorActor(inbox: inbox, actorSystem: $0) }
    }

    func start() throws {
        try bus.start()
        let reports = bus.subscribe("metrics.")
        Task.detached { [self] in
            for await event in reports {
                guard let report = try? Packed.decode(MetricsReport.self, from: event.body) else { continue }
                // A process speaks for itself only; what the supervisor says of itself is known here.
                guard event.sender == report.slot.description, report.slot.role != own.role else { continue }
                metrics.withLock { $0[report.slot] = Heard(report: report, at: .now) }
            }
        }
        Task.detached { [reporter] in await reporter.followWantedTraces() }
        Task.detached { [self] in
            for await event in bus.standing {
                if case .rejected = event {
                    Log.standard.limited("rejected", .error, "the broker did not accept the supervisor's secret")
                }
            }
        }
    }

    /// Says what the supervisor itself measures and logs; once a second.
    func report() { reporter.report() }

    /// Tells whoever watches the processes.
    func tell(_ notice: ProcessNotice) { publish("cluster.processes", notice) }

    /// Tells whoever looks for the causes of things that somebody changed something.
    func tell(_ change: ChangeNotice) { publish("changes.supervisor", change) }

    private func publish(_ topic: String, _ notice: some Encodable & Sendable) {
        guard let body = try? Packed.encode(notice) else { return }
        bus.publish(topic, body)
    }

    /// Tells the broker of an exit, so that what the dead worker had in hand is answered at once.
    func gone(_ slot: SlotName, spawn: UInt64, blameless: Bool) {
        guard slot.role != "broker" else { return }
        Task.detached { [bus] in
            let broker = try $BrokerDesk<BusSystem>.resolve(id: BusID(role: "broker"), using: bus)
            try await withCallOptions(patience: .seconds(2), idempotent: true) {
                try await broker.gone(slot: slot.description, spawn: spawn, blameless: blameless)
            }
        }
    }

    /// Asks how the objectives stand; the inbox hears of it, with nil where nobody answers.
    func askObjectives(commit: String, role: String?, since: [ObjectiveReport]) {
        Task.detached { [self] in
            let telemetry = try $TelemetryDesk<BusSystem>.resolve(id: BusID(role: "telemetry"), using: bus)
            let answer = try? await withCallOptions(patience: .seconds(2), idempotent: true) {
                try await telemetry.objectives()
            }
            inbox.post(.objectives(commit: commit, role: role, since: since, now: answer?.objectives))
        }
    }

    /// Asks that start of the broker for its load; the inbox hears of the answer, and `completed` tells the last one.
    func askLoad(of spawn: UInt64) {
        Task.detached { [self] in
            let broker = try $BrokerDesk<BusSystem>.resolve(id: BusID(role: "broker"), using: bus)
            do {
                let now = try await withCallOptions(patience: .seconds(1)) { try await broker.load() }
                load.withLock { $0 = now }
                inbox.post(.brokerAnswered(spawn: spawn))
            } catch {
                load.withLock { $0 = nil }
                switch error as? BusError {
                case .late, .lost, .closed: break
                // Refused is answered, too: it lives.
                default: inbox.post(.brokerAnswered(spawn: spawn))
                }
            }
        }
    }

    /// The status with what the broker last said of the slot.
    func completed(_ status: SlotStatus) -> SlotStatus {
        guard let role = load.withLock({ $0?.roles.first { $0.role == status.role } }) else { return status }
        var status = status
        status.queued = role.queued
        status.inFlight = role.workers.first { $0.slot == status.name }?.inHand
        return status
    }

    /// The metrics of all processes, as Prometheus reads them.
    func prometheusText() -> String {
        let now = Moment.now
        let heard = metrics.withLock { metrics in
            metrics = metrics.filter { now.since($0.value.at) < Self.forgottenAfter }
            return metrics.values.sorted { $0.report.slot < $1.report.slot }
        }
        return PrometheusText.render(
            [(identity: own, metrics: Metrics.standard.snapshot())]
                + heard.map { heard in
                    let slot = heard.report.slot
                    let identity = Identity(
                        role: slot.role, slot: slot.number, incarnation: heard.report.spawn, pid: 0)
                    return (identity: identity, metrics: heard.report.snapshot)
                })
    }
}

/// The supervisor's desk on the bus. It isolates nothing: every letter goes to the supervisor's own loop.
distributed actor SupervisorActor: SupervisorDesk {
    typealias ActorSystem = BusSystem
    private let inbox: Inbox

    init(inbox: Inbox, actorSystem: BusSystem) {
        self.inbox = inbox
        self.actorSystem = actorSystem
    }

    distributed func hung(slot: String, spawn: UInt64) async throws {
        guard let name = SlotName(slot) else { throw BusError.badArguments("\"\(slot)\" is no slot") }
        inbox.post(.hung(name, spawn: spawn))
    }

    distributed func status() async throws -> ClusterStatus {
        let answer = await withCheckedContinuation { continuation in
            inbox.post(.request(.status, reply: { continuation.resume(returning: $0) }))
        }
        guard case .status(let status) = answer else { throw BusError.unavailable("the supervisor has just started") }
        return status
    }

    distributed func deploy(_ order: DeployOrder) async throws -> ControlAnswer {
        await withCheckedContinuation { continuation in
            inbox.post(.deploy(order, reply: { continuation.resume(returning: $0) }))
        }
    }

    distributed func act(_ order: DoorOrder) async throws -> DoorAnswer {
        let answer = await withCheckedContinuation { continuation in
            inbox.post(.order(order, reply: { continuation.resume(returning: $0) }))
        }
        // No refusal: the same order may be taken in a moment.
        guard let answer else { throw BusError.unavailable("the supervisor has just started; ask again") }
        return answer
    }
}
