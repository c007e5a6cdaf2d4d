import Bus
import Contracts
import Host
import Service
import Settings
import Store
import Worker

// The remediation agent: runbooks, plans and what carries them out; the cluster's repository, and what deploys it.
let service = RunningService()
WorkerProcess.run(
    window: 64, settings: RemediationSettings.init,
    serve: { worker, settings in
        let store = try await ServiceStore.open(worker, migrations: Tables.migrations)
        let life = RemediationLife(worker, settings, store)
        _ = store.measure(in: worker.metrics)
        service.began(nil, store: store)
        Task { try await life.activate(when: store) }
    },
    finish: { await service.end() })
