public import Contracts

/// So many faults in so much time are borne; one more is too many. A sliding window, as in OTP.
public struct Intensity: Sendable, Equatable {
    /// The limit, as a plan states it.
    public struct Limit: Sendable, Equatable, Codable {
        public var faults: Int
        public var within: Duration

        public init(faults: Int = 5, within: Duration = .seconds(30)) {
            self.faults = faults
            self.within = within
        }
    }

    public let limit: Limit
    private var stamps: [Moment] = []

    public init(limit: Limit) { self.limit = limit }

    /// Notes a fault and says whether it was one too many.
    public mutating func exceeds(at now: Moment) -> Bool {
        stamps.removeAll { now.since($0) >= limit.within }
        stamps.append(now)
        return stamps.count > limit.faults
    }

    /// Forgets all faults: an operator wants a new beginning.
    public mutating func clear() { stamps.removeAll() }
}
