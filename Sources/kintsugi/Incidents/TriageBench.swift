import Bench
import Bus
import Contracts
import Glibc
import Host
import Signals
import Synchronization
import WebClient
import Worker

/// Measures triage as it is shipped: a cluster of its own, alerts on schedule, incidents, a storm, and the same again
/// beside a hundred thousand incidents of the past; with the disk's own speed in the same run.
struct TriageBench {
    /// Milliseconds.
    struct Times: Encodable {
        let count: Int
        let middle: Double
        let high: Double
        let worst: Double

        init(_ seconds: [Double]) {
            let sorted = seconds.sorted()
            func quantile(_ share: Double) -> Double {
                sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))] * 1_000
            }
            count = sorted.count
            middle = quantile(0.5)
            high = quantile(0.99)
            worst = (sorted.last ?? 0) * 1_000
        }
    }
    struct Storm: Encodable {
        let alerts: Int
        let seconds: Double
        let incidents: Int
        let residentMebibytes: Double
        let statusChanges: Times
    }
    struct Result: Encodable {
        /// One kibibyte appended and forced to disk.
        let floor: Times
        let alerts: Times
        let refused: Int
        let openings: Times
        let commands: Times
        let storm: Storm
        let kept: Int
        let openingsBesideKept: Times
        let commandsBesideKept: Times
    }

    let rate: Int
    let seconds: Int
    let stormSize: Int
    let kept: Int
    let configuration: String

    func run(progress: @Sendable @escaping (String) -> Void) throws -> Result {
        let folder = try TemporaryFolder.make()
        defer { TemporaryFolder.remove(folder) }
        progress("the disk alone")
        let floor = try Self.floor(folder)
        let places = Places(data: folder)
        try up(places, progress)
        var isUp = true
        defer { if isUp { down(places) } }
        progress("\(rate) alerts a second")
        let (alerts, refused) = try waiting { try await deliveries(places) }
        progress("incidents")
        let openings = try waiting { try await self.openings(places, "first") }
        let commands = try waiting { try await self.commands(places) }
        progress("a storm")
        let storm = try waiting { try await self.storm(places) }
        progress("\(kept) incidents of the past")
        down(places)
        isUp = false
        try fill(places)
        try up(places, progress)
        isUp = true
        let openingsThen = try waiting { try await self.openings(places, "second") }
        let commandsThen = try waiting { try await self.commands(places) }
        return Result(
            floor: floor, alerts: alerts, refused: refused, openings: openings, commands: commands, storm: storm,
            kept: kept, openingsBesideKept: openingsThen, commandsBesideKept: commandsThen)
    }

    // MARK: the cluster

    private func up(_ places: Places, _ progress: @Sendable @escaping (String) -> Void) throws {
        let offset = 10_000 + Int(getpid()) % 10_000
        let request = UpRequest(places: places, configuration: configuration, portOffset: offset)
        progress("a cluster of its own")
        _ = try Launching(request: request, client: ControlClient(places: places)).detached { _ in }
    }

    private func down(_ places: Places) {
        let client = ControlClient(places: places)
        if let guardian = try? client.status().guardian, (try? client.ask(.shutdown, patience: .seconds(60))) != nil {
            _ = try? wait(forEndOf: guardian, atMost: .seconds(30))
        }
    }

    private static func floor(_ folder: String) throws -> Times {
        let path = "\(folder)/floor"
        let file = try Descriptor.open(path, flags: O_WRONLY | O_CREAT | O_APPEND, mode: 0o600)
        defer { unlink(path) }
        let bytes = [UInt8](repeating: 7, count: 1_024)
        var times: [Double] = []
        for _ in 0..<500 {
            let began = Moment.now
            _ = try file.write(bytes[...])
            fdatasync(file.number)
            times.append(Moment.now.since(began).inSeconds)
        }
        return Times(times)
    }

    // MARK: alerts

    private func body(_ number: Int, name: String, node: String, severity: String = "warning") -> [UInt8] {
        Array(
            """
            [{"labels": {"alertname": "\(name)", "service": "\(node)", "severity": "\(severity)", "instance": "\(number)"},
              "annotations": {"summary": "\(name) of \(node)"}}]
            """.utf8)
    }

    private final class Found: Sendable {
        private let state = Mutex<(times: [Double], refused: Int)>(([], 0))

        func take(_ time: Double, isTaken: Bool) {
            state.withLock { if isTaken { $0.times.append(time) } else { $0.refused += 1 } }
        }

        var result: (Times, refused: Int) { state.withLock { (Times($0.times), $0.refused) } }
    }

    private final class Flag: Sendable {
        private let state = Mutex(false)
        var isSet: Bool { state.withLock { $0 } }
        func set() { state.withLock { $0 = true } }
    }

    /// One alert a request, on schedule: nine of ten are repetitions.
    private func deliveries(_ places: Places) async throws -> (Times, refused: Int) {
        let shop = try ShopClient(places)
        let door = try shop.door("triage")
        let client = WebClient()
        let url = "http://\(door.address):\(door.port)/api/v2/alerts"
        let total = rate * seconds
        let start = Moment.now
        let found = Found()
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<total {
                let due = start.adding(Int64(Double(index) / Double(rate) * 1e9))
                let rest = due.nanoseconds(since: Moment.now)
                if rest > 0 { try? await Task.sleep(nanoseconds: UInt64(rest)) }
                let number = index % 10 == 0 ? index : index % 200
                let request = ClientRequest.json(.post, url, body(number, name: "Slow", node: "s\(number % 50)"))
                group.addTask {
                    let answer = try? await client.send(request)
                    let time = Moment.now.since(due).inSeconds
                    found.take(time, isTaken: answer?.status == 200)
                }
            }
        }
        client.close()
        return found.result
    }

    private func asked<Value: Sendable>(
        _ places: Places, _ body: @Sendable ($TriageDesk<BusSystem>) async throws -> Value
    ) async throws -> Value {
        try await OperatorBus.use(places) { bus in
            bus.allow(TriageRefusal.self, as: "TriageRefusal")
            let desk = try $TriageDesk<BusSystem>.resolve(id: BusID(role: "triage"), using: bus)
            // Who has just started reads its past first.
            var patience = 200
            while try await !desk.condition().writes, patience > 0 {
                // The pace of asking.
                try await Task.sleep(for: .milliseconds(50))
                patience -= 1
            }
            return try await body(desk)
        }
    }

    private static func report(_ name: String, _ number: Int) -> RaisedAlert {
        RaisedAlert(
            .person, fingerprint: "bench/\(name)/\(number)", name: name, node: "bench-\(name)-\(number)",
            severity: .critical, text: "measured", began: WallTime.now.nanoseconds)
    }

    /// From the alert to its incident on disk.
    private func openings(_ places: Places, _ name: String) async throws -> Times {
        try await asked(places) { desk in
            var times: [Double] = []
            for number in 0..<100 {
                let began = Moment.now
                let receipts = try await desk.raise([Self.report(name, number)])
                guard receipts.first?.incident != nil else { throw Failure("an alert of a person opened no incident") }
                times.append(Moment.now.since(began).inSeconds)
            }
            return Times(times)
        }
    }

    /// What a person does to an incident, until it is on disk.
    private func commands(_ places: Places) async throws -> Times {
        try await asked(places) { desk in
            var query = IncidentQuery()
            query.onlyOpen = true
            query.limit = 50
            let open = try await desk.incidents(query)
            var times: [Double] = []
            for number in 0..<200 {
                guard !open.isEmpty else { break }
                let order = PersonalOrder(
                    id: "bench \(WallTime.now.nanoseconds) \(number)", incident: open[number % open.count].id,
                    command: IncidentCommand(.acknowledge, person: "bench"))
                let began = Moment.now
                _ = try await desk.command(order)
                times.append(Moment.now.since(began).inSeconds)
            }
            return Times(times)
        }
    }

    /// Alerts of one cause, as fast as they are taken; beside it a person changes the state of their incident.
    private func storm(_ places: Places) async throws -> Storm {
        let size = stormSize
        return try await asked(places) { desk in
            let first = try await desk.raise([
                RaisedAlert(
                    .person, fingerprint: "bench/storm", name: "Storm", node: "storm", severity: .critical,
                    text: "the cause", began: WallTime.now.nanoseconds)
            ])
            guard let incident = first.first?.incident else { throw Failure("the storm opened no incident") }
            let began = Moment.now
            let isOver = Flag()
            async let changes: [Double] = {
                var times: [Double] = []
                while !isOver.isSet {
                    let order = PersonalOrder(
                        id: "storm \(WallTime.now.nanoseconds)", incident: incident,
                        command: IncidentCommand(.acknowledge, person: "bench"))
                    let asked = Moment.now
                    _ = try await desk.command(order)
                    times.append(Moment.now.since(asked).inSeconds)
                    try await Task.sleep(for: .milliseconds(20))
                }
                return times
            }()
            var others = 0
            for batch in 0..<size / 100 {
                let now = WallTime.now.nanoseconds
                let alerts = (0..<100).map { index in
                    RaisedAlert(
                        .alertmanager, fingerprint: "storm/\(batch * 100 + index)", name: "Down", node: "storm",
                        severity: .critical, labels: [SignalLabel("instance", "\(batch * 100 + index)")],
                        text: "one of many", began: now)
                }
                let receipts = try await desk.raise(alerts)
                others += receipts.count { $0.incident != nil && $0.incident != incident }
            }
            let seconds = Moment.now.since(began).inSeconds
            isOver.set()
            let times = try await changes
            let process = try ControlClient(places: places).status().slots.first { $0.role == "triage" }
            let memory = process?.pid.flatMap { ProcessFiles.text("/proc/\($0)/statm") }?.split(separator: " ")
            let pages = memory.flatMap { $0.count > 1 ? Double($0[1]) : nil } ?? 0
            return Storm(
                alerts: size, seconds: seconds, incidents: 1 + others,
                residentMebibytes: pages * Double(sysconf(Int32(_SC_PAGESIZE))) / 1_048_576, statusChanges: Times(times)
            )
        }
    }

    private func fill(_ places: Places) throws {
        try LongPast.fill(ServiceStore.file(of: "triage", data: places.data), incidents: kept)
    }
}

/// The figures for people.
struct TriageBenchReport {
    let result: TriageBench.Result

    private func line(_ name: String, _ times: TriageBench.Times) -> String {
        func two(_ value: Double) -> String { "\(Double(Int((value * 100).rounded())) / 100)" }
        return "\(name): p50 \(two(times.middle)) ms, p99 \(two(times.high)) ms, worst \(two(times.worst)) ms "
            + "(\(times.count))"
    }

    var text: String {
        let storm = result.storm
        return [
            line("the disk alone, 1 KiB appended and forced", result.floor),
            line("alert to durable answer over HTTP, on schedule", result.alerts) + ", refused \(result.refused)",
            line("alert to its incident on disk", result.openings),
            line("a person's command on disk", result.commands),
            "storm: \(storm.alerts) alerts in \(Int(storm.seconds)) s made \(storm.incidents) incident; "
                + "triage holds \(Int(storm.residentMebibytes)) MiB",
            line("a person's command in the storm", storm.statusChanges),
            line("beside \(result.kept) incidents: alert to incident", result.openingsBesideKept),
            line("beside \(result.kept) incidents: a person's command", result.commandsBesideKept),
        ].joined(separator: "\n") + "\n"
    }
}
