import Bus
import Contracts
import Host
import Senses
import Service
import Settings
import Store
import Supervision
import Web
import Worker

// The telemetry agent: what it hears, what it keeps, its doors on the bus and for OpenTelemetry.
let service = RunningService()
WorkerProcess.run(
    window: 64, settings: TelemetrySettings.init,
    serve: { worker, settings in
        let store = try await ServiceStore.open(worker, migrations: Tables.migrations)
        let life = try AgentLife(worker, settings, store)
        life.start()
        _ = store.registerDeadLetters()
        _ = store.measure(in: worker.metrics)
        service.began(nil, store: store)
        Task { try await life.activate(when: store, service: service) }
    },
    finish: { await service.end() })
