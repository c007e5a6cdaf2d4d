import Glibc

/// How far a value is away from the mean, in standard deviations, and how far values usually are at that time of day.
/// Nothing is cut here: in a series with many outliers one more is nothing.
struct Habit: Sendable {
    /// As many standard deviations are an unusualness of 1, at an hour without a history of its own.
    private static let fullMark = 5.0
    /// A short history says little: with so many values a distance counts half.
    private static let doubt = 20.0
    private static let daily = 0.2
    private static let dailyRate = 0.3

    private var near = Moments(span: 168)
    private var far = Moments(span: 600)
    private var seen = 0.0
    /// The greatest distance within each hour of the day, averaged over days.
    private var hours: [Double] = []
    private var known: [Bool] = []
    private var hour = -1
    private var greatest = 0.0

    /// Takes the next value; 0.4 are about two standard deviations.
    mutating func unusual(_ number: Double, at seconds: Double?) -> Double {
        seen += 1
        let both = (near.distance(number) * far.distance(number)).squareRoot()
        near.add(number)
        far.add(number)
        let distance = both * seen / (seen + Self.doubt)
        guard let seconds, seconds.isFinite, abs(seconds) < 1e15 else { return distance / Self.fullMark }
        let usual = usualDistance(at: seconds, distance)
        return distance / (1 + Self.daily * usual) / Self.fullMark
    }

    private mutating func usualDistance(at seconds: Double, _ distance: Double) -> Double {
        let day = seconds - 86_400 * (seconds / 86_400).rounded(.down)
        let now = min(23, Int(day / 3_600))
        if hours.isEmpty { (hours, known) = (Array(repeating: 0, count: 24), Array(repeating: false, count: 24)) }
        if now != hour {
            close()
            (hour, greatest) = (now, 0)
        }
        greatest = max(greatest, distance)
        return hours[now]
    }

    private mutating func close() {
        guard hour >= 0 else { return }
        hours[hour] += (known[hour] ? Self.dailyRate : 1) * (greatest - hours[hour])
        known[hour] = true
    }
}

/// Mean and standard deviation, forgetting slowly.
private struct Moments: Sendable {
    /// Below this share of the mean a distance means little.
    private static let smallestShare = 0.1

    private let rate: Double
    private var count = 0.0
    private var mean = 0.0
    private var variance = 0.0

    init(span: Double) { rate = 1 / span }

    func distance(_ number: Double) -> Double {
        guard count > 1 else { return 0 }
        return abs(number - mean) / max(variance.squareRoot(), abs(mean) * Self.smallestShare, 1e-9)
    }

    mutating func add(_ number: Double) {
        count += 1
        let weight = max(rate, 1 / count)
        let error = number - mean
        mean += weight * error
        variance = (1 - weight) * (variance + weight * error * error)
    }
}
