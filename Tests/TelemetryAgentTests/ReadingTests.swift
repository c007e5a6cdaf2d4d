import Contracts
import Listening
import OTLP
import Senses
import Signals
import Testing
import Worker

@testable import TelemetryAgent

@Suite("Signals as they are read")
struct ReadingTests {
    private let resource = [
        OTLP.Attribute("service.name", .text("till")), OTLP.Attribute("service.instance.id", .text("one")),
    ]

    private func points(_ data: OTLP.Metric.Data) -> [MetricPoint] {
        OTLPReading.points([OTLP.Group(resource: resource, parts: [OTLP.Metric(name: "m", unit: "s", data: data)])])
    }

    @Test("a histogram with bounds keeps its counts, and its buckets above the last bound")
    func bounds() {
        var histogram = OTLP.Metric.Histogram()
        histogram.count = 60
        histogram.sum = 12
        histogram.bounds = [0.1, 1]
        histogram.buckets = [10, 20, 30]
        let read = points(.histogram([.init(time: 5, value: histogram)], .cumulative))
        let wanted = Distribution(bounds: [0.1, 1, .infinity], counts: [10, 20, 30], sum: 12)
        #expect(read.map(\.reading) == [.distribution(wanted)])
        #expect(wanted.count == 60 && wanted.count(upTo: 1) == 30 && wanted.quantile(0.99) == 1)
        #expect(
            points(.histogram([.init(time: 5, value: histogram)], .delta)).map(\.reading) == [.measurements(wanted)])
    }

    @Test("an exponential histogram ends its buckets at powers of two")
    func exponential() {
        var histogram = OTLP.Metric.ExponentialHistogram()
        histogram.count = 7
        histogram.sum = 9
        histogram.zeroCount = 1
        histogram.positive = .init(offset: -1, counts: [2, 4])
        let read = points(.exponential([.init(time: 5, value: histogram)], .cumulative))
        #expect(read.map(\.reading) == [.distribution(Distribution(bounds: [0, 1, 2], counts: [1, 2, 4], sum: 9))])
    }

    @Test("sums are counters, increases or levels, by what their sender says of them")
    func sums() {
        let point = OTLP.Metric.Point<Double>(time: 5, value: 3)
        #expect(points(.sum([point], .cumulative, isMonotonic: true)).map(\.reading) == [.counter(3)])
        #expect(points(.sum([point], .delta, isMonotonic: true)).map(\.reading) == [.increase(3)])
        #expect(points(.sum([point], .cumulative, isMonotonic: false)).map(\.reading) == [.gauge(3)])
        #expect(points(.gauge([.init(time: 5, value: nil)])).isEmpty)
    }

    @Test("a span says who, when, how it ended and why")
    func spans() {
        var span = OTLP.Span(
            trace: OTLP.TraceIdentity(high: 0xA, low: 0xB), identity: 0xC, name: "pay", start: 1_000, end: 4_000)
        span.parent = 0xD
        span.kind = .client
        span.outcome = .error
        span.events = [
            .init(
                time: 2_000, name: "exception", attributes: [OTLP.Attribute("exception.message", .text("card refused"))]
            )
        ]
        span.attributes = [OTLP.Attribute("b", .whole(2)), OTLP.Attribute("a", .flag(true))]
        let read = OTLPReading.spans([OTLP.Group(resource: [], parts: [span])])
        #expect(read.count == 1)
        #expect(read[0].trace == "000000000000000a000000000000000b" && read[0].span == "000000000000000c")
        #expect(read[0].parent == "000000000000000d" && read[0].kind == "client" && read[0].nanoseconds == 3_000)
        #expect(!read[0].ok && read[0].fault == "card refused" && read[0].node == "unknown_service")
        #expect(read[0].attributes == [SignalLabel("a", "true"), SignalLabel("b", "2")])
    }

    @Test(
        "the severities of the protocol are four levels",
        arguments: [
            (0, "info"), (1, "debug"), (8, "debug"), (9, "info"), (13, "warning"), (17, "error"), (24, "error"),
        ])
    func severities(_ severity: Int, _ level: String) {
        var record = OTLP.LogRecord(time: 5, body: .map([OTLP.Attribute("a", .text("b"))]))
        record.severity = severity
        let read = OTLPReading.entries([OTLP.Group(resource: resource, parts: [record])])
        #expect(read.map(\.level) == [level] && read.map(\.text) == ["{a=b}"] && read[0].examples.count == 1)
    }

    @Test("our own counters, gauges and histograms are read as what they are")
    func own() throws {
        let metrics = Metrics()
        metrics.counter("c", help: "", labels: ["x": "1"]).increment(by: 4)
        metrics.gauge("g", help: "").set(2.5)
        metrics.histogram("h", unit: .seconds, help: "").record(0.25)
        let slot = try #require(SlotName("orders@local.2"))
        let read = OwnReading.points(MetricsReport(slot: slot, spawn: 1, snapshot: metrics.snapshot()), at: 9)
        #expect(Set(read.map(\.node)) == ["orders"] && Set(read.map(\.instance)) == ["orders@local.2"])
        #expect(read.first { $0.metric == "c" }?.reading == .counter(4))
        #expect(read.first { $0.metric == "c" }?.labels == [SignalLabel("x", "1")])
        #expect(read.first { $0.metric == "g" }?.reading == .gauge(2.5))
        guard case .distribution(let histogram)? = read.first(where: { $0.metric == "h" })?.reading else {
            Issue.record("no histogram")
            return
        }
        #expect(histogram.count == 1 && histogram.count(upTo: 0.25) == 1 && histogram.count(upTo: 0.2) == 0)
    }

    @Test("only so much waits at once, but a single batch always has a place")
    func waiting() {
        let waiting = Waiting()
        #expect(waiting.enter(500, most: 100))
        #expect(!waiting.enter(1, most: 100))
        waiting.leave(500)
        #expect(waiting.enter(60, most: 100) && waiting.enter(40, most: 100) && !waiting.enter(1, most: 100))
    }
}
