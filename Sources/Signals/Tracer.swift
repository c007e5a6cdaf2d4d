import Synchronization

extension TraceContext {
    /// The span that the running task works for; what it calls, sends and logs belongs to it.
    @TaskLocal public static var current: TraceContext?
}

/// Keeps the spans of a process until somebody wants them.
///
/// Spans that failed, took long or belong to the sampled share leave with the next batch. The others wait in a ring
/// until `keep` names their trace or newer ones push them out, so that the cost does not grow with the load.
public final class Tracer: Sendable {
    /// What leaves by itself, and how much may wait.
    public struct Limits: Sendable {
        /// The share of all traces that leaves, the same ones in every process.
        public var share = 0.01
        /// A span that took longer leaves.
        public var slow = Duration.milliseconds(250)
        /// Finished spans that wait for somebody to want them.
        public var ring = 4_096
        /// Spans that wait to leave; more are dropped and counted. Under overload everything is slow: what leaves within a
        /// second must not grow with it.
        public var leaving = 768
        /// Traces that are remembered as wanted.
        public var kept = 512

        public init() {}
    }

    /// The tracer of this process.
    public static let standard = Tracer()

    private struct State {
        var ring: [Span] = []
        var next = 0
        var leaving: [Span] = []
        var dropped = 0
        var kept: [TraceKey] = []
    }

    private let limits: Limits
    private let state = Mutex(State())

    public init(_ limits: Limits = Limits()) { self.limits = limits }

    /// Takes a span that has ended.
    public func finish(_ span: Span) {
        let leaves = leavesAtOnce(span)
        state.withLock { state in
            if leaves || state.kept.contains(TraceKey(span.context)) {
                send(span, &state)
            } else if state.ring.count < limits.ring {
                state.ring.append(span)
            } else {
                state.ring[state.next] = span
                state.next = (state.next + 1) % limits.ring
            }
        }
    }

    /// Somebody wants this trace: what is here of it leaves, and what follows.
    public func keep(_ trace: TraceContext) {
        let key = TraceKey(trace)
        state.withLock { state in
            guard !state.kept.contains(key) else { return }
            if state.kept.count >= limits.kept { state.kept.removeFirst() }
            state.kept.append(key)
            // The ring begins at `next` once it is full: put in order first, so that what goes on is simple.
            let ordered = Array(state.ring[state.next...] + state.ring[..<state.next])
            for span in ordered where TraceKey(span.context) == key { send(span, &state) }
            state.ring = ordered.filter { TraceKey($0.context) != key }
            state.next = 0
        }
    }

    /// Takes what is to leave, and how many there was no room for since the last time.
    public func take() -> (spans: [Span], dropped: Int) {
        state.withLock { state in
            defer { (state.leaving, state.dropped) = ([], 0) }
            return (state.leaving, state.dropped)
        }
    }

    private func leavesAtOnce(_ span: Span) -> Bool {
        if case .error = span.status { return true }
        if let duration = span.duration, duration >= limits.slow { return true }
        return span.context.isSampled || span.context.belongs(toShare: limits.share)
    }

    private func send(_ span: Span, _ state: inout State) {
        if state.leaving.count < limits.leaving { state.leaving.append(span) } else { state.dropped += 1 }
    }
}

/// A trace without its spans.
private struct TraceKey: Equatable {
    let high: UInt64
    let low: UInt64

    init(_ context: TraceContext) { (high, low) = (context.traceHigh, context.traceLow) }
}

extension Tracer {
    /// Does `body` as one span of the running trace: what it calls, sends and logs is below it.
    public func span<Value: Sendable>(
        _ name: String, kind: SpanKind = .internal, parent: TraceContext? = TraceContext.current,
        isolation: isolated (any Actor)? = #isolation, _ body: (inout Span) async throws -> Value
    ) async rethrows -> Value {
        var span = Span(name, kind: kind, parent: parent)
        do {
            let value = try await TraceContext.$current.withValue(span.context) { try await body(&span) }
            if case .unset = span.status { span.end() }
            finish(span)
            return value
        } catch {
            span.end(.error("\(error)"))
            finish(span)
            throw error
        }
    }
}
