public import Store
public import Web

/// Does what a route promises, and says it as HTTP does when the store will not.
public func answering<Value>(
    isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> sending Value
) async throws -> sending Value {
    do { return try await body() } catch let error as StoreError { throw Problem(error) }
}

extension Problem {
    /// What a client is told of a fault of the store: what to do, and nothing of files.
    public init(_ error: StoreError) {
        switch error {
        case .overloaded:
            self = .unavailable("More waits to be written than can be: try again.", retryAfter: .seconds(1))
        case .unanswered:
            self = .unavailable(
                "Whether this took effect is not known: send it again with the same Idempotency-Key, or look first.")
        case .engine(let fault) where fault.kind == .damaged:
            self = .unavailable(
                "A part of the data cannot be read: its keepers must restore it.", retryAfter: .seconds(60))
        case .engine(let fault) where fault.kind == .full:
            self = .unavailable("There is no room to write: try again once there is.", retryAfter: .seconds(5))
        case _ where StoreError.passes(error):
            self = .unavailable("Nothing can be written now: try again.", retryAfter: .seconds(2))
        default: self = Problem(500, "The service cannot do this; its log says why.")
        }
    }
}
