import Glibc

/// What is usual at each time of a period such as a day: a level and a spread for each part of it.
///
/// It is a baseline only once it has proven better than the plain level, on values that it had not seen.
public struct SeasonalBaseline: Sendable {
    private let period: Double
    private var parts: [RobustLevel]
    private var plain = RobustLevel(span: 500)
    private var seasonalError = 0.0
    private var plainError = 0.0
    private var compared = 0.0

    /// A period in seconds, cut into equal parts; a day of hours where nothing else is known.
    public init(period: Double = 86_400, parts count: Int = 24) {
        self.period = period > 0 && period.isFinite ? period : 86_400
        parts = Array(repeating: RobustLevel(span: 300), count: max(1, min(count, 1_024)))
    }

    /// Takes a value at a time in seconds; what is no finite number is left out.
    public mutating func add(_ value: Double, at seconds: Double) {
        guard value.isFinite, seconds.isFinite else { return }
        let part = part(at: seconds)
        if parts[part].count >= 2, plain.count >= 2 {
            compared += 1
            let weight = max(0.001, 1 / compared)
            seasonalError += weight * (abs(value - parts[part].mean) - seasonalError)
            plainError += weight * (abs(value - plain.mean) - plainError)
        }
        parts[part].add(value)
        plain.add(value)
    }

    /// Whether the time within the period says more about a value than the level alone.
    public var isSeasonal: Bool {
        compared >= Double(parts.count) && seasonalError < 0.7 * plainError
    }

    /// What is usual at a time, and how far values usually are from it; nil before anything is known.
    public func expected(at seconds: Double) -> (level: Double, spread: Double)? {
        guard seconds.isFinite, plain.count > 0 else { return nil }
        let part = parts[part(at: seconds)]
        let source = isSeasonal && part.count >= 2 ? part : plain
        return (source.mean, source.deviationOrFloor)
    }

    private func part(at seconds: Double) -> Int {
        let phase = seconds - period * (seconds / period).rounded(.down)
        return min(parts.count - 1, max(0, Int(phase / period * Double(parts.count))))
    }
}
