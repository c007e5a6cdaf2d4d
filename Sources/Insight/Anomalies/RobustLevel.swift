/// The level of a series and the usual distance from it, both forgetting slowly. Wild values are cut before they count,
/// so that an incident does not become the rule.
struct RobustLevel: Sendable {
    private static let mostDeviations = 4.0
    /// Below this share of the level a distance means nothing.
    private static let smallestShare = 0.01

    private let rate: Double
    private(set) var count = 0.0
    private(set) var mean = 0.0
    /// The mean absolute deviation.
    private(set) var deviation = 0.0

    init(span: Double) { rate = 1 / span }

    /// About a standard deviation, for what is normally distributed; never zero.
    var deviationOrFloor: Double { max(deviation * 1.25, abs(mean) * Self.smallestShare, 1e-9) }

    /// How many usual distances a value is away.
    func distance(_ value: Double) -> Double {
        count > 1 ? abs(value - mean) / deviationOrFloor : 0
    }

    mutating func add(_ value: Double) {
        count += 1
        guard count > 1 else {
            mean = value
            return
        }
        let weight = max(rate, 1 / count)
        let error = value - mean
        if count > 10, deviation > 0 {
            let most = Self.mostDeviations * deviation
            mean += weight * max(-most, min(most, error))
            deviation += weight * (min(abs(error), most) - deviation)
        } else {
            mean += weight * error
            deviation += weight * (abs(error) - deviation)
        }
    }

    /// The level has changed for good: what comes is learned quickly.
    mutating func move(to level: Double) {
        mean = level
        count = 12
    }
}
