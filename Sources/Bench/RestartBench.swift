import Bus
import Contracts
import Distributed
import Glibc
import Host
import Synchronization

/// Measures how long it takes from a worker's death to its replacement's first answer, beside a bare fork and exec.
public struct RestartBench: Sendable {
    /// Times in milliseconds.
    public struct Times: Codable, Sendable {
        public var count: Int
        public var p50: Double
        public var p99: Double
        public var most: Double

        init(_ microseconds: [Double]) {
            var report = ClientReport()
            report.latencies = microseconds
            count = microseconds.count
            p50 = report.percentile(0.5) / 1e3
            p99 = report.percentile(0.99) / 1e3
            most = (microseconds.max() ?? 0) / 1e3
        }
    }
    public struct Result: Codable, Sendable {
        /// From `kintsugi up` to the first answer of a worker.
        public var upMilliseconds = 0.0
        /// Start of /bin/true to its observed end.
        public var forkAndExec: Times
        /// kill −9 to the first answer of the next process, one worker.
        public var killed: Times
        /// The same with a kill every 300 ms.
        public var storm: Times
        /// With two workers, under load and the same storm: calls that may go again.
        public var callsUnderStorm = 0
        public var failedUnderStorm = 0
        /// SIGSTOP to the next answer, one worker.
        public var stopped: Times
    }

    public var kills: Int

    public init(kills: Int = 50) { self.kills = kills }

    public func run(progress: (String) -> Void) async throws -> Result {
        progress("fork and exec of /bin/true")
        let floor = try forkAndExec()
        progress("one worker, killed \(kills) times")
        let start = Stopwatch()
        let cluster = try await BenchCluster(replicas: 1)
        let up = start.microseconds / 1e3
        let killed = try await strike(cluster, SIGKILL, times: kills, every: nil)
        progress("a kill every 300 ms")
        let storm = try await strike(cluster, SIGKILL, times: kills, every: .milliseconds(300))
        progress("one worker, stopped 3 times")
        let stopped = try await strike(cluster, SIGSTOP, times: 3, every: nil)
        await cluster.end()
        progress("two workers under load, a kill every 300 ms")
        let (calls, failed) = try await stormUnderLoad()
        return Result(
            upMilliseconds: up, forkAndExec: Times(floor), killed: Times(killed), storm: Times(storm),
            callsUnderStorm: calls, failedUnderStorm: failed, stopped: Times(stopped))
    }

    private func forkAndExec() throws -> [Double] {
        try (0..<kills).map { _ in
            let watch = Stopwatch()
            let process = try Launch(executable: "/bin/true").start()
            _ = Poll.readable(process.descriptor.number, within: .seconds(5))
            _ = try process.reap()
            return watch.microseconds
        }
    }

    /// Signals the worker that answers, and waits for the answer of another process.
    private func strike(
        _ cluster: BenchCluster, _ signal: Int32, times: Int, every interval: Duration?
    ) async throws -> [Double] {
        var spans: [Double] = []
        let echo = try cluster.echo
        var next = Moment.now
        for _ in 0..<times {
            let before = try await cluster.patiently { try await echo.whoami() }
            if let interval {
                next = next + interval
                try await Task.sleep(for: .nanoseconds(max(0, next.nanoseconds(since: .now))))
            }
            let watch = Stopwatch()
            kill(before.pid, signal)
            var after = before
            while after.pid == before.pid { after = try await cluster.patiently { try await echo.whoami() } }
            spans.append(watch.microseconds)
        }
        return spans
    }

    private func stormUnderLoad() async throws -> (calls: Int, failed: Int) {
        let cluster = try await BenchCluster(replicas: 2)
        let echo = try cluster.echo
        let tally = Tally()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    while !tally.ended.load(ordering: .relaxed) {
                        do {
                            _ = try await withCallOptions(patience: .seconds(20), idempotent: true) {
                                try await echo.echo([1, 2, 3])
                            }
                        } catch { tally.failed.add(1, ordering: .relaxed) }
                        tally.calls.add(1, ordering: .relaxed)
                    }
                }
            }
            for _ in 0..<kills {
                let victim = try await cluster.patiently { try await echo.whoami() }
                kill(victim.pid, SIGKILL)
                try await Task.sleep(for: .milliseconds(300))
            }
            tally.ended.store(true, ordering: .relaxed)
            try await group.waitForAll()
        }
        await cluster.end()
        return (tally.calls.load(ordering: .relaxed), tally.failed.load(ordering: .relaxed))
    }
}

/// What the callers of a storm count together.
private final class Tally: Sendable {
    let ended = Atomic<Bool>(false)
    let calls = Atomic<Int>(0)
    let failed = Atomic<Int>(0)
}
