import Glibc

/// Watches how often something comes, such as one kind of log line: how many sigmas the last minute is above what is
/// usual, and for how long.
///
/// Counts come in places of ten seconds. What is usual is learned from the places before the last minute, so that a rise
/// does not become its own measure at once; wild places are cut before they count.
public struct RateWatch: Sendable, Codable, Equatable {
    /// Seconds of a place.
    public static let step: Int64 = 10
    private static let window = 6
    /// Places before anything is said: two minutes.
    private static let apprenticeship = 12.0
    /// The usual rate follows with this weight: half an hour.
    private static let rate = 1 / 180.0
    /// A place with no line at all is as uncertain as one with so many.
    private static let leastVariance = 0.2
    /// Above it a rise is a rise.
    public static let alarming = 4.0

    private var recent: [Double] = []
    private var mean = 0.0
    private var variance = 0.0
    private var learned = 0.0
    /// Places in a row for which the rate was alarming.
    private var alarmed = 0
    /// How many sigmas the last minute is above the usual; below zero where it is beneath.
    public private(set) var sigmas = 0.0

    public init() {}

    /// Takes the count of the next place.
    public mutating func add(_ count: Double) {
        guard count.isFinite, count >= 0 else { return }
        recent.append(count)
        if recent.count > Self.window { learn(recent.removeFirst()) }
        guard learned >= Self.apprenticeship else { return }
        let size = Double(recent.count)
        let spread = (size * max(variance, mean, Self.leastVariance)).squareRoot()
        sigmas = (recent.reduce(0, +) - size * mean) / spread
        alarmed = sigmas >= Self.alarming ? alarmed + 1 : 0
    }

    private mutating func learn(_ count: Double) {
        learned += 1
        let weight = max(Self.rate, 1 / learned)
        let usual = max(variance, mean, Self.leastVariance).squareRoot()
        // While the rate is alarming hardly anything is learned: else a slow ramp would teach that it is usual.
        let error = learned > Self.apprenticeship ? max(-4 * usual, min(4 * usual, count - mean)) : count - mean
        let share = alarmed > 0 ? weight / 10 : weight
        mean += share * error
        variance = (1 - share) * (variance + share * error * error)
    }

    /// Whether it comes much oftener than usual.
    public var isAlarming: Bool { alarmed > 0 }
    /// For how many seconds it has.
    public var alarmingSeconds: Double { Double(alarmed) * Double(Self.step) }
    /// Lines a minute that are usual.
    public var usualPerMinute: Double { mean * Double(Self.window) }
    /// Lines in the last minute.
    public var perMinute: Double { recent.reduce(0, +) }
}
