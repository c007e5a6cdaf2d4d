/// What became of a load test's orders. None was sent twice.
public struct LoadResult: Codable, Sendable, Equatable {
    /// Quantiles in milliseconds, counted from when an order was due.
    public struct Times: Codable, Sendable, Equatable {
        public var p50, p90, p99, p999, most: Double?

        public init(_ record: LatencyRecord) {
            p50 = record.quantile(0.5)
            p90 = record.quantile(0.9)
            p99 = record.quantile(0.99)
            p999 = record.quantile(0.999)
            most = record.count > 0 ? Double(record.most) / 1e6 : nil
        }
    }

    public var seed: UInt64
    public var scheduled = 0
    /// Answered 201.
    public var accepted = 0
    /// Answered 429 or 503: the service said that it will not.
    public var refused = 0
    /// Any other 5xx.
    public var failed = 0
    /// Any other answer.
    public var unexpected = 0
    /// The connection could not be made, or broke before the answer.
    public var reset = 0
    public var timedOut = 0
    /// Answers that were no HTTP.
    public var malformed = 0
    public var seconds = 0.0
    public var acceptedPerSecond = 0.0
    /// From when an order was due to its 201.
    public var accept: Times
    /// From when an order was due to its confirmation, where the tables could be read.
    public var confirm: Times?
    public var confirmed: Int?
    public var cancelled: Int?
    public var connections = 0

    init(seed: UInt64) {
        self.seed = seed
        accept = Times(LatencyRecord())
    }

    /// Orders that were not answered with a 201.
    public var lost: Int { scheduled - accepted }
}

/// An order that was answered 201: it may never be lost.
public struct PlacedOrder: Sendable {
    public var id: String
    /// When it was due, in nanoseconds since 1970.
    public var due: Int64
}
