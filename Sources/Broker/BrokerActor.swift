import Bus
import Contracts
import Distributed
import Routing

/// The broker's desk on the bus. It isolates nothing of its own: the hub's thread owns the state, and every question
/// is one message to it.
distributed actor BrokerActor: BrokerDesk, ActionDesk {
    typealias ActorSystem = BusSystem
    private let hub: HubKeeper
    private let agents: BrokerDoor

    init(hub: HubKeeper, agents: BrokerDoor, actorSystem: BusSystem) {
        self.hub = hub
        self.agents = agents
        self.actorSystem = actorSystem
    }

    distributed func load() async throws -> BrokerLoad {
        guard let report = await hub.current?.report() else { return BrokerLoad(roles: []) }
        return BrokerLoad(
            roles: report.roles.map { role in
                BrokerLoad.Role(
                    role: role.role, queued: role.queued,
                    workers: role.workers.map {
                        BrokerLoad.Worker(slot: $0.slot, incarnation: $0.incarnation, inHand: $0.inHand)
                    })
            },
            edges: report.edges.map {
                BrokerLoad.Edge(from: $0.from, to: $0.to, calls: $0.calls, deliveries: $0.deliveries)
            })
    }

    distributed func gone(slot: String, spawn: UInt64, blameless: Bool) async throws {
        hub.current?.gone(slot: slot, spawn: spawn, blameless: blameless)
    }

    distributed func sight(of action: ActionClass, target: String) async throws -> DoorSight {
        try await agents.sight(of: action, target: target)
    }

    distributed func perform(_ order: DoorOrder) async throws -> DoorAnswer {
        await agents.perform(order, caller: CallContext.current.caller)
    }
}
