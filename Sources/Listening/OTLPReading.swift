public import Contracts
public import OTLP
public import Senses

/// What OpenTelemetry's protocol carries, as the observatory hears it.
public enum OTLPReading {
    /// Who sent a group of signals.
    struct Origin {
        var node: String
        var instance: String?

        init(_ resource: [OTLP.Attribute]) {
            func text(_ key: String) -> String? {
                resource.first { $0.key == key }.map { OTLPReading.text($0.value) }.flatMap { $0.isEmpty ? nil : $0 }
            }
            // The standard's own word for a process that did not say who it is.
            node = text("service.name") ?? "unknown_service"
            instance = text("service.instance.id") ?? text("host.name")
        }
    }

    // MARK: spans

    /// The spans of a request.
    public static func spans(_ groups: [OTLP.Group<OTLP.Span>]) -> [TraceSpan] {
        groups.flatMap { group in
            let origin = Origin(group.resource)
            return group.parts.map { span($0, origin) }
        }
    }

    private static func span(_ span: OTLP.Span, _ origin: Origin) -> TraceSpan {
        let failed = span.outcome == .error
        let kind =
            switch span.kind {
            case .unspecified, .internal: "internal"
            case .server: "server"
            case .client: "client"
            case .producer: "producer"
            case .consumer: "consumer"
            }
        let exception = span.events.first { $0.name == "exception" }
        let said = [
            span.outcomeMessage, value("exception.message", exception?.attributes),
            value("error.type", span.attributes),
        ]
        return TraceSpan(
            trace: hexadecimal(span.trace.high) + hexadecimal(span.trace.low), span: hexadecimal(span.identity),
            parent: span.parent == 0 ? nil : hexadecimal(span.parent), node: origin.node, instance: origin.instance,
            name: String(span.name.prefix(200)), kind: kind, start: Int64(clamping: span.start),
            nanoseconds: Int64(clamping: span.end - span.start), ok: !failed,
            fault: failed ? said.first { !$0.isEmpty } ?? "failed" : nil, attributes: labels(span.attributes))
    }

    private static func value(_ key: String, _ attributes: [OTLP.Attribute]?) -> String {
        attributes?.first { $0.key == key }.map { String(text($0.value).prefix(500)) } ?? ""
    }

    // MARK: metrics

    /// The readings of a request.
    public static func points(_ groups: [OTLP.Group<OTLP.Metric>]) -> [MetricPoint] {
        groups.flatMap { group in
            let origin = Origin(group.resource)
            return group.parts.flatMap { points($0, origin) }
        }
    }

    private static func points(_ metric: OTLP.Metric, _ origin: Origin) -> [MetricPoint] {
        switch metric.data {
        case .none: []
        case .gauge(let points): make(points, metric, origin) { .gauge($0) }
        case .sum(let points, let temporality, let isMonotonic):
            // What may also fall is a level, be it counted in steps or not; only its steps cannot be one.
            make(points, metric, origin) { value in
                switch (temporality, isMonotonic) {
                case (.delta, _): .increase(value)
                case (_, true): .counter(value)
                case (_, false): .gauge(value)
                }
            }
        case .histogram(let points, let temporality):
            make(points, metric, origin) { histogram in
                let counts = histogram.buckets.map { Double($0) }
                let bounds = histogram.bounds + [.infinity]
                let whole =
                    counts.isEmpty
                    ? Distribution(bounds: [.infinity], counts: [Double(histogram.count)], sum: histogram.sum ?? 0)
                    : Distribution(bounds: bounds, counts: counts, sum: histogram.sum ?? 0)
                return temporality == .delta ? .measurements(whole) : .distribution(whole)
            }
        case .exponential(let points, let temporality):
            make(points, metric, origin) { histogram in
                let whole = distribution(histogram)
                return temporality == .delta ? .measurements(whole) : .distribution(whole)
            }
        case .summary(let points):
            points.flatMap { point -> [MetricPoint] in
                guard let summary = point.value else { return [] }
                let quantiles = summary.quantiles.map { quantile in
                    self.point(
                        point.time, metric, origin,
                        labels(point.attributes) + [SignalLabel("quantile", "\(quantile.share)")],
                        .gauge(quantile.value))
                }
                let counts = self.point(
                    point.time, metric, origin, labels(point.attributes), .counter(Double(summary.count)))
                return quantiles + [counts]
            }
        }
    }

    private static func make<Value>(
        _ points: [OTLP.Metric.Point<Value>], _ metric: OTLP.Metric, _ origin: Origin, _ read: (Value) -> MetricReading
    ) -> [MetricPoint] {
        points.compactMap { point in
            guard let value = point.value else { return nil }
            return self.point(point.time, metric, origin, labels(point.attributes), read(value))
        }
    }

    private static func distribution(_ histogram: OTLP.Metric.ExponentialHistogram) -> Distribution {
        Distribution(
            scale: Int(histogram.scale), zeroCount: Double(histogram.zeroCount), offset: Int(histogram.positive.offset),
            counts: histogram.positive.counts.map { Double($0) }, below: histogram.negative.counts.map { Double($0) },
            sum: histogram.sum ?? 0)
    }

    private static func point(
        _ time: UInt64, _ metric: OTLP.Metric, _ origin: Origin, _ labels: [SignalLabel], _ reading: MetricReading
    ) -> MetricPoint {
        MetricPoint(
            node: origin.node, instance: origin.instance, metric: metric.name, unit: String(metric.unit.prefix(32)),
            labels: labels, at: Int64(clamping: time), reading: reading)
    }

    // MARK: logs

    /// The log lines of a request.
    public static func entries(_ groups: [OTLP.Group<OTLP.LogRecord>]) -> [LogEntry] {
        groups.flatMap { group in
            let origin = Origin(group.resource)
            return group.parts.map { entry($0, origin) }
        }
    }

    private static func entry(_ record: OTLP.LogRecord, _ origin: Origin) -> LogEntry {
        let text = text(record.body)
        let level =
            switch record.severity {
            case 1...8: "debug"
            case 13...16: "warning"
            case 17...24: "error"
            default: "info"
            }
        let time = Int64(clamping: record.time)
        let trace = record.trace.map { hexadecimal($0.high) + hexadecimal($0.low) }
        let example = LogExample(
            at: time, node: origin.node, instance: origin.instance, level: level, text: String(text.prefix(2_000)),
            trace: trace)
        return LogEntry(
            at: time, node: origin.node, instance: origin.instance, level: level, text: text, isTemplate: false,
            examples: [example])
    }

    // MARK: values

    static func labels(_ attributes: [OTLP.Attribute]) -> [SignalLabel] {
        attributes.map { SignalLabel(String($0.key.prefix(200)), String(text($0.value).prefix(500))) }.sorted()
    }

    static func text(_ value: OTLP.AnyValue) -> String {
        switch value {
        case .none: ""
        case .text(let text): text
        case .flag(let flag): "\(flag)"
        case .whole(let number): "\(number)"
        case .number(let number): "\(number)"
        case .list(let values): "[\(values.prefix(64).map(text).joined(separator: ","))]"
        case .map(let members): "{\(members.prefix(64).map { "\($0.key)=\(text($0.value))" }.joined(separator: ","))}"
        case .bytes(let bytes): "\(bytes.count) bytes"
        }
    }

    /// Sixteen digits, as the protocols write the ids of spans and half those of traces.
    public static func hexadecimal(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
