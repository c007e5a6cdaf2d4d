import Bus
public import Contracts
import Host
public import Signals

// What a process tells of itself, once a second, to whoever listens.

extension WorkerProcess {
    func publishMetrics() {
        ProcessReading.now()?.record(in: context.metrics)
        context.bus.record(in: context.metrics)
        let slot = context.birth.slot
        let report = MetricsReport(
            slot: slot, spawn: context.birth.spawn, snapshot: context.metrics.snapshot())
        guard let body = try? Packed.encode(report) else { return }
        context.bus.publish("metrics.\(slot.role)", body)
    }

    /// Spans leave in pieces, each well below what a topic carries.
    func publishSpans() {
        let (spans, dropped) = Tracer.standard.take()
        guard !spans.isEmpty || dropped > 0 else { return }
        let slot = context.birth.slot
        for start in stride(from: 0, to: max(spans.count, 1), by: SpanReport.most) {
            let piece = spans[start..<min(start + SpanReport.most, spans.count)].map(SpanRecord.init)
            let report = SpanReport(
                slot: slot, spawn: context.birth.spawn, spans: piece, dropped: start == 0 ? dropped : 0)
            guard let body = try? Packed.encode(report) else { return }
            context.bus.publish("spans.\(slot.role)", body)
        }
    }

    /// Somebody wants a whole trace: what this process has of it leaves with the next report.
    func followWantedTraces() async {
        for await event in context.bus.subscribe("traces.keep") {
            let parent = String(decoding: event.body, as: UTF8.self)
            if let trace = TraceContext(traceparent: parent) { Tracer.standard.keep(trace) }
        }
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
