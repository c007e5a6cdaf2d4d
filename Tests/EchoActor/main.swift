import Bus
import Contracts
import Settings
import Synchronization
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
        // A call that begins here: to a role that this process knows by name only.
        worker.bus.onDelivery("Relay") {
            try await worker.bus.call(role: "scribe", method: "Scribe.write", packed: $0.body)
        }
        worker.bus.onDelivery("Fill") { EchoActor.fill(try Packed.decode(Int.self, from: $0.body)) }
        worker.bus.onDelivery("Publish") { delivery in
            worker.bus.publish("news.echo", delivery.body)
            return delivery.body
        }
        worker.bus.onDelivery("Cancelled") { _ in try Packed.encode(EchoActor.cancelled.load(ordering: .relaxed)) }
    })
