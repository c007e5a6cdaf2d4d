/// Turns readings of counters, which only grow until their process starts again, into what was added.
public struct CounterReading: Sendable, Equatable, Codable {
    private var lastBad = 0.0
    private var lastTotal = 0.0
    private var isFirst = true
    /// Readings that were refused: no number, infinite, or negative.
    public private(set) var refused = 0
    /// How often a counter began anew.
    public private(set) var resets = 0

    public init() {}

    /// What was added since the last reading; nil for the first one and for what is no reading.
    public mutating func increase(bad: Double, total: Double) -> (bad: Double, total: Double)? {
        guard bad.isFinite, total.isFinite, bad >= 0, total >= 0 else {
            refused += 1
            return nil
        }
        defer { (lastBad, lastTotal, isFirst) = (bad, total, false) }
        guard !isFirst else { return nil }
        // Both are of one process: when one went back, both began at zero.
        if bad < lastBad || total < lastTotal {
            resets += 1
            return (min(bad, total), total)
        }
        let more = total - lastTotal
        return (min(bad - lastBad, more), more)
    }
}
