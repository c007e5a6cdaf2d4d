import CZlib

@testable import OTLP

let noon: UInt64 = 1_790_000_000_000_000_000
let limits = IntakeLimits(now: noon, past: 100 * 86_400_000_000_000, future: 200 * 86_400_000_000_000)
let trace = TraceIdentity(high: 0x0102_0304_0506_0708, low: 0x090A_0B0C_0D0E_0F10)

func refusal(_ body: () throws(OTLPRefusal) -> Void) -> OTLPRefusal? {
    do {
        try body()
        return nil
    } catch { return error }
}

func sampleSpan() -> Span {
    var span = Span(trace: trace, identity: 7, name: "POST /orders", start: noon, end: noon + 1_000)
    span.parent = 6
    span.kind = .server
    span.outcome = .error
    span.outcomeMessage = "boom"
    span.traceState = "a=b"
    span.flags = 257
    span.dropped = 3
    span.attributes = [
        Attribute("text", .text("é")), Attribute("flag", .flag(true)), Attribute("whole", .whole(-1)),
        Attribute("number", .number(0.5)), Attribute("none", .none), Attribute("bytes", .bytes([0, 255])),
        Attribute("list", .list([.text("a"), .list([]), .map([Attribute("k", .whole(1))])])),
    ]
    span.events = [Span.Event(time: noon, name: "retry", attributes: [Attribute("n", .whole(1))])]
    span.links = [Span.Link(trace: trace, span: 9)]
    return span
}

func group<Part>(_ parts: [Part]) -> [Group<Part>] {
    [
        Group(
            resource: [Attribute("service.name", .text("orders"))], scope: Scope(name: "shop", version: "1.2"),
            parts: parts)
    ]
}

func sampleRecord() -> LogRecord {
    var record = LogRecord(time: noon, body: .text("no stock"))
    record.severity = 17
    record.severityText = "ERROR"
    record.eventName = "order.refused"
    record.attributes = [Attribute("sku", .text("bowl"))]
    record.trace = trace
    record.span = 7
    record.flags = 1
    return record
}

func histogram(count: UInt64, buckets: [UInt64], bounds: [Double], sum: Double? = 4) -> Metric {
    var value = Metric.Histogram()
    value.count = count
    value.buckets = buckets
    value.bounds = bounds
    value.sum = sum
    value.least = 0.5
    value.most = 3
    return Metric(name: "seconds", unit: "s", data: .histogram([Metric.Point(time: noon, value: value)], .delta))
}

func sampleMetrics() -> [Metric] {
    var exponential = Metric.ExponentialHistogram()
    exponential.count = 6
    exponential.sum = 3
    exponential.scale = -2
    exponential.zeroCount = 1
    exponential.zeroThreshold = 0.1
    exponential.positive = .init(offset: -3, counts: [1, 0, 3])
    exponential.negative = .init(offset: 4, counts: [1])
    var summary = Metric.Summary()
    summary.count = 3
    summary.sum = 6
    summary.quantiles = [.init(share: 0.5, value: 2)]
    let point = Metric.Point<Double>(time: noon, value: 7, start: noon - 9, attributes: [Attribute("a", .text("b"))])
    return [
        Metric(name: "load", data: .gauge([point, Metric.Point(time: noon, value: nil)])),
        Metric(name: "requests", data: .sum([point], .cumulative, isMonotonic: true)),
        histogram(count: 2, buckets: [1, 0, 1], bounds: [1, 2]),
        Metric(name: "exp", data: .exponential([Metric.Point(time: noon, value: exponential)], .cumulative)),
        Metric(name: "old", data: .summary([Metric.Point(time: noon, value: summary)])),
    ]
}

func gzip(_ bytes: [UInt8]) -> [UInt8] {
    var stream = z_stream()
    var source = bytes
    var output = [UInt8](repeating: 0, count: bytes.count / 2 + 1_024)
    guard zlib_begin_gzip(&stream, 6) == Z_OK else { return [] }
    defer { deflateEnd(&stream) }
    let count = output.count
    let left = source.withUnsafeMutableBufferPointer { input in
        output.withUnsafeMutableBufferPointer { room in
            stream.next_in = input.baseAddress
            stream.avail_in = uInt(input.count)
            stream.next_out = room.baseAddress
            stream.avail_out = uInt(room.count)
            return deflate(&stream, Z_FINISH) == Z_STREAM_END ? Int(stream.avail_out) : count
        }
    }
    return Array(output[..<(count - left)])
}
