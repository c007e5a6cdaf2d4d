import Bus
import Contracts
import Worker

// The broker: the hub on its own thread, and a desk on the bus like any other process's.
let hub = HubKeeper()
WorkerProcess.run(
    window: 16, settings: BrokerSettings.init,
    serve: { worker, settings in
        try await hub.open(worker, settings)
        worker.bus.serve($BrokerDesk<BusSystem>.self) { BrokerActor(hub: hub, actorSystem: $0) }
    },
    finish: { await hub.close() })
