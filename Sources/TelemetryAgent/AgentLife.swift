import Bus
import Contracts
import Definitions
import Glibc
import Host
import Senses
import Service
import Signals
import Store
import Supervision
import Web
import Worker

/// Wires the parts of the agent, and opens its door when this replica becomes the active one.
struct AgentLife: Sendable {
    let worker: WorkerContext
    let settings: TelemetrySettings
    let archive: Archive
    let agent: TelemetryAgent
    let hearing: Hearing
    let canaries: CanaryRounds
    let exporter: Exporter?

    init(_ worker: WorkerContext, _ settings: TelemetrySettings, _ store: Store) throws {
        self.worker = worker
        self.settings = settings
        let plan = try ClusterFile.read(path: "\(worker.birth.config)/cluster.yaml")
        let triage = settings.findingsTo ?? (plan.role(named: "triage") == nil ? nil : "triage")
        archive = Archive(store, retention: settings.retention, triage: triage)
        let found = Definitions.objectives(in: "\(worker.birth.config)/slo")
        let objectives = ObjectiveBook(
            found.objectives, mistakes: (found.mistakes + found.notes).map { "\($0)" }, haste: settings.haste)
        for mistake in objectives.mistakes {
            worker.log.error("an objective was not understood", ["mistake": .text(mistake)])
        }
        let observatory = Observatory(
            budget: Observatory.Budget(bytes: settings.budget), bounds: Self.bounds(plan),
            doors: Self.doors(plan, offset: worker.birth.portOffset), objectives: objectives)
        let agent = TelemetryAgent(
            observatory, archive: archive, worker: worker,
            outside: plan.roles.filter(\.isOutside).map(\.name))
        self.agent = agent
        canaries = try CanaryRounds(worker, agent, plan: plan)
        exporter = settings.export.map { url in
            Exporter(url, metrics: worker.metrics, log: worker.log) { await agent.isActive }
        }
        hearing = Hearing(agent: agent, bus: worker.bus, data: worker.birth.data, exporter: exporter)
        let canaries = canaries
        worker.bus.serve($TelemetryDesk<BusSystem>.self) {
            TelemetryDeskActor(agent, rounds: canaries, store: store, own: worker.birth.slot, actorSystem: $0)
        }
        Incoming(
            store,
            [
                Incoming.Handler("change", ChangeNotice.self) { context, _, change in
                    try Tables.keep(change, context)
                    Task { await agent.hear(change) }
                }
            ]
        ).start(on: worker.bus)
    }

    private static func doors(_ plan: ClusterPlan, offset: Int) -> [(address: String, node: String)] {
        plan.roles.flatMap { role in
            plan.listeners.filter { role.listens.contains($0.name) }.map {
                (address: "\($0.address):\(Int($0.port) + offset)", node: role.name)
            }
        }
    }

    private static func bounds(_ plan: ClusterPlan) -> LimitBook.Bounds {
        var bounds = LimitBook.Bounds()
        bounds.memory = plan.roles.compactMap { role in
            role.limits.memoryBytes.map { (role: role.name, bytes: Double($0)) }
        }
        bounds.workers = plan.roles.map { (role: $0.name, count: $0.replicas) }
        bounds.processors = Double(max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        var files = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files) == 0 {
            bounds.descriptors = Double(files.rlim_cur)
        }
        return bounds
    }

    func start() {
        hearing.start()
        if let exporter { Task { await exporter.run() } }
    }

    /// Waits for the lease; then takes over what the one before left, and lets OpenTelemetry in.
    func activate(when store: Store, service: RunningService) async throws {
        for await state in store.states() where state == .writer { break }
        do {
            try await agent.activate()
            var limits = ServerLimits()
            limits.bodyBytes = 64 << 20
            limits.bodiesBytes = 128 << 20
            limits.connections = 1_024
            limits.inHand = 64
            limits.requestTime = .seconds(30)
            let receiving = Receiving(agent: agent, archive: archive, log: worker.log)
            let otlp = OTLPDoor(metrics: worker.metrics) { await receiving.take($0) }
            let door = try ServiceDoor.open(
                OTLPDoor.sign, routes: otlp.routes, birth: worker.birth, settings: settings.service, store: store,
                metrics: worker.metrics, log: worker.log, limits: limits)
            let relay = await store.deliver(worker, attempts: settings.service.attempts)
            let archive = archive
            _ = store.eachMinute({ try await archive.forget(now: Self.now) }, log: worker.log)
            canaries.start()
            service.began(door, relay: relay, store: store)
        } catch {
            worker.log.error("this replica cannot become the active one", ["why": "\(error)"])
            exit(WorkerExit.failure)
        }
    }

    private static var now: Int64 { WallTime.now.nanoseconds }
}
