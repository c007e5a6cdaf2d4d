import ActionDoors
import Bus
import Contracts
import Doorkeeping
import Host
import Service
import Settings
import Store
import Worker

// The orders service: its file, its door, its outbox and inbox.
let service = RunningService()
WorkerProcess.run(
    window: 64, settings: OrdersSettings.init,
    serve: { worker, settings in
        let store = try await ServiceStore.open(worker, migrations: Migrations.all)
        let writes = OrderWrites(store)
        let (role, bus) = (worker.birth.slot.role, worker.bus)
        let agents = StoreDoor(.orders, store, data: worker.birth.data, metrics: worker.metrics, log: worker.log) {
            if let notice = try? Packed.encode($0) { bus.publish("changes.\(role)", notice) }
        }
        let shedder = LoadShedder(role: role, metrics: worker.metrics)
        await agents.look()
        OrderSignals.begin()
        let desk = bus.serve($ServiceDesk<BusSystem>.self, $ActionDesk<BusSystem>.self) {
            OMSActor(store, writes, agents, actorSystem: $0)
        }
        Incoming(store, OrderWrites.handlers).start(on: worker.bus)
        let carrier = try CarrierLine(worker, settings, store, writes)
        _ = store.registerDeadLetters()
        let relay = await store.deliver(
            worker, attempts: settings.service.attempts, held: agents.held,
            elsewhere: [(OrderWrites.carrier, carrier.send)])
        _ = agents.follow { settings in
            shedder.shed(percent: settings.shed(role))
            await carrier.hold(settings.breaker(OrderWrites.carrier))
            await relay.hold(settings.held(agents.table))
        }
        _ = store.measure(in: worker.metrics)
        _ = store.eachMinute({ while try await writes.forgetKeys(1_000) == 1_000 {} }, log: worker.log)
        let doors = Doors(desk: desk, shedder: shedder)
        let door = try ServiceDoor.open(
            doors.sign, routes: doors.routes, birth: worker.birth, settings: settings.service, store: store,
            metrics: worker.metrics, log: worker.log)
        service.began(door, relay: relay, store: store)
    },
    finish: { await service.end() })
