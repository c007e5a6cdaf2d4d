public import Bus
public import Contracts
import Host
public import Signals

/// What a process tells of itself, once a second, to whoever listens.
public struct SignalsReporter: Sendable {
    private let slot: SlotName
    private let spawn: UInt64
    private let bus: BusSystem
    private let metrics: Metrics
    private let log: Log

    /// Speaks for that start of a slot.
    public init(slot: SlotName, spawn: UInt64, bus: BusSystem, metrics: Metrics = .standard, log: Log = .standard) {
        self.slot = slot
        self.spawn = spawn
        self.bus = bus
        self.metrics = metrics
        self.log = log
        bus.preparePublishing()
    }

    /// Publishes metrics, spans and what was logged.
    public func report() {
        reportMetrics()
        reportSpans()
        reportLogs()
    }

    private func reportMetrics() {
        ProcessReading.now()?.record(in: metrics)
        bus.record(in: metrics)
        publish("metrics", MetricsReport(slot: slot, spawn: spawn, snapshot: metrics.snapshot()))
    }

    /// Spans leave in pieces, each well below what a topic carries.
    private func reportSpans() {
        let (spans, dropped) = Tracer.standard.take()
        guard !spans.isEmpty || dropped > 0 else { return }
        for start in stride(from: 0, to: max(spans.count, 1), by: SpanReport.most) {
            let piece = spans[start..<min(start + SpanReport.most, spans.count)].map(SpanRecord.init)
            publish("spans", SpanReport(slot: slot, spawn: spawn, spans: piece, dropped: start == 0 ? dropped : 0))
        }
    }

    private func reportLogs() {
        let tallies = log.takeTallies()
        guard !tallies.isEmpty else { return }
        publish("logs", LogReport(slot: slot, spawn: spawn, tallies: tallies))
    }

    private func publish(_ topic: String, _ report: some Encodable & Sendable) {
        guard let body = try? Packed.encode(report) else { return }
        bus.publish("\(topic).\(slot.role)", body)
    }

    /// Somebody wants a whole trace: what this process has of it leaves with the next report.
    public func followWantedTraces() async {
        for await event in bus.subscribe("traces.keep") {
            let parent = String(decoding: event.body, as: UTF8.self)
            if let trace = TraceContext(traceparent: parent) { Tracer.standard.keep(trace) }
        }
    }
}

/// What a process has logged since the last report, on the topic `logs.ROLE`.
public struct LogReport: Codable, Sendable {
    public var slot: SlotName
    public var spawn: UInt64
    public var tallies: [LogTally]

    public init(slot: SlotName, spawn: UInt64, tallies: [LogTally]) {
        self.slot = slot
        self.spawn = spawn
        self.tallies = tallies
    }
}

/// The spans of a process that somebody wants, on the topic `spans.ROLE`.
public struct SpanReport: Codable, Sendable {
    /// Spans in one report.
    public static let most = 256

    public var slot: SlotName
    public var spawn: UInt64
    public var spans: [SpanRecord]
    /// Spans that there was no room for since the last report.
    public var dropped: Int

    public init(slot: SlotName, spawn: UInt64, spans: [SpanRecord], dropped: Int) {
        self.slot = slot
        self.spawn = spawn
        self.spans = spans
        self.dropped = dropped
    }
}

/// What a process tells of its metrics, once a second, on the topic `metrics.ROLE`.
public struct MetricsReport: Codable, Sendable {
    public var slot: SlotName
    public var spawn: UInt64
    public var snapshot: MetricsSnapshot

    public init(slot: SlotName, spawn: UInt64, snapshot: MetricsSnapshot) {
        self.slot = slot
        self.spawn = spawn
        self.snapshot = snapshot
    }
}
