public import Contracts

/// How long to wait before a start: not at all the first time, then up to twice as long each time, with full jitter.
public struct Backoff: Sendable, Equatable, Codable {
    public var base: Duration
    public var longest: Duration
    /// So long must a worker have been ready for its earlier faults to be forgotten.
    public var forgottenAfter: Duration

    public init(
        base: Duration = .milliseconds(100), longest: Duration = .seconds(5), forgottenAfter: Duration = .seconds(30)
    ) {
        self.base = base
        self.longest = longest
        self.forgottenAfter = forgottenAfter
    }

    /// The longest wait before start number `attempt` in a row; the first (1) has none.
    public func ceiling(attempt: Int) -> Duration {
        guard attempt > 1 else { return .zero }
        // Beyond 2^20 the base is past any sensible `longest`, and the shift must not overflow.
        let doubled = base * (1 << min(attempt - 2, 20))
        return min(doubled, longest)
    }

    /// The wait itself: full jitter, so that workers that died together do not come back together.
    public func delay(attempt: Int, chance: inout Chance) -> Duration {
        let ceiling = ceiling(attempt: attempt).wholeNanoseconds
        guard ceiling > 0 else { return .zero }
        return .nanoseconds(Int64.random(in: 1...ceiling, using: &chance))
    }
}
