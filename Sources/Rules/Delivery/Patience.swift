import Contracts

/// When something that failed is tried again: up to twice as long each time, with jitter.
public struct Patience: Sendable, Equatable {
    public var base: Duration
    public var longest: Duration

    public init(base: Duration = .milliseconds(200), longest: Duration = .seconds(60)) {
        self.base = base
        self.longest = longest
    }

    /// The wait after the given number of failures in a row.
    public func delay(after failures: Int, chance: inout some RandomNumberGenerator) -> Duration {
        // Beyond 2^20 the base is past any sensible `longest`, and the shift must not overflow.
        let ceiling = min(base * (1 << min(max(failures - 1, 0), 20)), longest).wholeNanoseconds
        return .nanoseconds(Int64.random(in: ceiling / 2...max(ceiling, 1), using: &chance))
    }
}
