import Glibc

/// When a series will reach a limit.
public enum LimitForecast: Sendable, Equatable {
    /// The limit is reached already.
    case reached
    /// After so many seconds; the truth lies between earliest and latest nine times out of ten. `latest` is infinite
    /// where the data allow that it never comes.
    case expected(after: Double, earliest: Double, latest: Double)
    /// Nothing in the data leads there.
    case never
    /// Too few values to say anything.
    case unknown
}

/// Learns the trend of a series and forecasts when it reaches a limit.
///
/// The trend is the line of least squares through the last values, with a bound on how many. The slope counts only where
/// it is distinct from zero; its uncertainty is widened by how much neighbouring errors resemble each other, since what
/// drifts looks like a trend for a while.
public struct TrendForecaster: Sendable {
    /// For nine of ten.
    private static let quantile = 1.645
    /// A slope of fewer standard errors is no slope.
    private static let distinct = 3.0

    private let capacity: Int
    private var times: [Double] = []
    private var values: [Double] = []
    private var oldest = 0

    /// `window` is how many values are kept, at least 8.
    public init(window: Int = 256) { capacity = max(window, 8) }

    /// Takes a value at a time in seconds; what is no finite number is left out.
    public mutating func add(_ value: Double, at seconds: Double) {
        guard value.isFinite, seconds.isFinite else { return }
        if values.count < capacity {
            times.append(seconds)
            values.append(value)
        } else {
            times[oldest] = seconds
            values[oldest] = value
            oldest = (oldest + 1) % capacity
        }
    }

    /// When the limit is reached, in seconds after `now`; for a limit from below, or with `falling` from above.
    public func reaches(_ limit: Double, falling: Bool = false, now: Double) -> LimitForecast {
        guard values.count >= 8, limit.isFinite, now.isFinite, let line = fit(now: now) else { return .unknown }
        let sign = falling ? -1.0 : 1.0
        let left = sign * (limit - line.level)
        if left <= 0 { return .reached }
        let slope = sign * line.slope
        guard slope > Self.distinct * line.slopeError, slope > 0 else { return .never }
        let margin = Self.quantile * line.levelError
        let fast = slope + Self.quantile * line.slopeError
        let slow = slope - Self.quantile * line.slopeError
        return .expected(
            after: left / slope, earliest: max(0, left - margin) / fast,
            latest: slow > 0 ? (left + margin) / slow : .infinity)
    }

    private struct Line {
        var level: Double
        var slope: Double
        var levelError: Double
        var slopeError: Double
    }

    private func fit(now: Double) -> Line? {
        let order = times.indices.sorted { (times[$0], $0) < (times[$1], $1) }
        let count = Double(order.count)
        let middle = order.reduce(0) { $0 + (times[$1] - now) } / count
        let mean = order.reduce(0) { $0 + values[$1] / count }
        var (spread, joint) = (0.0, 0.0)
        for index in order {
            let time = times[index] - now - middle
            spread += time * time
            joint += time * (values[index] - mean)
        }
        guard spread > 0, spread.isFinite, joint.isFinite else { return nil }
        let slope = joint / spread
        let errors = order.map { values[$0] - mean - slope * (times[$0] - now - middle) }
        let square = errors.reduce(0) { $0 + $1 * $1 }
        let neighbours = zip(errors, errors.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 }
        let alike = square > 0 ? max(0, min(0.98, neighbours / square)) : 0
        let variance = square / max(count - 2, 1) * (1 + alike) / (1 - alike)
        let slopeError = (variance / spread).squareRoot()
        let levelError = (variance / count + variance * middle * middle / spread).squareRoot()
        return Line(
            level: mean - slope * middle, slope: slope, levelError: levelError, slopeError: slopeError)
    }
}
