public import Contracts

/// How often somebody may ask: so many requests a second in the long run, so many at once after a pause.
public struct TokenBucket: Sendable, Equatable {
    /// What one token costs, in nanoseconds of waiting.
    private let price: Int64
    private let most: Int64
    /// What has been saved up, in nanoseconds of waiting.
    private var saved: Int64
    private var seen: Moment

    /// A full bucket. Both numbers must be positive.
    public init(perSecond rate: Int, burst: Int, at now: Moment) {
        price = max(1, 1_000_000_000 / Int64(max(1, rate)))
        let (most, overflow) = price.multipliedReportingOverflow(by: Int64(max(1, burst)))
        self.most = overflow ? .max : most
        saved = self.most
        seen = now
    }

    /// Takes one token: nil, or how long it takes until there is one.
    public mutating func take(now: Moment) -> Duration? {
        let gained = max(0, now.nanoseconds(since: seen))
        let (sum, overflow) = saved.addingReportingOverflow(gained)
        saved = overflow ? most : min(most, sum)
        seen = max(seen, now)
        guard saved >= price else { return .nanoseconds(price - saved) }
        saved -= price
        return nil
    }
}
