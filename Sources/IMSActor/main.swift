import Bus
import Contracts
import Service
import Settings
import Store
import Worker

// The inventory service: its file, its door, its outbox and inbox.
let service = RunningService()
WorkerProcess.run(
    window: 64, settings: ServiceSettings.init,
    serve: { worker, settings in
        let store = try await ServiceStore.open(worker, migrations: Migrations.all)
        let writes = InventoryWrites(store)
        InventorySignals.begin()
        let desk = worker.bus.serve($ServiceDesk<BusSystem>.self) { IMSActor(store, writes, actorSystem: $0) }
        Incoming(store, InventoryWrites.handlers).start(on: worker.bus)
        _ = store.registerDeadLetters()
        let relay = await store.deliver(worker, attempts: settings.attempts)
        _ = store.measure(in: worker.metrics)
        _ = store.eachMinute({ while try await writes.forgetKeys(1_000) == 1_000 {} }, log: worker.log)
        let doors = Doors(desk: desk)
        let door = try ServiceDoor.open(
            doors.sign, routes: doors.routes, birth: worker.birth, settings: settings, store: store,
            metrics: worker.metrics, log: worker.log)
        service.began(door, relay: relay, store: store)
    },
    finish: { await service.end() })
