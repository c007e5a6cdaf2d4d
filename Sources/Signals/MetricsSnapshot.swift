/// How a metric's numbers are to be read.
public enum MetricKind: String, Sendable, Codable, Equatable {
    case counter, gauge, histogram
}

/// One label of a series.
public struct MetricLabel: Sendable, Codable, Hashable, Comparable {
    public let name: String
    public let value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    public static func < (left: MetricLabel, right: MetricLabel) -> Bool {
        (left.name, left.value) < (right.name, right.value)
    }
}

/// The metrics of one process, or of several merged, at one moment.
public struct MetricsSnapshot: Sendable, Codable, Equatable {
    public var families: [MetricFamily]

    public init(families: [MetricFamily] = []) {
        self.families = families
    }

    /// Takes in a later snapshot: counters and histograms add up, a gauge takes the later value.
    public mutating func merge(_ other: MetricsSnapshot) {
        for family in other.families {
            guard let place = families.firstIndex(where: { $0.name == family.name }) else {
                families.append(family)
                continue
            }
            // Two programs that mean different things by one name cannot be added up: the first keeps it.
            guard families[place].kind == family.kind, families[place].unit == family.unit else { continue }
            families[place].merge(family.series)
        }
        families.sort { $0.name < $1.name }
    }
}

/// All series of one metric.
public struct MetricFamily: Sendable, Codable, Equatable {
    public let name: String
    public let kind: MetricKind
    public let unit: MetricUnit
    public let help: String
    public var series: [MetricSeries]

    mutating func merge(_ others: [MetricSeries]) {
        for other in others {
            guard let place = series.firstIndex(where: { $0.labels == other.labels }) else {
                series.append(other)
                continue
            }
            switch kind {
            case .counter: series[place].value = (series[place].value ?? 0) + (other.value ?? 0)
            case .gauge: series[place].value = other.value
            case .histogram:
                if let addition = other.histogram { series[place].histogram?.merge(addition) }
            }
        }
        series.sort { $0.labels.lexicographicallyPrecedes($1.labels) }
    }
}

/// One series: a number, or a histogram.
public struct MetricSeries: Sendable, Codable, Equatable {
    public let labels: [MetricLabel]
    public var value: Double?
    public var histogram: HistogramSnapshot?

    public init(labels: [MetricLabel], value: Double? = nil, histogram: HistogramSnapshot? = nil) {
        self.labels = labels
        self.value = value
        self.histogram = histogram
    }
}

/// An exponential histogram as OpenTelemetry carries it: bucket `offset + n` holds `counts[n]` measurements above
/// `base^(offset + n)` and at most `base^(offset + n + 1)`, where base is 2^(2^-scale).
public struct HistogramSnapshot: Sendable, Codable, Equatable {
    public private(set) var scale: Int
    public private(set) var zeroCount: Int
    public private(set) var offset: Int
    public private(set) var counts: [Int]
    public private(set) var sum: Double

    init(scale: Int, zeroCount: Int, offset: Int, counts: [Int], sum: Double) {
        self.scale = scale
        self.zeroCount = zeroCount
        self.offset = offset
        self.counts = counts
        self.sum = sum
    }

    /// Snapshots come from other processes: one whose numbers could not have been counted is not taken.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        scale = try values.decode(Int.self, forKey: .scale)
        zeroCount = try values.decode(Int.self, forKey: .zeroCount)
        offset = try values.decode(Int.self, forKey: .offset)
        counts = try values.decode([Int].self, forKey: .counts)
        sum = try values.decode(Double.self, forKey: .sum)
        let possible = 0...(1 << 48)
        guard (0...8).contains(scale), (-20_000...20_000).contains(offset), counts.count <= 4_096, sum.isFinite,
            possible.contains(zeroCount), counts.allSatisfy(possible.contains)
        else {
            let text =
                "expected a histogram of scale 0 to 8 with at most 4096 buckets, found scale \(scale), "
                + "offset \(offset) and \(counts.count) buckets, or counts that are negative or above 2^48"
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: text))
        }
    }

    /// How many measurements there were.
    public var count: Int { counts.reduce(zeroCount, &+) }

    /// Adds another's measurements, at the coarser scale of the two.
    public mutating func merge(_ other: HistogramSnapshot) {
        var other = other
        coarsen(to: other.scale)
        other.coarsen(to: scale)
        zeroCount &+= other.zeroCount
        sum += other.sum
        guard !other.counts.isEmpty else { return }
        guard !counts.isEmpty else {
            (offset, counts) = (other.offset, other.counts)
            return
        }
        let first = min(offset, other.offset)
        let end = max(offset + counts.count, other.offset + other.counts.count)
        var merged = [Int](repeating: 0, count: end - first)
        for (index, count) in counts.enumerated() { merged[offset - first + index] &+= count }
        for (index, count) in other.counts.enumerated() { merged[other.offset - first + index] &+= count }
        (offset, counts) = (first, merged)
    }

    private mutating func coarsen(to coarser: Int) {
        guard coarser < scale, !counts.isEmpty else {
            scale = min(scale, coarser)
            return
        }
        let shift = scale - coarser
        let first = offset >> shift
        var merged = [Int](repeating: 0, count: ((offset + counts.count - 1) >> shift) - first + 1)
        for (index, count) in counts.enumerated() { merged[((offset + index) >> shift) - first] &+= count }
        (scale, offset, counts) = (coarser, first, merged)
    }

    /// How many measurements were at most 2^exponent: exact, as every power of two is a bucket's edge.
    public func count(upToPowerOfTwo exponent: Int) -> Int {
        let end = (exponent << scale) - offset
        return zeroCount + counts.prefix(max(0, end)).reduce(0, &+)
    }
}
