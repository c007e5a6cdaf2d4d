import Bus
import Contracts
import Host
import Service
import Settings
import Store
import Web
import Worker

// The triage agent: alerts, incidents, their journal, and who is asked what about them.
let service = RunningService()
WorkerProcess.run(
    window: 64, settings: TriageSettings.init,
    serve: { worker, settings in
        var limits = StoreLimits()
        // The docket gathers what comes at a time; nobody shall wait for more.
        limits.pace = .milliseconds(1)
        let store = try await ServiceStore.open(worker, migrations: Tables.migrations, limits: limits)
        let life = try TriageLife(worker, settings, store)
        life.start()
        try await life.openDoor(service)
    },
    finish: { await service.end() })
