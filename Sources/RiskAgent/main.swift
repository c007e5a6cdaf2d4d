import Bus
import Contracts
import Host
import Risk
import Service
import Settings
import Store
import Worker

// The risk agent: the policy, the record, people's answers, and the key that permits.
let service = RunningService()
WorkerProcess.run(
    window: 64, settings: RiskSettings.init,
    serve: { worker, settings in
        let store = try await ServiceStore.open(worker, migrations: Tables.migrations)
        let life = RiskLife(worker, settings, store)
        life.start()
        _ = store.measure(in: worker.metrics)
        service.began(nil, store: store)
        Task { try await life.activate(when: store) }
    },
    finish: { await service.end() })
