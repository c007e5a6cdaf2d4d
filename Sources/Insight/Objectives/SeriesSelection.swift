public import Contracts

/// Which series are counted, and what of them: a counter's value, a histogram's count, or what of it is below a threshold.
public struct SeriesSelection: Sendable, Equatable {
    /// How the metric counts, and in what; decides what Prometheus calls it.
    public enum Kind: String, Sendable, Equatable, CaseIterable {
        case counter, histogram
    }

    /// `http.server.request.duration`, or the same with underscores.
    public let metric: String
    public let kind: Kind
    public let conditions: [LabelCondition]
    /// Only measurements up to this many of the metric's unit; nil for all.
    public let below: Double?
    private let normalName: String
    private let normalConditions: [LabelCondition]

    public init(metric: String, kind: Kind, conditions: [LabelCondition] = [], below: Double? = nil) {
        self.metric = metric
        self.kind = kind
        self.conditions = conditions
        self.below = below
        normalName = Self.normal(metric)
        normalConditions = conditions.map { LabelCondition(Self.normal($0.label), $0.rule) }
    }

    /// Names of OpenTelemetry and of Prometheus, made alike.
    public static func normal(_ name: String) -> String {
        String(String.UnicodeScalarView(name.unicodeScalars.map { isWord($0) ? $0 : "_" }))
    }

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar) || scalar == "_"
    }

    /// Whether it is of this metric, by its normal name.
    func isAbout(_ name: String) -> Bool { name == normalName }

    /// Whether it is meant, by its labels with normal names.
    func accepts(_ labels: [SignalLabel]) -> Bool {
        normalConditions.allSatisfy { condition in
            condition.accepts(labels.first { $0.name == condition.label }?.value ?? "")
        }
    }

    /// What of a reading counts; nil where it is of the wrong kind.
    func value(of reading: SeriesReading.Value) -> Double? {
        switch (reading, below) {
        case (.number(let number), nil): number
        case (.number, _): nil
        case (.histogram(let histogram), nil): histogram.count
        case (.histogram(let histogram), .some(let limit)): histogram.count(upTo: limit)
        }
    }

    /// As a person would say it.
    public var text: String {
        let braces = conditions.isEmpty ? "" : "{" + conditions.map(\.text).joined(separator: ",") + "}"
        return metric + braces + (below.map { " up to \($0)" } ?? "")
    }
}

/// One series of a process as it stands, or as it has grown.
public struct SeriesReading: Sendable, Equatable {
    /// A number, or a histogram.
    public enum Value: Sendable, Equatable {
        case number(Double)
        case histogram(HistogramReading)
    }

    public let name: String
    /// Sorted by name; those of the process, such as `role`, are among them.
    public let labels: [SignalLabel]
    public let value: Value

    public init(_ name: String, _ labels: [SignalLabel], _ value: Value) {
        self.name = name
        self.labels = labels
        self.value = value
    }
}

/// A histogram as far as it can be counted below a threshold.
public struct HistogramReading: Sendable, Equatable {
    /// Each bucket's upper edge, rising.
    public let edges: [Double]
    /// How many measurements each bucket holds; one more than there are edges, the last for what is above all of them.
    public let counts: [Double]

    /// Buckets with bounds of their own, as OpenTelemetry's plain histograms have them.
    public init(edges: [Double], counts: [Double]) {
        self.edges = edges
        self.counts = counts
    }

    /// An exponential histogram: bucket `offset + n` holds what is at most 2^((offset + n + 1) / 2^scale).
    public init(scale: Int, zeroCount: Int, offset: Int, counts: [Int]) {
        // What is too small for a bucket of its own is below every threshold.
        edges = [0] + counts.indices.map { Self.edge(offset + $0 + 1, scale: scale) }
        self.counts = [Double(zeroCount)] + counts.map(Double.init) + [0]
    }

    /// All measurements; no number where a count is none.
    public var count: Double { counts.reduce(0, +) }

    /// Those in buckets that end at the limit or before it.
    public func count(upTo limit: Double) -> Double {
        var sum = 0.0
        for (edge, count) in zip(edges, counts) where edge <= limit { sum += count }
        return sum
    }

    /// 2^(index / 2^scale). Exact for whole doublings, so that a threshold which is one is no matter of rounding.
    private static func edge(_ index: Int, scale: Int) -> Double {
        guard scale > 0 else { return power(index * (1 << min(-scale, 20))) }
        let perDoubling = 1 << min(scale, 20)
        let whole = index >> min(scale, 20)
        return power(whole) * root(index - whole * perDoubling, perDoubling)
    }

    private static func power(_ exponent: Int) -> Double {
        Double(sign: .plus, exponent: max(-1_000, min(exponent, 1_000)), significand: 1)
    }

    /// 2^(rest/count), where count is a power of two: by square roots alone, which are the same on every machine.
    private static func root(_ rest: Int, _ count: Int) -> Double {
        var (result, factor, bit) = (1.0, 2.0, count)
        while bit > 1 {
            bit >>= 1
            factor = factor.squareRoot()
            if rest & bit != 0 { result *= factor }
        }
        return result
    }
}
