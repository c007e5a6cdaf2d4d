import Bus
import Contracts
import Doorkeeping
import Host
import Routing
import Worker

// The broker: the hub on its own thread, and a desk on the bus like any other process's.
let hub = HubKeeper()
WorkerProcess.run(
    window: 16, settings: BrokerSettings.init,
    serve: { worker, settings in
        try await hub.open(worker, settings)
        guard let current = hub.current else { return }
        let bus = worker.bus
        let roles = current.configuration.access.roles.map(\.name)
        let agents = BrokerDoor(.broker(roles: roles), current, data: worker.birth.data, log: worker.log) {
            if let notice = try? Packed.encode($0) { bus.publish("changes.\(worker.birth.slot.role)", notice) }
        }
        bus.serve($BrokerDesk<BusSystem>.self, $ActionDesk<BusSystem>.self) {
            BrokerActor(hub: hub, agents: agents, actorSystem: $0)
        }
    },
    finish: { await hub.close() })
