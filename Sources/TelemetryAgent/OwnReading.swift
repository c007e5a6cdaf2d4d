import Contracts
import Listening
import Senses
import Signals
import Worker

/// What our own processes say on the bus, as the observatory hears it.
enum OwnReading {
    static func points(_ report: MetricsReport, at now: Int64) -> [MetricPoint] {
        let (node, instance) = (report.slot.role, report.slot.description)
        return report.snapshot.families.flatMap { family in
            family.series.compactMap { series -> MetricPoint? in
                let reading: MetricReading
                switch (family.kind, series.value, series.histogram) {
                case (.counter, let value?, _): reading = .counter(value)
                case (.gauge, let value?, _): reading = .gauge(value)
                case (.histogram, _, let histogram?): reading = .distribution(Distribution(histogram))
                default: return nil
                }
                return MetricPoint(
                    node: node, instance: instance, metric: family.name, unit: family.unit.rawValue,
                    labels: series.labels.map { SignalLabel($0.name, $0.value) }, at: now, reading: reading)
            }
        }
    }

    static func spans(_ report: SpanReport) -> [TraceSpan] {
        let (node, instance) = (report.slot.role, report.slot.description)
        return report.spans.map { span in
            TraceSpan(
                trace: OTLPReading.hexadecimal(span.traceHigh) + OTLPReading.hexadecimal(span.traceLow),
                span: OTLPReading.hexadecimal(span.span),
                parent: span.parent.map(OTLPReading.hexadecimal), node: node, instance: instance, name: span.name,
                kind: "\(span.kind)", start: span.start, nanoseconds: span.nanoseconds, ok: span.ok, fault: span.fault,
                attributes: span.attributes.map { SignalLabel($0.name, text($0)) })
        }
    }

    private static func text(_ attribute: SpanRecord.Attribute) -> String {
        attribute.text ?? attribute.integer.map { "\($0)" } ?? attribute.number.map { "\($0)" }
            ?? attribute.boolean.map { "\($0)" } ?? ""
    }

    static func entries(_ report: LogReport, at now: Int64) -> [LogEntry] {
        let (node, instance) = (report.slot.role, report.slot.description)
        return report.tallies.map { tally in
            LogEntry(
                at: tally.examples.first?.at ?? now, node: node, instance: instance, level: tally.level.rawValue,
                text: tally.message, isTemplate: true, count: tally.count,
                examples: tally.examples.map { example in
                    LogExample(
                        at: example.at, node: node, instance: instance, level: tally.level.rawValue,
                        text: example.fields.isEmpty ? tally.message : "\(tally.message) \(example.fields)",
                        trace: example.trace)
                })
        }
    }
}
