import ActionDoors
import Bus
import Contracts
import Doorkeeping
import Host
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
        let (role, bus) = (worker.birth.slot.role, worker.bus)
        let agents = StoreDoor(.inventory, store, data: worker.birth.data, metrics: worker.metrics, log: worker.log) {
            if let notice = try? Packed.encode($0) { bus.publish("changes.\(role)", notice) }
        }
        let shedder = LoadShedder(role: role, metrics: worker.metrics)
        await agents.look()
        InventorySignals.begin()
        let desk = bus.serve($ServiceDesk<BusSystem>.self, $ActionDesk<BusSystem>.self) {
            IMSActor(store, writes, agents, actorSystem: $0)
        }
        Incoming(store, InventoryWrites.handlers).start(on: worker.bus)
        _ = store.registerDeadLetters()
        let relay = await store.deliver(worker, attempts: settings.attempts, held: agents.held)
        _ = agents.follow { settings in
            shedder.shed(percent: settings.shed(role))
            await relay.hold(settings.held(agents.table))
        }
        _ = store.measure(in: worker.metrics)
        _ = store.eachMinute({ while try await writes.forgetKeys(1_000) == 1_000 {} }, log: worker.log)
        let doors = Doors(desk: desk, shedder: shedder)
        let door = try ServiceDoor.open(
            doors.sign, routes: doors.routes, birth: worker.birth, settings: settings, store: store,
            metrics: worker.metrics, log: worker.log)
        service.began(door, relay: relay, store: store)
    },
    finish: { await service.end() })
