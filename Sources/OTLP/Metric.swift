/// One metric with its data points.
public struct Metric: Sendable, Equatable {
    /// Whether points count since the start or since the point before; the raw values are those of the protocol.
    public enum Temporality: UInt64, Sendable { case unspecified, delta, cumulative }
    /// What the points are.
    public enum Data: Sendable, Equatable {
        case none
        case gauge([Point<Double>])
        case sum([Point<Double>], Temporality, isMonotonic: Bool)
        case histogram([Point<Histogram>], Temporality)
        case exponential([Point<ExponentialHistogram>], Temporality)
        case summary([Point<Summary>])
    }
    /// Counts between bounds: one bucket more than bounds, or none of both.
    public struct Histogram: Sendable, Equatable {
        public var count: UInt64 = 0
        public var sum: Double?
        public var buckets: [UInt64] = []
        public var bounds: [Double] = []
        public var least: Double?
        public var most: Double?

        /// A histogram of nothing.
        public init() {}
    }
    /// Counts between powers of 2^(2^-scale).
    public struct ExponentialHistogram: Sendable, Equatable {
        /// Neighbouring buckets from an offset on.
        public struct Buckets: Sendable, Equatable {
            public var offset: Int32 = 0
            public var counts: [UInt64] = []

            /// Buckets from an offset on.
            public init(offset: Int32 = 0, counts: [UInt64] = []) {
                self.offset = offset
                self.counts = counts
            }
        }
        public var count: UInt64 = 0
        public var sum: Double?
        public var scale: Int32 = 0
        public var zeroCount: UInt64 = 0
        public var zeroThreshold = 0.0
        public var positive = Buckets()
        public var negative = Buckets()
        public var least: Double?
        public var most: Double?

        /// A histogram of nothing.
        public init() {}
    }
    /// A count, a sum and quantiles that the sender calculated.
    public struct Summary: Sendable, Equatable {
        /// The value at a share from 0 to 1.
        public struct Quantile: Sendable, Equatable {
            public var share: Double
            public var value: Double

            /// The value at a share.
            public init(share: Double, value: Double) {
                self.share = share
                self.value = value
            }
        }
        public var count: UInt64 = 0
        public var sum = 0.0
        public var quantiles: [Quantile] = []

        /// A summary of nothing.
        public init() {}
    }
    /// A value of one series at one time.
    public struct Point<Value: Sendable & Equatable>: Sendable, Equatable {
        public var attributes: [Attribute] = []
        /// Nanoseconds since 1970; zero when unknown.
        public var start: UInt64 = 0
        public var time: UInt64
        /// nil when the sender says that there is none any more (a stale series).
        public var value: Value?
        /// Attributes beyond our limits.
        public var dropped = 0

        /// A value at a time.
        public init(time: UInt64, value: Value?, start: UInt64 = 0, attributes: [Attribute] = []) {
            self.time = time
            self.value = value
            self.start = start
            self.attributes = attributes
        }
    }

    public var name: String
    public var unit = ""
    public var description = ""
    public var data: Data

    /// A metric by its name.
    public init(name: String, unit: String = "", data: Data) {
        self.name = name
        self.unit = unit
        self.data = data
    }
}
