import Synchronization

/// One caller's share of a commit.
protocol WritePart: AnyObject, Sendable {
    /// Runs inside the transaction.
    func run(_ context: WriteContext) throws
    /// The commit is on disk.
    func succeed()
    func fail(_ error: any Error)
}

/// A part whose caller waits for a value.
// Holds because `value` is touched by the writer's thread alone, after the queue's lock has handed the part over.
final class AwaitedPart<Value: Sendable>: WritePart, @unchecked Sendable {
    private let body: @Sendable (WriteContext) throws -> Value
    private let continuation: CheckedContinuation<Value, any Error>
    private var value: Value?

    init(
        _ body: @escaping @Sendable (WriteContext) throws -> Value,
        _ continuation: CheckedContinuation<Value, any Error>
    ) {
        self.body = body
        self.continuation = continuation
    }

    func run(_ context: WriteContext) throws { value = try body(context) }

    func succeed() {
        guard let value else { preconditionFailure("a part was answered before it ran") }
        continuation.resume(returning: value)
    }

    func fail(_ error: any Error) { continuation.resume(throwing: error) }
}

/// What waits for the writer: bounded, and refused beyond that.
final class WriteQueue: Sendable {
    private struct State {
        var parts: [any WritePart] = []
        var closed: StoreError?
    }

    private let state = Mutex(State())
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// Nil when the part waits now, or why it does not.
    func put(_ part: any WritePart) -> StoreError? {
        state.withLock { state in
            if let closed = state.closed { return closed }
            guard state.parts.count < limit else { return .overloaded(waiting: state.parts.count) }
            state.parts.append(part)
            return nil
        }
    }

    func take(_ most: Int) -> [any WritePart] {
        state.withLock { state in
            guard state.parts.count > most else {
                defer { state.parts = [] }
                return state.parts
            }
            let batch = Array(state.parts.prefix(most))
            state.parts.removeFirst(most)
            return batch
        }
    }

    /// Nothing is taken any more; what waits stays.
    func close(_ reason: StoreError) { state.withLock { $0.closed = reason } }

    var count: Int { state.withLock { $0.parts.count } }
}
