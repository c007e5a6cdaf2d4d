import FoundationEssentials
import Glibc
import Testing

@testable import Signals

@Suite struct MetricsTests {
    @Test("increments from many threads are all counted")
    func concurrent() async {
        let metrics = Metrics()
        let counter = metrics.counter("bus.calls", help: "Calls")
        let gauge = metrics.gauge("bus.queued", help: "Waiting")
        let histogram = metrics.histogram("bus.call.duration", unit: .seconds, help: "Time")
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1_000 {
                        counter.increment()
                        gauge.add(1)
                        histogram.record(0.5)
                    }
                }
            }
        }
        #expect(counter.value == 8_000 && gauge.value == 8_000)
        #expect(histogram.snapshot.count == 8_000 && histogram.snapshot.sum == 4_000)
    }

    @Test("asking twice gives the same instrument, whatever the order of the labels")
    func same() {
        let metrics = Metrics()
        let one = metrics.counter("c", help: "", labels: ["a": "1", "b": "2"])
        #expect(metrics.counter("c", help: "", labels: ["b": "2", "a": "1"]) === one)
        #expect(metrics.counter("c", help: "", labels: ["a": "1"]) !== one)
    }

    @Test("label sets beyond the bound share one instrument and are counted")
    func overflow() {
        let metrics = Metrics(mostLabelSets: 3)
        for caller in 0..<10 { metrics.counter("c", help: "", labels: ["caller": "\(caller)"]).increment() }
        let families = metrics.snapshot().families
        #expect(families.map(\.name) == ["c", "signals.label_sets.overflow"])
        #expect(families[0].series.count == 4)
        #expect(families[0].series.last?.labels == [MetricLabel("otel.metric.overflow", "true")])
        #expect(families[0].series.last?.value == 7)
        #expect(families[1].series[0].value == 7)
    }

    @Test("a histogram puts a value above the lower edge and at most at the upper edge of its bucket")
    func buckets() {
        let histogram = Histogram(doublings: -2...2)
        for value in [0.25, 0.26, 1, 1.05, 1.1, 2, 7.9, 8] { histogram.record(value) }
        histogram.record(0.0001)
        histogram.record(0)
        histogram.record(1_000_000)
        histogram.record(.infinity)
        histogram.record(.nan)
        histogram.record(-1)
        let snapshot = histogram.snapshot
        #expect(snapshot.count == 12)
        // 0.25 lies at the lowest edge, and thus below the first bucket.
        #expect(snapshot.zeroCount == 3)
        #expect(snapshot.count(upToPowerOfTwo: -2) == 3)
        #expect(snapshot.count(upToPowerOfTwo: 0) == 5)
        #expect(snapshot.count(upToPowerOfTwo: 1) == 8)
        #expect(snapshot.count(upToPowerOfTwo: 3) == 12)
    }

    @Test("snapshots merge: counters and histograms add up, gauges take the later value")
    func merge() throws {
        func snapshot(_ value: Double, outcome: String) -> MetricsSnapshot {
            let metrics = Metrics()
            metrics.counter("c", help: "", labels: ["outcome": outcome]).increment(by: Int(value))
            metrics.gauge("g", help: "").set(value)
            metrics.histogram("h", unit: .seconds, help: "").record(value)
            return metrics.snapshot()
        }
        var merged = snapshot(2, outcome: "ok")
        merged.merge(snapshot(64, outcome: "ok"))
        merged.merge(snapshot(0.001, outcome: "lost"))
        #expect(merged.families[0].series.map(\.value) == [0, 66])
        #expect(merged.families[1].series.map(\.value) == [0.001])
        #expect(merged.families[2].series[0].histogram?.count == 3)
        #expect(merged.families[2].series[0].histogram?.count(upToPowerOfTwo: 1) == 2)
        let copy = try JSONDecoder().decode(MetricsSnapshot.self, from: JSONEncoder().encode(merged))
        #expect(copy == merged)
    }

    @Test("histograms of different scale merge at the coarser one")
    func scales() {
        var fine = HistogramSnapshot(scale: 3, zeroCount: 0, offset: -3, counts: [1, 0, 2, 4], sum: 7)
        fine.merge(HistogramSnapshot(scale: 0, zeroCount: 1, offset: 1, counts: [8], sum: 24))
        #expect(fine == HistogramSnapshot(scale: 0, zeroCount: 1, offset: -1, counts: [3, 4, 8], sum: 31))
    }

    @Test(
        "a histogram that nobody could have counted is refused when it is decoded",
        arguments: [
            #"{"scale":99,"zeroCount":0,"offset":0,"counts":[],"sum":0}"#,
            #"{"scale":3,"zeroCount":0,"offset":9223372036854775807,"counts":[1],"sum":0}"#,
            #"{"scale":3,"zeroCount":0,"offset":0,"counts":[-1],"sum":0}"#,
            #"{"scale":3,"zeroCount":9223372036854775807,"offset":0,"counts":[],"sum":0}"#,
        ])
    func hostile(json: String) {
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(HistogramSnapshot.self, from: Data(json.utf8))
        }
    }

    @Test("Prometheus reads every metric once, with who it is from")
    func prometheus() {
        let metrics = Metrics()
        metrics.counter("bus.calls", help: "Calls\nby outcome", labels: ["rpc.outcome": "a\"b\\c\n", "role": "x"])
            .increment(by: 3)
        metrics.gauge("process.memory.usage", unit: .bytes, help: "Resident memory").set(1.5)
        let one = (identity: Identity(role: "echo", slot: 0, incarnation: 5, pid: 1), metrics: metrics.snapshot())
        let two = (identity: Identity(role: "broker", pid: 2), metrics: metrics.snapshot())
        #expect(
            PrometheusText.render([one, two]) == #"""
                # HELP bus_calls_total Calls\nby outcome
                # TYPE bus_calls_total counter
                bus_calls_total{role="echo",slot="0",incarnation="5",exported_role="x",rpc_outcome="a\"b\\c\n"} 3
                bus_calls_total{role="broker",exported_role="x",rpc_outcome="a\"b\\c\n"} 3
                # HELP process_memory_usage_bytes Resident memory
                # TYPE process_memory_usage_bytes gauge
                process_memory_usage_bytes{role="echo",slot="0",incarnation="5"} 1.5
                process_memory_usage_bytes{role="broker"} 1.5

                """#)
    }

    @Test("a histogram for Prometheus has rising buckets that end in the count")
    func prometheusHistogram() {
        let metrics = Metrics()
        let histogram = metrics.histogram("rpc.server.call.duration", unit: .seconds, help: "Time of a call")
        for value in [0.0, 0.001, 0.5, 3, 1e9] { histogram.record(value) }
        let text = PrometheusText.render([(Identity(role: "echo", pid: 1), metrics.snapshot())])
        #expect(text.contains("rpc_server_call_duration_seconds_bucket{role=\"echo\",le=\"0.5\"} 3\n"))
        #expect(text.contains("rpc_server_call_duration_seconds_bucket{role=\"echo\",le=\"4\"} 4\n"))
        #expect(text.contains("rpc_server_call_duration_seconds_bucket{role=\"echo\",le=\"+Inf\"} 5\n"))
        #expect(text.contains("rpc_server_call_duration_seconds_count{role=\"echo\"} 5\n"))
    }

    @Test("a plain number does not end in what Prometheus keeps for histograms")
    func prometheusCount() {
        let metrics = Metrics()
        metrics.gauge("process.unix.file_descriptor.count", help: "Open descriptors").set(4)
        let text = PrometheusText.render([(Identity(role: "echo", pid: 1), metrics.snapshot())])
        #expect(text.contains("\nprocess_unix_file_descriptor{role=\"echo\"} 4\n"))
    }

    @Test("a process knows its own processor time, memory, descriptors and start")
    func process() throws {
        let reading = try #require(ProcessReading.now())
        #expect(reading.residentBytes > 1 << 20 && reading.openDescriptors >= 3 && reading.processorSeconds >= 0)
        let age = Double(WallTime.now.nanoseconds) / 1e9 - reading.startTime
        #expect((-2...86_400).contains(age))
        let metrics = Metrics()
        reading.record(in: metrics)
        #expect(
            metrics.snapshot().families.map(\.name) == [
                "process.cpu.time", "process.memory.usage", "process.start_time", "process.unix.file_descriptor.count",
            ])
    }

    @Test("a process's name may hold spaces and parentheses")
    func oddName() {
        let stat = "7 (a) b (c)) S 1 7 7 0 -1 4194304 1 0 0 0 150 50 0 0 20 0 1 0 1000 9 25 18"
        let reading = ProcessReading(
            stat: stat, systemStat: "cpu 1\nbtime 500\n", openDescriptors: 4, ticks: 100, pageBytes: 4_096)
        #expect(reading?.processorSeconds == 2 && reading?.residentBytes == 25 * 4_096 && reading?.startTime == 510)
        #expect(ProcessReading(stat: "", systemStat: "btime 1", openDescriptors: 0, ticks: 100, pageBytes: 1) == nil)
    }
}
