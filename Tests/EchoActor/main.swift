import Bus
import Contracts
import Settings
import Worker

// A process that only answers: what the tests of the cluster start, load and kill.
WorkerProcess.run(
    window: 64, settings: EchoSettings.init,
    serve: { worker, settings in
        if settings.refuse { throw BusError.closed("told to fail at start") }
        worker.bus.allow(EchoError.self, as: "EchoError")
        worker.bus.serve($Echo<BusSystem>.self) { EchoActor(actorSystem: $0) }
        worker.bus.onDelivery("Say") { $0.body }
        worker.bus.onDelivery("Crash") { _ in EchoActor.trap() }
    })
