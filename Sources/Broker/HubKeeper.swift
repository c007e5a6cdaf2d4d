import Bus
import Contracts
import Definitions
import Glibc
import Host
import Routing
import Settings
import Signals
import Synchronization
import Worker

/// Opens the hub before the process joins its own bus, and tells the supervisor what the hub sees.
final class HubKeeper: Sendable {
    private let hub = Mutex<BrokerHub?>(nil)

    var current: BrokerHub? { hub.withLock { $0 } }

    func open(_ worker: WorkerContext, _ settings: BrokerSettings) async throws {
        let birth = worker.birth
        guard let key = ClusterKey(hex: birth.secret) else {
            throw ConfigurationError([
                Mistake(place: "the birth secret", text: "expected the cluster's key as 64 hexadecimal digits")
            ])
        }
        let access = try AccessFile.read(path: "\(birth.config)/acl.yaml")
        var configuration = BrokerConfiguration(
            endpoints: BusEndpoints(run: birth.run),
            admission: AdmissionRules(accepts: { key.accepts($0, of: $1) }, keys: access.keys),
            access: access.access,
            generation: try Generation.next(in: birth.data))
        configuration.limits = settings.limits
        if let remote = settings.remote {
            configuration.remote = BusEndpoints(tcp: remote.address)
            configuration.secretKey = try CurveKeyFile.read(remote.keyFile)
        }
        let opened = BrokerHub(configuration, log: worker.log)
        try await opened.start()
        hub.withLock { $0 = opened }
        let bus = worker.bus
        Task { await HubKeeper.report(opened, to: bus, log: worker.log) }
        Task { await HubKeeper.measure(opened, in: worker.metrics) }
    }

    func close() async { await current?.stop() }

    /// Brings what the hub counts into the process's metrics, which leave once a second.
    private static func measure(_ hub: BrokerHub, in metrics: Metrics) async {
        while !Task.isCancelled {
            // A cancelled sleep ends the loop.
            do { try await Task.sleep(for: .seconds(1)) } catch { return }
            await hub.report().record(in: metrics)
        }
    }

    /// Tells the supervisor of workers that hang. What does not arrive is asked for again by its next look at the
    /// load, so nothing is kept for later.
    private static func report(_ hub: BrokerHub, to bus: BusSystem, log: Log) async {
        guard let supervisor = try? $SupervisorDesk<BusSystem>.resolve(id: BusID(role: "supervisor"), using: bus)
        else { return }
        for await report in hub.reports where report.kind == .hung {
            Task {
                do {
                    try await withCallOptions(patience: .seconds(10), idempotent: true) {
                        try await supervisor.hung(slot: report.slot, spawn: report.spawn)
                    }
                } catch {
                    log.limited(
                        "hung unreported", .warning, "the supervisor did not take a report", ["why": "\(error)"])
                }
            }
        }
    }
}

/// The number of this start of the broker: it rises over restarts, so that an incarnation of an earlier start is
/// never taken for one of this.
enum Generation {
    static func next(in data: String) throws -> UInt32 {
        let path = "\(data)/broker.generation"
        let last = ProcessFiles.text(path).flatMap { UInt32($0.trimmingSuffix { $0 == "\n" }) } ?? 0
        let next = last &+ 1
        try WholeFile.write("\(next)\n", to: path, durable: true)
        return next
    }
}

extension String {
    fileprivate func trimmingSuffix(while matches: (Character) -> Bool) -> Substring {
        var rest = self[...]
        while let last = rest.last, matches(last) { rest = rest.dropLast() }
        return rest
    }
}
