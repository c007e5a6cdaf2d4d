public import Contracts
import Routing
import Signals

/// What an incoming call passes on to the calls that it causes: when nobody waits any more. The trace that it belongs
/// to is `TraceContext.current`.
public struct CallContext: Sendable {
    public var deadline: Moment
    /// The authenticated slot that called, as the broker wrote it.
    public var caller: String

    public init(deadline: Moment = .never, caller: String = "") {
        self.deadline = deadline
        self.caller = caller
    }

    /// The context of the work that runs now.
    @TaskLocal public static var current = CallContext()
}

/// How the calls made inside `withCallOptions` are to be treated.
public struct CallOptions: Sendable {
    /// The caller waits no longer than this, or than its own deadline, whichever comes first.
    public var patience: Duration?
    /// It may be carried out twice: it goes again when a worker or the broker dies.
    public var idempotent = false

    public init(patience: Duration? = nil, idempotent: Bool = false) {
        self.patience = patience
        self.idempotent = idempotent
    }

    @TaskLocal static var current = CallOptions()
}

/// Makes calls with other options than the usual ones.
public func withCallOptions<Value: Sendable>(
    patience: Duration? = nil, idempotent: Bool = false,
    isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Value
) async rethrows -> Value {
    try await CallOptions.$current.withValue(
        CallOptions(patience: patience, idempotent: idempotent), operation: body)
}

extension FrameTrace {
    init(_ trace: TraceContext?) {
        self.init(
            high: trace?.traceHigh ?? 0, low: trace?.traceLow ?? 0, span: trace?.span ?? 0, flags: trace?.flags ?? 0)
    }
    var context: TraceContext? { TraceContext(traceHigh: high, traceLow: low, span: span, flags: flags) }
}
