import Bench
import Commands
import Dispatch
import Glibc
import Synchronization

extension Operator {
    /// Measures, and shows the figures beside their floor.
    func bench(_ invocation: Invocation) throws(Failure) {
        let asJSON = invocation.has("json")
        let shown = terminal.isTerminal && !asJSON
        let terminal = terminal
        @Sendable func progress(_ text: String) {
            if shown { terminal.write("\r\(text)…\u{1B}[K") }
        }
        defer {
            if shown { terminal.write("\r\u{1B}[K") }
        }
        do {
            if invocation.path.last == "shop" {
                let bench = ShopBench(
                    rate: invocation.number("rate") ?? 5_000, seconds: invocation.number("seconds") ?? 60,
                    configuration: invocation.text("config") ?? "config")
                let result = try bench.run(progress: progress)
                progress("")
                terminal.write(asJSON ? json(result) : ShopBenchReport(result: result).text)
            } else if invocation.path.last == "insight" {
                let bench = InsightBench(
                    data: invocation.text("data") ?? environment("KINTSUGI_DATA"), scorers: invocation.text("scorers"),
                    python: invocation.text("python") ?? "python3")
                let result = try bench.run(progress: progress)
                progress("")
                terminal.write(asJSON ? json(result) : InsightBenchReport.text(result))
            } else if invocation.path.last == "senses" {
                let bench = SensesBench(
                    series: invocation.number("series") ?? 10_000, seconds: invocation.number("seconds") ?? 3_600)
                let result = try bench.run(progress: progress)
                progress("")
                terminal.write(asJSON ? json(result) : BenchReport.text(result))
            } else if invocation.path.last == "triage" {
                let bench = TriageBench(
                    rate: invocation.number("rate") ?? 2_000, seconds: invocation.number("seconds") ?? 20,
                    stormSize: invocation.number("storm") ?? 100_000, kept: invocation.number("incidents") ?? 100_000,
                    configuration: invocation.text("config") ?? "config")
                let result = try bench.run(progress: progress)
                progress("")
                terminal.write(asJSON ? json(result) : TriageBenchReport(result: result).text)
            } else if invocation.path.last == "knowledge" {
                let bench = KnowledgeBench(
                    documents: invocation.number("documents") ?? 100_000, searches: invocation.number("searches") ?? 200
                )
                let result = try waiting { try await bench.run(progress: progress) }
                progress("")
                terminal.write(asJSON ? json(result) : result.text(terminal.paint))
            } else if invocation.path.last == "restart" {
                let bench = RestartBench(kills: invocation.number("kills") ?? 50)
                let result = try waiting { try await bench.run(progress: progress) }
                progress("")
                terminal.write(asJSON ? json(result) : BenchReport.text(result))
            } else {
                let result = try BusBench(seconds: Double(invocation.number("seconds") ?? 2)).run(progress: progress)
                progress("")
                terminal.write(asJSON ? json(result) : BenchReport.text(result))
            }
        } catch {
            throw Failure("the benchmark could not run: \(error)")
        }
    }
}

/// Runs asynchronous work to its end from the main thread, which has nothing else to do.
func waiting<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) throws -> Value {
    let done = DispatchSemaphore(value: 0)
    let result = Mutex<Result<Value, any Error>?>(nil)
    Task.detached {
        let outcome: Result<Value, any Error>
        do { outcome = .success(try await body()) } catch { outcome = .failure(error) }
        result.withLock { $0 = outcome }
        done.signal()
    }
    done.wait()
    guard let outcome = result.withLock({ $0 }) else { throw Failure("the work ended without a result") }
    return try outcome.get()
}

/// Figures for people.
enum BenchReport {
    static func text(_ result: BusBench.Result) -> String {
        var text =
            "  BYTES  IN FLIGHT    CALLS/S      FLOOR  RATIO   CALLER  BROKER  WORKER   FLOOR (µs of processor a call)\n"
        for row in result.rows {
            text += "\(pad(row.bytes, 7))\(pad(row.inFlight, 11))\(pad(Int(row.callsPerSecond), 11))"
            text += "\(pad(Int(row.floorCallsPerSecond), 11))\(pad(two(row.ratio), 7))"
            text += "\(pad(one(row.callerMicroseconds), 9))\(pad(one(row.brokerMicroseconds), 8))"
            text += "\(pad(one(row.workerMicroseconds), 8))\(pad(one(row.floorMicroseconds), 8))\n"
        }
        for row in result.rows {
            guard let p50 = row.p50, let p99 = row.p99, let floor50 = row.floorP50, let floor99 = row.floorP99 else {
                continue
            }
            text += "one call at a time, \(row.bytes) bytes: p50 \(Int(p50)) µs, p99 \(Int(p99)) µs; "
            text += "the floor's: \(Int(floor50)) and \(Int(floor99)) µs\n"
        }
        for row in result.topics {
            text += "publications of \(row.bytes) bytes, one subscriber: \(Int(row.perSecond))/s; "
            text += "the floor's: \(Int(row.floorPerSecond))/s; ratio \(two(row.ratio)); "
            text += "our broker between bare sockets: \(two(row.brokerAloneRatio))\n"
        }
        return text
    }

    static func text(_ result: RestartBench.Result) -> String {
        func line(_ name: String, _ times: RestartBench.Times) -> String {
            "\(name): p50 \(one(times.p50)) ms, p99 \(one(times.p99)) ms, most \(one(times.most)) ms (\(times.count))\n"
        }
        return "kintsugi up to the first answer of a worker: \(one(result.upMilliseconds)) ms\n"
            + line("fork and exec of /bin/true", result.forkAndExec)
            + line("kill −9 to the next process's first answer", result.killed)
            + line("the same, a kill every 300 ms", result.storm)
            + line("SIGSTOP to the next process's first answer", result.stopped)
            + "two workers, a kill every 300 ms: \(result.failedUnderStorm) of \(result.callsUnderStorm) "
            + "idempotent calls failed\n"
    }

    static func text(_ result: SensesBench.Result) -> String {
        func mebibytes(_ bytes: Int) -> String { "\(one(Double(bytes) / 1_048_576)) MiB" }
        let series = result.series
        var text = "\(series.count) series for \(series.seconds) s, a reading a second each: "
        text += "\(two(series.microsecondsPerReading)) µs of processor a reading "
        text += "(its name looked up and a number added: \(two(series.floorMicroseconds)) µs); "
        text += "\(two(series.share * 100)) % of a core, and \(two(series.lookingShare * 100)) % for looking at all\n"
        text += "\(series.bytesPerSeries) bytes a series; the process grew by \(mebibytes(series.grownBytes)) to "
        text += "\(mebibytes(series.processBytes)), the budget is \(mebibytes(series.budgetBytes)), "
        text += "the books say \(mebibytes(series.saidBytes))\n"
        text += "an investigation of them: \(one(series.millisecondsOfInvestigation)) ms, and the process grows by "
        text += "\(mebibytes(series.investigationBytes))\n"
        for line in result.lines {
            text += "\(line.name): \(Int(line.perSecond)) \(line.unit) a second and core, "
            text += "\(two(line.microseconds)) µs each; \(line.floor): \(Int(line.floorPerSecond))\n"
        }
        return text
    }

    private static func pad(_ value: some CustomStringConvertible, _ width: Int) -> String {
        let text = "\(value)"
        return String(repeating: " ", count: max(0, width - text.count)) + text
    }
}

/// `12.5`
func one(_ number: Double) -> String { rounded(number, 10) }
/// `12.53`
func two(_ number: Double) -> String { rounded(number, 100) }
private func rounded(_ number: Double, _ scale: Double) -> String { "\((number * scale).rounded() / scale)" }
