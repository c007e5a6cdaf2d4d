import Bus
import Contracts
import Definitions
import Forge
import Glibc
import Host
import Remedies
import Routing
import Signals
import Store
import Supervision
import WebClient
import Worker

/// Wires the parts of the agent; the replica with the lease becomes the active one.
struct RemediationLife: Sendable {
    let worker: WorkerContext
    let agent: RemediationAgent
    private let hands: Hands?
    private let pace: Duration

    /// What works on the cluster's repository.
    private struct Hands: Sendable {
        let workshop: Workshop
        let pipeline: Pipeline
        let deployer: Deployer
        let door: ForgeDoor
        let pulls: PullWatch
        let forge: any Forge
        let detective: Detective

        init(_ repository: Repository, _ worker: WorkerContext, _ store: Store, _ neighbours: Neighbours) {
            let (data, log) = (worker.birth.data, worker.log)
            let now: @Sendable () -> Int64 = { WallTime.now.nanoseconds }
            workshop = Workshop(repository: repository, data: data, log: log)
            let status: @Sendable () async throws -> ClusterStatus = { try await neighbours.status() }
            pipeline = Pipeline(
                workshop, data: data, ground: Ground(status: status),
                steps: OwnSteps(agent: "remediation", worker.metrics), log: log, now: now)
            let origins = Origins(
                workshop: workshop, files: pipeline.files, store: pipeline.store, log: log, now: now)
            let place = RemediationLife.elsewhere(worker.birth.config, repository, worker.metrics, log)
            deployer = Deployer(
                workshop, Programs(workshop: workshop, pipeline: pipeline, origins: origins, log: log), data: data,
                log: log, now: now, status: status, deploy: { try await neighbours.deploy($0) },
                raise: { await neighbours.raise($0) }, elsewhere: place)
            forge = place?.forge ?? LocalForge(repository)
            door = ForgeDoor(data: data, store, forge, workshop, pipeline, deployer, log: log, now: now)
            pulls = PullWatch(forge, workshop, pipeline, log: log, now: now)
            detective = Detective(
                workshop, pipeline, data: data, config: worker.birth.config, log: log, now: now)
        }
    }

    init(_ worker: WorkerContext, _ settings: RemediationSettings, _ store: Store) {
        self.worker = worker
        pace = settings.pace
        let (bus, birth, log) = (worker.bus, worker.birth, worker.log)
        bus.allow(RemediationFault.self, as: "RemediationFault")
        bus.allow(RiskFault.self, as: "RiskFault")
        bus.allow(ForgeRefusal.self, as: "ForgeRefusal")
        let neighbours = Neighbours(bus: bus, log: log)
        let hands = Self.repository(birth.data, log).map { Hands($0, worker, store, neighbours) }
        self.hands = hands
        let agent = RemediationAgent(
            config: birth.config, store, Self.outside(neighbours, hands, config: birth.config),
            metrics: worker.metrics, log: log)
        self.agent = agent
        let succession = Succession(agent: agent, store: store, own: birth.slot)
        bus.serve($RemediationDesk<BusSystem>.self) { RemediationDeskActor(agent, succession, actorSystem: $0) }
        guard let hands else { return }
        let now: @Sendable () -> Int64 = { WallTime.now.nanoseconds }
        bus.serve(as: ForgeRefusal.desk, $ForgeDesk<BusSystem>.self) {
            ForgeDeskActor(hands.forge, hands.workshop.repository, now: now, actorSystem: $0)
        }
        bus.serve(as: PipelineAnswer.desk, $PipelineDesk<BusSystem>.self) {
            PipelineDeskActor(hands.pipeline, hands.workshop, succession, actorSystem: $0)
        }
    }

    private static func outside(_ neighbours: Neighbours, _ hands: Hands?, config: String) -> Outside {
        let now: @Sendable () -> Int64 = { WallTime.now.nanoseconds }
        // Whom this agent may not ask has no door for it.
        let access = try? AccessFile.read(path: "\(config)/acl.yaml")
        let hasDoor: @Sendable (String) -> Bool = { access?.access.mayCall("remediation", $0, delivery: false) ?? true }
        return Outside(
            now: now,
            search: { await hands?.detective.search($0) },
            world: { question, orders in
                let plan = ConfigurationCheck.plan(in: config)
                async let commits =
                    hands?.detective.weighed(question) {
                        await hands?.workshop.facts(now: now(), plan: plan, also: $0) ?? []
                    } ?? []
                let cluster = await neighbours.cluster(now: now())
                // What only stands in for something outside is not this cluster's to restart.
                let own = cluster.roles.filter { role in plan?.role(named: role.role)?.isOutside != true }
                var world = PlanningWorld(
                    roles: own, doors: await neighbours.sights(orders.filter { hasDoor($0.door) }),
                    commits: await commits, now: now())
                world.deploying = cluster.deploying
                return world
            },
            state: { order in
                if order.door == ForgeDoor.name {
                    guard let hands else { throw BusError.unavailable("this cluster has no repository") }
                    return try await hands.door.state(order)
                }
                return try await neighbours.state(order)
            },
            permit: { try await neighbours.permit($0) },
            act: { order, kept in
                if order.order.door == ForgeDoor.name {
                    guard let hands else { return DoorAnswer(.refused, "this cluster has no repository") }
                    return try await hands.door.perform(order, kept)
                }
                return try await neighbours.act(order)
            },
            gate: { role, since in await neighbours.gate(role, since: since, now: now) })
    }

    /// The forge that the configuration names; nil for the cluster's own repository, and where it cannot be used.
    private static func elsewhere(
        _ config: String, _ repository: Repository, _ metrics: Metrics, _ log: Log
    ) -> Elsewhere? {
        do {
            guard let definition = try Definitions.forge(file: "\(config)/forge.yaml") else { return nil }
            let place = try GitHubPlace(
                url: definition.url, owner: definition.owner, name: definition.name, tokenFile: definition.tokenFile)
            return Elsewhere(
                GitHubForge(place, repository: repository, client: WebClient(metrics: metrics)),
                clone: definition.clone,
                every: definition.every, log: log)
        } catch {
            log.error("the forge of the configuration cannot be used", ["why": "\(error)"])
            return nil
        }
    }

    private static func repository(_ data: String, _ log: Log) -> Repository? {
        let path = Repository.place(data: data)
        guard Repository.exists(at: path) else {
            log.info("this cluster has no repository: nothing is deployed, and no pull request is made")
            return nil
        }
        do throws(ForgeFault) { return try Repository.open(path) } catch {
            log.error("the repository cannot be opened: nothing is deployed", ["why": "\(error)"])
            return nil
        }
    }

    /// Waits for the lease.
    func activate(when store: Store) async throws {
        for await state in store.states() where state == .writer { break }
        do { try await agent.activate() } catch {
            worker.log.error("this replica cannot become the active one", ["why": "\(error)"])
            exit(WorkerExit.failure)
        }
        await hands?.pipeline.open()
        while !Task.isCancelled {
            await hands?.deployer.turn()
            await hands?.pulls.turn()
            // A cancelled sleep ends the loop.
            do { try await Task.sleep(for: pace) } catch { return }
        }
    }
}
