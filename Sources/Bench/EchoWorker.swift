import Bus
import Contracts
import Worker

/// A worker of a real cluster, for the benchmarks that kill it.
enum EchoWorker {
    static func main() -> Never {
        WorkerProcess.run(
            window: 64, arguments: [], settings: { _ in },
            serve: { worker, _ in worker.bus.serve($Echo<BusSystem>.self) { Answerer(actorSystem: $0) } })
    }
}
