import Bus
import Contracts
import Definitions
import Forge
import Glibc
import Host
import Remedies
import Signals
import Store
import Supervision
import WebClient
import Worker

/// Wires the parts of the agent; the replica with the lease becomes the active one.
struct RemediationLife: Sendable {
    let worker: WorkerContext
    let agent: RemediationAgent
    private let deployer: Deployer?
    private let pace: Duration

    init(_ worker: WorkerContext, _ settings: RemediationSettings, _ store: Store) {
        self.worker = worker
        pace = settings.pace
        let (bus, birth, log) = (worker.bus, worker.birth, worker.log)
        bus.allow(RemediationFault.self, as: "RemediationFault")
        bus.allow(RiskFault.self, as: "RiskFault")
        let neighbours = Neighbours(bus: bus, log: log)
        let now: @Sendable () -> Int64 = { WallTime.now.nanoseconds }
        var workshop: Workshop?
        var deployer: Deployer?
        var door: ForgeDoor?
        if let repository = Self.repository(birth.data, log) {
            let shop = Workshop(repository: repository, data: birth.data, log: log)
            let place = Self.elsewhere(birth.config, repository, worker.metrics, log)
            let deploys = Deployer(
                shop, data: birth.data, log: log, now: now, status: { try await neighbours.status() },
                deploy: { try await neighbours.deploy($0) }, raise: { await neighbours.raise($0) }, elsewhere: place)
            door = ForgeDoor(
                data: birth.data, store, place?.forge ?? LocalForge(repository), shop, deploys, log: log, now: now)
            (workshop, deployer) = (shop, deploys)
        }
        self.deployer = deployer
        let config = birth.config
        let (shop, gate) = (workshop, door)
        let outside = Outside(
            now: now,
            world: { orders in
                let plan = ConfigurationCheck.plan(in: config)
                async let commits = shop?.facts(now: now(), plan: plan) ?? []
                let cluster = await neighbours.cluster(now: now())
                var world = PlanningWorld(
                    roles: cluster.roles, doors: await neighbours.sights(orders), commits: await commits, now: now())
                world.deploying = cluster.deploying
                return world
            },
            state: { order in
                if order.door == ForgeDoor.name {
                    guard let gate else { throw BusError.unavailable("this cluster has no repository") }
                    return try await gate.state(order)
                }
                return try await neighbours.state(order)
            },
            permit: { try await neighbours.permit($0) },
            act: { order, kept in
                if order.order.door == ForgeDoor.name {
                    guard let gate else { return DoorAnswer(.refused, "this cluster has no repository") }
                    return try await gate.perform(order, kept)
                }
                return try await neighbours.act(order)
            },
            gate: { role, since in await neighbours.gate(role, since: since, now: now) })
        let agent = RemediationAgent(config: config, store, outside, metrics: worker.metrics, log: log)
        self.agent = agent
        bus.serve($RemediationDesk<BusSystem>.self) {
            RemediationDeskActor(agent, store: store, own: birth.slot, actorSystem: $0)
        }
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
                GitHubForge(place, repository: repository, client: WebClient(metrics: metrics)), clone: definition.clone,
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
        while !Task.isCancelled {
            await deployer?.turn()
            // A cancelled sleep ends the loop.
            do { try await Task.sleep(for: pace) } catch { return }
        }
    }
}
