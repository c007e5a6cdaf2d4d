/// What a span stands for, in the words of OpenTelemetry.
public enum SpanKind: String, Sendable, Codable {
    case `internal`, server, client, producer, consumer
}

/// How the work of a span ended.
public enum SpanStatus: Sendable, Equatable {
    case unset
    case ok
    case error(String)
}

/// One piece of work: who asked for it, how long it took, how it ended.
public struct Span: Sendable, Equatable {
    public let name: String
    public let kind: SpanKind
    public let context: TraceContext
    /// The span that asked for this one; nil at the root of a trace.
    public let parent: UInt64?
    public let start: WallTime
    public private(set) var status: SpanStatus = .unset
    /// nil while the work goes on.
    public private(set) var duration: Duration?
    public private(set) var attributes: [(name: String, value: Field)] = []
    private let began: Duration

    /// Begins a span below `parent`, or a trace of its own.
    public init(
        _ name: String, kind: SpanKind = .internal, parent: TraceContext? = nil, at start: WallTime = .now,
        now: Duration = monotonicNow()
    ) {
        self.name = name
        self.kind = kind
        self.context = parent?.child() ?? .root()
        self.parent = parent?.span
        self.start = start
        self.began = now
    }

    /// Says more about the work; a name said twice takes the later value.
    public mutating func set(_ name: String, _ value: Field) {
        attributes.removeAll { $0.name == name }
        attributes.append((name, value))
    }

    /// Ends the span; only the first end counts.
    public mutating func end(_ status: SpanStatus = .ok, now: Duration = monotonicNow()) {
        guard duration == nil else { return }
        self.status = status
        duration = now - began
    }

    public static func == (left: Span, right: Span) -> Bool {
        left.context == right.context && left.name == right.name && left.kind == right.kind
            && left.parent == right.parent && left.start == right.start && left.status == right.status
            && left.duration == right.duration && left.attributes.elementsEqual(right.attributes) { $0 == $1 }
    }
}
