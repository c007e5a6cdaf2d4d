import Contracts
import Host
import Service
import Settings
import Store
import Worker

// The agent for people: the console, notices, and what is written of incidents.
let service = RunningService()
WorkerProcess.run(
    window: 64, settings: CommsSettings.init,
    serve: { worker, settings in
        let store = try await ServiceStore.open(worker, migrations: Tables.migrations)
        let life = try CommsLife(worker, settings, store)
        let door = try life.openDoor()
        life.start()
        _ = store.measure(in: worker.metrics)
        service.began(door, store: store)
    },
    finish: { await service.end() })
