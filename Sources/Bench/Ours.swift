import Bus
import Contracts
import Distributed
import Glibc
import Host
import Routing
import Signals

/// Our path: the same work through the broker's rules, distributed actors and the packed form.
enum Ours {
    /// Every part derives the same secrets; nothing but a benchmark runs under it.
    static let key = ClusterKey(hex: String(repeating: "2a", count: 32))

    static func doors(_ folder: String) -> BusEndpoints { BusEndpoints(run: folder) }

    /// With what a bare socket publishes and listens at our broker.
    static func pass(number: Int) -> Floor.Pass {
        let slot = "bench@local.\(number)"
        var header = Header(.event)
        header.sender = slot
        return Floor.Pass(
            user: "\(slot)#1", secret: key?.secret(of: "\(slot)#1") ?? "", head: header.encoded())
    }

    static func broker(_ folder: String) async throws {
        let access = AccessList([
            ("echo", AccessList.Entry()),
            ("bench", AccessList.Entry(call: ["echo"], publish: ["bench"], listen: ["bench"])),
        ])
        let configuration = BrokerConfiguration(
            endpoints: BusEndpoints(run: folder),
            admission: AdmissionRules(accepts: { key?.accepts($0, of: $1) ?? false }), access: access,
            generation: 1)
        let hub = BrokerHub(configuration, log: Log(descriptor: STDERR_FILENO, level: .error))
        try await hub.start()
        Report.ready()
        for await _ in hub.reports {}
    }

    static func join(_ folder: String, role: String, number: Int = 1, window: Int) async throws -> BusSystem {
        guard let slot = SlotName(role: role, host: "local", number: number) else {
            throw BusError.malformed("\(role).\(number)")
        }
        let user = ClusterKey.user(slot, spawn: 1)
        var configuration = BusConfiguration(
            endpoints: BusEndpoints(run: folder),
            credentials: .secret(user: user, secret: key?.secret(of: user) ?? ""), slot: slot,
            spawn: 1, window: window)
        configuration.patience = .seconds(60)
        let system = BusSystem(configuration)
        if window > 0 { system.serve($Echo<BusSystem>.self) { Answerer(actorSystem: $0) } }
        try system.start()
        for await event in system.standing {
            if case .joined = event { break }
        }
        return system
    }

    static func worker(_ folder: String) async throws {
        let system = try await join(folder, role: "echo", window: 1_024)
        Report.ready()
        for await _ in system.standing {}
    }

    static func client(_ folder: String, bytes: Int, depth: Int, seconds: Double) async throws -> ClientReport {
        let system = try await join(folder, role: "bench", window: 0)
        let echo = try $Echo<BusSystem>.resolve(id: BusID(role: "echo"), using: system)
        let body = [UInt8](repeating: 2, count: bytes)
        for _ in 0..<50 { _ = try await echo.echo(body) }
        let start = Stopwatch()
        var report = ClientReport()
        if depth == 1 {
            repeat {
                let before = start.microseconds
                _ = try await echo.echo(body)
                report.latencies.append(start.microseconds - before)
                report.calls += 1
            } while start.microseconds < seconds * 1e6
        } else {
            report.calls = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<depth {
                    group.addTask {
                        var calls = 0
                        while start.microseconds < seconds * 1e6 {
                            _ = try await echo.echo(body)
                            calls += 1
                        }
                        return calls
                    }
                }
                return try await group.reduce(0, +)
            }
        }
        report.seconds = start.microseconds / 1e6
        await system.stop()
        return report
    }

    static func publisher(_ folder: String, bytes: Int, seconds: Double) async throws -> ClientReport {
        let system = try await join(folder, role: "bench", number: 2, window: 0)
        let body = [UInt8](repeating: 2, count: bytes)
        system.publish("bench", body)
        Wait.settle()
        var report = ClientReport()
        let start = Stopwatch()
        repeat {
            for _ in 0..<64 { system.publish("bench", body) }
            report.calls += 64
            // The socket thread takes what is queued; a publisher that never looks back would fill the memory.
            while system.counts.published + system.counts.publishDropped + 4_096 < UInt64(report.calls) {
                await Task.yield()
            }
        } while start.microseconds < seconds * 1e6
        report.seconds = start.microseconds / 1e6
        await system.stop()
        return report
    }

    static func subscriber(_ folder: String) async throws -> ClientReport {
        let system = try await join(folder, role: "bench", number: 3, window: 0)
        let stream = system.subscribe("bench", buffer: 1 << 20)
        Report.ready()
        let counted = Task {
            var report = ClientReport()
            var start: Stopwatch?
            for await _ in stream {
                if start == nil { start = Stopwatch() }
                report.calls += 1
                report.seconds = (start?.microseconds ?? 0) / 1e6
            }
            return report
        }
        // Until nothing has come for half a second.
        var last: UInt64 = 0
        while true {
            try await Task.sleep(for: .milliseconds(500))
            let now = system.counts.eventsReceived
            // The first event is the publisher's greeting.
            if now > 1, now == last { break }
            last = now
        }
        await system.stop()
        counted.cancel()
        return await counted.value
    }
}

/// The actor that is measured.
distributed actor Answerer: Echo {
    typealias ActorSystem = BusSystem
    private var sum = 0

    distributed func echo(_ bytes: [UInt8]) async throws -> [UInt8] { bytes }
    distributed func whoami() async throws -> EchoIdentity {
        EchoIdentity(slot: "\(actorSystem.configuration.slot)", pid: getpid(), caller: CallContext.current.caller)
    }
    distributed func add(_ number: Int, after milliseconds: Int) async throws -> Int {
        sum += number
        return sum
    }
    distributed func fail(_ error: EchoError) async throws { throw error }
    distributed func crash() async throws {}
    distributed func block(milliseconds: Int) async throws {}
}
