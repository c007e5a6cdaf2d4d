import Contracts
import OTLP
import Signals
import WebClient
import Worker

/// Sends what our own processes say to a collector, by OTLP over HTTP. What the collector does not take is sent again
/// while there is room; what is dropped is counted.
actor Exporter {
    private static let most = 200
    private static let pause = Duration.seconds(2)

    private struct Batch {
        var path: String
        var body: [UInt8]
        var attempts = 0
    }

    private let url: String
    private let client: WebClient
    private let log: Log
    private let sent: Counter
    private let dropped: Counter
    private let isActive: @Sendable () async -> Bool
    private var spans: [OTLP.Group<OTLP.Span>] = []
    private var points: [OTLP.Group<OTLP.Metric>] = []
    private var lines: [OTLP.Group<OTLP.LogRecord>] = []
    private var queue: [Batch] = []

    init(_ url: String, metrics: Metrics, log: Log, isActive: @escaping @Sendable () async -> Bool) {
        self.url = String(url.reversed().drop { $0 == "/" }.reversed())
        client = WebClient(metrics: metrics)
        self.log = log
        self.isActive = isActive
        sent = metrics.counter("otlp.exported", help: "Batches that a collector took", labels: ["outcome": "taken"])
        dropped = metrics.counter(
            "otlp.exported", help: "Batches that a collector took", labels: ["outcome": "dropped"])
    }

    func take(_ report: SpanReport) {
        guard spans.count < Self.most else { return dropped.increment() }
        spans.append(OTLP.Group(resource: resource(report.slot, report.spawn), parts: report.spans.map(span)))
    }

    func take(_ report: MetricsReport) {
        guard points.count < Self.most else { return dropped.increment() }
        let now = UInt64(clamping: WallTime.now.nanoseconds)
        points.append(
            OTLP.Group(
                resource: resource(report.slot, report.spawn),
                parts: report.snapshot.families.map { metric($0, now: now) }))
    }

    func take(_ report: LogReport) {
        guard lines.count < Self.most else { return dropped.increment() }
        let now = UInt64(clamping: WallTime.now.nanoseconds)
        lines.append(
            OTLP.Group(
                resource: resource(report.slot, report.spawn), parts: report.tallies.map { record($0, now: now) }))
    }

    /// Sends as long as the process lives.
    func run() async {
        while !Task.isCancelled {
            do { try await Task.sleep(for: Self.pause) } catch { return }
            guard await isActive() else {
                (spans, points, lines) = ([], [], [])
                continue
            }
            gather()
            await flush()
        }
    }

    private func gather() {
        if !spans.isEmpty { put(Batch(path: "/v1/traces", body: OTLPEncoder.traces(spans))) }
        if !points.isEmpty { put(Batch(path: "/v1/metrics", body: OTLPEncoder.metrics(points))) }
        if !lines.isEmpty { put(Batch(path: "/v1/logs", body: OTLPEncoder.logs(lines))) }
        (spans, points, lines) = ([], [], [])
    }

    private func put(_ batch: Batch) {
        if queue.count >= Self.most {
            queue.removeFirst()
            dropped.increment()
        }
        queue.append(batch)
    }

    private func flush() async {
        while var batch = queue.first {
            queue.removeFirst()
            var request = ClientRequest(.post, url + batch.path)
            request.headers.append(("content-type", "application/x-protobuf"))
            request.body = batch.body
            do {
                let answer = try await client.send(request)
                switch answer.status {
                case 200..<300: sent.increment()
                case 429, 502, 503, 504: throw Refused(status: answer.status)
                // By the protocol nothing else gets better by being sent again.
                default:
                    dropped.increment()
                    log.limited("export", .error, "the collector refused a batch", ["status": .integer(answer.status)])
                }
            } catch {
                batch.attempts += 1
                log.limited("export", .warning, "the collector does not take a batch now", ["why": "\(error)"])
                if batch.attempts < 5 { queue.insert(batch, at: 0) } else { dropped.increment() }
                return
            }
        }
    }

    private struct Refused: Error { var status: Int }

    // MARK: our own signals in the protocol's words

    private func resource(_ slot: SlotName, _ spawn: UInt64) -> [OTLP.Attribute] {
        [
            OTLP.Attribute("service.name", .text(slot.role)), OTLP.Attribute("service.namespace", .text("kintsugi")),
            OTLP.Attribute("service.instance.id", .text("\(slot)/\(spawn)")),
        ]
    }

    private func span(_ record: SpanRecord) -> OTLP.Span {
        var span = OTLP.Span(
            trace: OTLP.TraceIdentity(high: record.traceHigh, low: record.traceLow), identity: record.span,
            name: record.name, start: UInt64(clamping: record.start),
            end: UInt64(clamping: record.start + record.nanoseconds))
        span.parent = record.parent ?? 0
        span.kind =
            switch record.kind {
            case .internal: .internal
            case .server: .server
            case .client: .client
            case .producer: .producer
            case .consumer: .consumer
            }
        span.outcome = record.ok ? .ok : .error
        span.outcomeMessage = record.fault ?? ""
        span.attributes = record.attributes.map { attribute in
            let value: OTLP.AnyValue =
                attribute.text.map { .text($0) } ?? attribute.integer.map { .whole(Int64($0)) }
                ?? attribute.number.map { .number($0) } ?? attribute.boolean.map { .flag($0) } ?? .none
            return OTLP.Attribute(attribute.name, value)
        }
        return span
    }

    private func metric(_ family: MetricFamily, now: UInt64) -> OTLP.Metric {
        func attributes(_ series: MetricSeries) -> [OTLP.Attribute] {
            series.labels.map { OTLP.Attribute($0.name, .text($0.value)) }
        }
        let data: OTLP.Metric.Data
        switch family.kind {
        case .counter:
            data = .sum(
                family.series.map { .init(time: now, value: $0.value, attributes: attributes($0)) }, .cumulative,
                isMonotonic: true)
        case .gauge:
            data = .gauge(family.series.map { .init(time: now, value: $0.value, attributes: attributes($0)) })
        case .histogram:
            data = .exponential(
                family.series.map { series in
                    .init(time: now, value: series.histogram.map(exponential), attributes: attributes(series))
                }, .cumulative)
        }
        return OTLP.Metric(name: family.name, unit: family.unit.rawValue, data: data)
    }

    private func exponential(_ snapshot: HistogramSnapshot) -> OTLP.Metric.ExponentialHistogram {
        var histogram = OTLP.Metric.ExponentialHistogram()
        histogram.count = UInt64(clamping: snapshot.count)
        histogram.sum = snapshot.sum
        histogram.scale = Int32(snapshot.scale)
        histogram.zeroCount = UInt64(clamping: snapshot.zeroCount)
        histogram.positive = .init(
            offset: Int32(clamping: snapshot.offset), counts: snapshot.counts.map { UInt64(clamping: $0) })
        return histogram
    }

    private func record(_ tally: LogTally, now: UInt64) -> OTLP.LogRecord {
        let example = tally.examples.first
        var record = OTLP.LogRecord(
            time: example.map { UInt64(clamping: $0.at) } ?? now, body: .text(tally.message))
        record.severity =
            switch tally.level {
            case .debug: 5
            case .info: 9
            case .warning: 13
            case .error: 17
            }
        record.severityText = tally.level.rawValue
        record.attributes = [
            OTLP.Attribute("log.count", .whole(Int64(tally.count))),
            OTLP.Attribute("log.fields", .text(example?.fields ?? "")),
        ]
        if let context = example?.trace.flatMap({ TraceContext(traceparent: "00-\($0)-0000000000000001-00") }) {
            record.trace = OTLP.TraceIdentity(high: context.traceHigh, low: context.traceLow)
        }
        return record
    }
}
