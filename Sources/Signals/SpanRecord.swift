/// A finished span as it travels: what OpenTelemetry's protocol needs of it.
public struct SpanRecord: Sendable, Codable, Equatable {
    /// One attribute; exactly one of the values is there.
    public struct Attribute: Sendable, Codable, Equatable {
        public var name: String
        public var text: String?
        public var integer: Int?
        public var number: Double?
        public var boolean: Bool?

        init(_ name: String, _ value: Field) {
            self.name = name
            switch value {
            case .text(let value): text = value
            case .integer(let value): integer = value
            case .number(let value): number = value
            case .boolean(let value): boolean = value
            }
        }
    }

    public var name: String
    public var kind: SpanKind
    public var traceHigh: UInt64
    public var traceLow: UInt64
    public var span: UInt64
    /// nil at the root of a trace.
    public var parent: UInt64?
    /// Nanoseconds since 1970.
    public var start: Int64
    public var nanoseconds: Int64
    public var ok: Bool
    /// What went wrong, where it did.
    public var fault: String?
    public var attributes: [Attribute]

    public init(_ span: Span) {
        name = span.name
        kind = span.kind
        traceHigh = span.context.traceHigh
        traceLow = span.context.traceLow
        self.span = span.context.span
        parent = span.parent
        start = span.start.nanoseconds
        let (seconds, attoseconds) = (span.duration ?? .zero).components
        nanoseconds = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
        if case .error(let text) = span.status { (ok, fault) = (false, text) } else { (ok, fault) = (true, nil) }
        attributes = span.attributes.map { Attribute($0.name, $0.value) }
    }
}
