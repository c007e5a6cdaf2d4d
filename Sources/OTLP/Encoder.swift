/// Writes requests in protobuf, for export.
public enum OTLPEncoder {
    /// An ExportTraceServiceRequest.
    public static func traces(_ groups: [Group<Span>]) -> [UInt8] { request(groups) { $0.part($1) } }
    /// An ExportMetricsServiceRequest.
    public static func metrics(_ groups: [Group<Metric>]) -> [UInt8] { request(groups) { $0.part($1) } }
    /// An ExportLogsServiceRequest.
    public static func logs(_ groups: [Group<LogRecord>]) -> [UInt8] { request(groups) { $0.part($1) } }

    private static func request<Part>(
        _ groups: [Group<Part>], _ write: (inout WireWriter, Part) -> Void
    ) -> [UInt8] {
        var writer = WireWriter()
        for group in groups {
            writer.message(1) { inner in
                inner.message(1) { $0.attributes(group.resource, 1) }
                inner.message(2) { scope in
                    scope.message(1) {
                        $0.text(unlessEmpty: group.scope.name, 1)
                        $0.text(unlessEmpty: group.scope.version, 2)
                        $0.attributes(group.scope.attributes, 3)
                    }
                    for part in group.parts { scope.message(2) { write(&$0, part) } }
                }
            }
        }
        return writer.bytes
    }
}

extension WireWriter {
    mutating func attributes(_ attributes: [Attribute], _ number: Int) {
        for attribute in attributes { message(number) { $0.keyed(attribute) } }
    }
    private mutating func keyed(_ attribute: Attribute) {
        text(1, attribute.key)
        message(2) { $0.value(attribute.value) }
    }
    mutating func value(_ value: AnyValue) {
        switch value {
        case .none: break
        case .text(let value): text(1, value)
        case .flag(let value): varint(2, value ? 1 : 0)
        case .whole(let value): varint(3, UInt64(bitPattern: value))
        case .number(let value): double(4, value)
        case .list(let values): message(5) { list in for value in values { list.message(1) { $0.value(value) } } }
        case .map(let values): message(6) { map in for value in values { map.message(1) { $0.keyed(value) } } }
        case .bytes(let value): data(7, value)
        }
    }
    mutating func identity(_ trace: TraceIdentity, _ number: Int) {
        data(number, bigEndian(trace.high) + bigEndian(trace.low))
    }
    mutating func identity(_ span: UInt64, _ number: Int) { data(number, bigEndian(span)) }
    private func bigEndian(_ value: UInt64) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }

    mutating func part(_ span: Span) {
        identity(span.trace, 1)
        identity(span.identity, 2)
        text(unlessEmpty: span.traceState, 3)
        if span.parent != 0 { identity(span.parent, 4) }
        text(unlessEmpty: span.name, 5)
        varint(unlessZero: span.kind.rawValue, 6)
        fixed64(7, span.start)
        fixed64(8, span.end)
        attributes(span.attributes, 9)
        varint(unlessZero: UInt64(clamping: span.dropped), 10)
        for event in span.events {
            message(11) {
                $0.fixed64(1, event.time)
                $0.text(unlessEmpty: event.name, 2)
                $0.attributes(event.attributes, 3)
            }
        }
        for link in span.links {
            message(13) {
                $0.identity(link.trace, 1)
                $0.identity(link.span, 2)
                $0.attributes(link.attributes, 4)
            }
        }
        if span.outcome != .unset || !span.outcomeMessage.isEmpty {
            message(15) {
                $0.text(unlessEmpty: span.outcomeMessage, 2)
                $0.varint(unlessZero: span.outcome.rawValue, 3)
            }
        }
        if span.flags != 0 { fixed32(16, span.flags) }
    }

    mutating func part(_ record: LogRecord) {
        fixed64(1, record.time)
        varint(unlessZero: UInt64(clamping: record.severity), 2)
        text(unlessEmpty: record.severityText, 3)
        if record.body != .none { message(5) { $0.value(record.body) } }
        attributes(record.attributes, 6)
        varint(unlessZero: UInt64(clamping: record.dropped), 7)
        if record.flags != 0 { fixed32(8, record.flags) }
        if let trace = record.trace { identity(trace, 9) }
        if let span = record.span { identity(span, 10) }
        fixed64(11, record.time)
        text(unlessEmpty: record.eventName, 12)
    }
}
