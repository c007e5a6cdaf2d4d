import Glibc

/// A lasting change of a series' level.
public struct ChangePoint: Sendable, Equatable {
    /// The number of the first value of the new level, counted from 0.
    public let onset: Int
    /// The number of the value at which the change was certain.
    public let noticed: Int
    /// The level before.
    public let before: Double
    /// The level since the onset, as far as it was seen.
    public let after: Double

    /// Whether the level rose.
    public var isRise: Bool { after > before }
}

/// Notices when the level of a series changes, and tells since when.
///
/// Two cumulative sums (Page's test) of deviations in units of the usual spread, one for each direction. Each is reset
/// at zero; the onset is where the sum that crossed the threshold last left zero. Deviations are cut, so that no single
/// value, however wild, is a change.
public struct ChangePointDetector: Sendable {
    /// Deviations below this many spreads are no evidence.
    private static let slack = 0.75
    private static let threshold = 9.0
    /// What one value can add at most: several must agree.
    private static let mostOfOne = 3.0
    /// Values that a level and a spread are learned from at first.
    private static let apprenticeship = 12

    private struct Sum {
        var evidence = 0.0
        var onset = 0
        var total = 0.0
        var count = 0

        mutating func add(_ step: Double, _ value: Double, at index: Int) {
            let next = evidence + min(step - ChangePointDetector.slack, ChangePointDetector.mostOfOne)
            guard next > 0 else {
                self = Sum()
                return
            }
            if evidence == 0 { (onset, total, count) = (index, 0, 0) }
            evidence = next
            total += value
            count += 1
        }
    }

    private var level = RobustLevel(span: 500)
    private var rise = Sum()
    private var fall = Sum()
    /// Values so far, those that are no numbers included.
    public private(set) var count = 0

    public init() {}

    /// Takes the next value; what is no finite number has its place in the series, and no weight.
    public mutating func add(_ value: Double) -> ChangePoint? {
        defer { count += 1 }
        guard value.isFinite else { return nil }
        guard level.count >= Double(Self.apprenticeship) else {
            level.add(value)
            return nil
        }
        let step = (value - level.mean) / level.deviationOrFloor
        rise.add(step, value, at: count)
        fall.add(-step, value, at: count)
        let sum = rise.evidence >= fall.evidence ? rise : fall
        guard sum.evidence >= Self.threshold else {
            level.add(value)
            return nil
        }
        return settle(sum, value)
    }

    private mutating func settle(_ sum: Sum, _ value: Double) -> ChangePoint {
        let found = ChangePoint(
            onset: sum.onset, noticed: count, before: level.mean, after: sum.total / Double(max(sum.count, 1)))
        // The new level is learned anew; the spread is kept, since it mostly stays.
        level.move(to: found.after)
        (rise, fall) = (Sum(), Sum())
        return found
    }
}
