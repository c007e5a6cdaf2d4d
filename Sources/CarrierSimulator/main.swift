import Service
import Settings
import Store
import Worker

/// What the carrier can be told at its start.
struct CarrierSettings: Sendable {
    var service: ServiceSettings
    var seed: UInt64
    /// How long every answer takes, since it comes from far away.
    var distance: Duration

    init(_ layers: Layers) {
        service = ServiceSettings(layers)
        seed = UInt64(layers.value("carrier.seed", .wholeNumber(in: 0...Int.max), otherwise: 1))
        distance = layers.value("carrier.distance", .duration(in: .zero ... .seconds(60)), otherwise: .zero)
    }
}

// A carrier for those who have none: outside the shop, so that it takes no calls of the bus.
let service = RunningService()
WorkerProcess.run(
    window: 0, settings: CarrierSettings.init,
    serve: { worker, settings in
        let store = try await ServiceStore.open(worker, migrations: CarrierTables.migrations)
        let doors = Doors(carrier: Carrier(store, seed: settings.seed, distance: settings.distance))
        let door = try ServiceDoor.open(
            doors.sign, routes: doors.routes, birth: worker.birth, settings: settings.service, store: store,
            metrics: worker.metrics, log: worker.log)
        service.began(door, store: store)
    },
    finish: { await service.end() })
