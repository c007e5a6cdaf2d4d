/// Which span of which trace.
public struct SpanIdentity: Sendable, Hashable {
    /// The upper half of the trace's identity.
    public var traceHigh: UInt64
    /// The lower half.
    public var traceLow: UInt64
    /// The span's own.
    public var span: UInt64

    /// An identity; a trace of 64 bits has no upper half.
    public init(traceHigh: UInt64 = 0, traceLow: UInt64, span: UInt64) {
        self.traceHigh = traceHigh
        self.traceLow = traceLow
        self.span = span
    }
}

/// What a dependency graph needs to know of a span.
public struct ObservedSpan: Sendable {
    /// The span.
    public var identity: SpanIdentity
    /// The span that it is a child of.
    public var parent: SpanIdentity?
    /// Spans that it is linked with, such as that of the producer of a message.
    public var links: [SpanIdentity]
    /// Whose span it is.
    public var service: String
    /// When it began, in seconds.
    public var start: Double
    /// How long it took.
    public var seconds: Double
    /// Whether it failed.
    public var isError: Bool

    /// A span.
    public init(
        identity: SpanIdentity, parent: SpanIdentity? = nil, links: [SpanIdentity] = [], service: String, start: Double,
        seconds: Double, isError: Bool = false
    ) {
        self.identity = identity
        self.parent = parent
        self.links = links
        self.service = service
        self.start = start
        self.seconds = seconds
        self.isError = isError
    }
}
