/// One finished span.
public struct Span: Sendable, Equatable {
    /// What a span stands for; the raw values are those of the protocol.
    public enum Kind: UInt64, Sendable { case unspecified, `internal`, server, client, producer, consumer }
    /// How it ended; the raw values are those of the protocol.
    public enum Outcome: UInt64, Sendable { case unset, ok, error }
    /// Something that happened during the span.
    public struct Event: Sendable, Equatable {
        public var time: UInt64
        public var name: String
        public var attributes: [Attribute]

        /// What happened, in nanoseconds since 1970.
        public init(time: UInt64, name: String, attributes: [Attribute] = []) {
            self.time = time
            self.name = name
            self.attributes = attributes
        }
    }
    /// Another span that this one has to do with.
    public struct Link: Sendable, Equatable {
        public var trace: TraceIdentity
        public var span: UInt64
        public var attributes: [Attribute]

        /// The other span.
        public init(trace: TraceIdentity, span: UInt64, attributes: [Attribute] = []) {
            self.trace = trace
            self.span = span
            self.attributes = attributes
        }
    }

    public var trace: TraceIdentity
    public var identity: UInt64
    /// Zero for a root.
    public var parent: UInt64 = 0
    public var name: String
    public var kind = Kind.unspecified
    /// Nanoseconds since 1970.
    public var start: UInt64
    public var end: UInt64
    public var outcome = Outcome.unset
    public var outcomeMessage = ""
    public var traceState = ""
    public var flags: UInt32 = 0
    public var attributes: [Attribute] = []
    public var events: [Event] = []
    public var links: [Link] = []
    /// Attributes, events and links left out by the sender or beyond our limits.
    public var dropped = 0

    /// A span with what every span has.
    public init(trace: TraceIdentity, identity: UInt64, name: String, start: UInt64, end: UInt64) {
        self.trace = trace
        self.identity = identity
        self.name = name
        self.start = start
        self.end = end
    }
}
