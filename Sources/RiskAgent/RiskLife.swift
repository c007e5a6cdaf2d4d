import Bus
import Contracts
import Glibc
import Host
import Risk
import Signals
import Store
import WebClient
import Worker

/// Wires the parts of the agent; the replica with the lease becomes the active one.
struct RiskLife: Sendable {
    private static let budgetPatience = Duration.milliseconds(1_500)

    let worker: WorkerContext
    let agent: RiskAgent

    init(_ worker: WorkerContext, _ settings: RiskSettings, _ store: Store) {
        self.worker = worker
        let bus = worker.bus
        let log = worker.log
        bus.allow(RiskFault.self, as: "RiskFault")
        var sources = RiskSources(
            now: { WallTime.now.nanoseconds }, budgets: { await Self.budgets(bus, log) },
            standing: { await Self.standing(of: $0, bus) })
        if let url = settings.outside {
            let outside = OutsidePolicy(
                url: url, deadline: settings.outsideDeadline, client: WebClient(metrics: worker.metrics))
            sources.outside = { await outside.opinion(on: $0) }
        }
        let birth = worker.birth
        let agent = RiskAgent(
            RiskAgent.Place(slot: birth.slot.description, data: birth.data, config: birth.config), store, sources,
            metrics: worker.metrics, log: log)
        self.agent = agent
        bus.serve($RiskDesk<BusSystem>.self) { RiskDeskActor(agent, store: store, own: birth.slot, actorSystem: $0) }
        bus.serve(as: RiskRelayActor.name, $RiskRelay<BusSystem>.self) {
            RiskRelayActor(agent, own: birth.slot, actorSystem: $0)
        }
    }

    /// The budgets as the telemetry agent sees them; none where it does not answer, and a figure that nobody knows fulfils
    /// no condition.
    private static func budgets(_ bus: BusSystem, _ log: Log) async -> [BudgetStanding] {
        do {
            let desk = try $TelemetryDesk<BusSystem>.resolve(id: BusID(role: "telemetry"), using: bus)
            let answer = try await withCallOptions(patience: budgetPatience, idempotent: true) {
                try await desk.objectives()
            }
            return answer.objectives.map { report in
                BudgetStanding(
                    objective: report.name, service: report.service, left: report.wholeLeft ?? report.budgetLeft,
                    burn: report.windows.compactMap(\.longBurn).max())
            }
        } catch {
            log.limited("budgets", .warning, "the error budgets are not known", ["why": "\(error)"])
            return []
        }
    }

    /// How Triage says that an incident stands now; nil where it cannot be asked: then what it said last counts.
    private static func standing(of incident: String, _ bus: BusSystem) async -> IncidentStanding? {
        guard let triage = try? $TriageDesk<BusSystem>.resolve(id: BusID(role: "triage"), using: bus) else {
            return nil
        }
        return try? await withCallOptions(patience: .milliseconds(1_500), idempotent: true) {
            try await triage.standing(of: incident)
        }
    }

    /// Looks at the files from now on, whether active or not.
    func start() {
        let agent = agent
        Task {
            while !Task.isCancelled {
                await agent.look()
                // A cancelled sleep ends the loop.
                do { try await Task.sleep(for: .seconds(1)) } catch { return }
            }
        }
    }

    /// Waits for the lease.
    func activate(when store: Store) async throws {
        for await state in store.states() where state == .writer { break }
        do { try await agent.activate() } catch {
            worker.log.error("this replica cannot become the active one", ["why": "\(error)"])
            exit(WorkerExit.failure)
        }
    }
}
