/// One log record.
public struct LogRecord: Sendable, Equatable {
    /// Nanoseconds since 1970: when it happened, or else when it was observed, or else when it arrived.
    public var time: UInt64
    /// 1 to 24, or zero when unknown.
    public var severity: Int = 0
    public var severityText = ""
    public var body = AnyValue.none
    public var eventName = ""
    public var attributes: [Attribute] = []
    public var trace: TraceIdentity?
    public var span: UInt64?
    public var flags: UInt32 = 0
    /// Attributes left out by the sender or beyond our limits.
    public var dropped = 0

    /// A record of a moment.
    public init(time: UInt64, body: AnyValue = .none) {
        self.time = time
        self.body = body
    }
}
