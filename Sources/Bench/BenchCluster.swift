import Bus
import Contracts
import Glibc
import Host

/// A cluster of its own for one benchmark: a broker, and workers that answer.
final class BenchCluster {
    let folder: String
    let bus: BusSystem
    private let guardian: ProcessHandle

    /// Starts it and waits until a call is answered.
    init(replicas: Int) async throws {
        folder = try TemporaryFolder.make()
        let own = ProcessFiles.executable() ?? ""
        try BenchCluster.write("\(folder)/cluster.yaml", BenchCluster.plan(own, replicas: replicas))
        try BenchCluster.write("\(folder)/acl.yaml", BenchCluster.access)
        let log = try Descriptor.open("\(folder)/guardian.log", flags: O_WRONLY | O_CREAT | O_APPEND)
        var launch = Launch(executable: own, arguments: ["up", "--data", folder, "--config", folder])
        launch.environment = ["PATH=/usr/bin:/bin"]
        launch.descriptors = [(0, try Descriptor.open("/dev/null", flags: O_RDONLY)), (1, log), (2, log)]
        guardian = try launch.start()
        do { bus = try await BenchCluster.join(Places(data: folder), guardian) } catch {
            guardian.send(SIGTERM)
            throw error
        }
        _ = try await patiently { try await self.echo.whoami() }
    }

    var echo: $Echo<BusSystem> {
        get throws { try $Echo<BusSystem>.resolve(id: BusID(role: "echo"), using: bus) }
    }

    /// A call that goes again when a worker or the broker dies.
    func patiently<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        try await withCallOptions(patience: .seconds(20), idempotent: true, body)
    }

    private static func join(_ places: Places, _ guardian: ProcessHandle) async throws -> BusSystem {
        let patience = Moment.now + .seconds(20)
        while ProcessFiles.text(places.operatorSecret) == nil {
            guard Moment.now < patience, !guardian.hasEnded else {
                throw BenchFault(description: "the cluster did not start; see \(places.data)/guardian.log")
            }
            await Task.yield()
        }
        guard let secret = ProcessFiles.text(places.operatorSecret)?.split(separator: "\n").first,
            let slot = SlotName(role: "operator", host: "bench-\(ProcessFiles.ownNumber)", number: 1)
        else { throw BenchFault(description: "the operator's secret cannot be read") }
        let bus = BusSystem(
            BusConfiguration(
                endpoints: BusEndpoints(run: places.run),
                credentials: .secret(user: "operator", secret: String(secret)), slot: slot, window: 0))
        try bus.start()
        return bus
    }

    /// A benchmark that fails in the middle leaves no cluster behind.
    deinit { guardian.send(SIGTERM) }

    func end() async {
        await bus.stop()
        guardian.send(SIGTERM)
        _ = Poll.readable(guardian.descriptor.number, within: .seconds(30))
        _ = try? guardian.reap()
    }

    private static func write(_ path: String, _ text: String) throws {
        let file = try Descriptor.open(path, flags: O_WRONLY | O_CREAT | O_TRUNC)
        _ = try file.write(text.utf8)
    }

    private static func plan(_ executable: String, replicas: Int) -> String {
        """
        version: 1
        roles:
          - name: broker
            executable: Broker
            replacement: stop-first
          - name: echo
            executable: \(executable)
            arguments: [bench-part, echo-worker]
            replicas: \(replicas)
            after: [broker]

        """
    }
    private static let access = """
        version: 1
        roles:
          broker: {call: [supervisor], publish: [metrics., spans., logs.], listen: [traces.]}
          supervisor: {call: [broker], publish: [metrics., spans., logs., cluster., changes.], listen: [metrics., traces.]}
          echo: {publish: [metrics., spans., logs.], listen: [traces.]}
          operator: {call: ["*"]}

        """
}
