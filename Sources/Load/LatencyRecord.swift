/// Durations, each kept to within one part in 128, in memory that does not grow with their number.
public struct LatencyRecord: Sendable {
    private static let steps = 128
    private var cells = [Int](repeating: 0, count: 58 * 128)
    public private(set) var count = 0
    public private(set) var most: Int64 = 0

    public init() {}

    /// Records a duration in nanoseconds.
    public mutating func record(_ nanoseconds: Int64) {
        let value = max(nanoseconds, 0)
        cells[Self.cell(value)] += 1
        count += 1
        most = max(most, value)
    }

    /// Takes in another's durations.
    public mutating func merge(_ other: LatencyRecord) {
        for index in cells.indices { cells[index] += other.cells[index] }
        count += other.count
        most = max(most, other.most)
    }

    /// The duration, in milliseconds, that the given share does not exceed; nil when nothing was recorded.
    public func quantile(_ share: Double) -> Double? {
        guard count > 0 else { return nil }
        let rank = max(1, Int((Double(count) * share).rounded(.up)))
        var seen = 0
        for (index, cell) in cells.enumerated() where cell > 0 {
            seen += cell
            if seen >= rank { return Double(min(Self.upper(index), most)) / 1e6 }
        }
        return Double(most) / 1e6
    }

    /// The first 128 cells are one wide; then each doubling has 128 of equal width.
    private static func cell(_ value: Int64) -> Int {
        guard value >= Int64(steps) else { return Int(value) }
        let exponent = 63 - value.leadingZeroBitCount
        let shift = exponent - 7
        return (shift + 1) * steps + Int(value >> Int64(shift)) - steps
    }

    private static func upper(_ cell: Int) -> Int64 {
        guard cell >= steps else { return Int64(cell) }
        let shift = cell / steps - 1
        return ((Int64(cell % steps + steps) + 1) << Int64(shift)) - 1
    }
}
