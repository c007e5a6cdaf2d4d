import Contracts
import Glibc
public import Insight

/// Rises of an error's rate, as they happen to systems: some end in a failure, many do not. From them the chances of a
/// failure are counted, and held against others that were not counted.
public struct RampSimulation: Sendable {
    /// How an episode goes.
    enum Course: CaseIterable {
        /// Grows until something gives way.
        case ramp
        /// Grows, and is mended in time or runs into its own bound.
        case mended
        /// Jumps, and stays there.
        case plateau
        /// Comes and goes within minutes.
        case burst
        /// Rises and falls slowly by half, as days do.
        case tide
        /// Nothing but noise.
        case calm
    }

    /// One prediction and what became of it.
    public struct Prediction: Sendable {
        public var sigmas: Double
        public var seconds: Double
        public var failed: Bool
    }

    private static let places = 3 * 360
    private static let hour = 360
    /// A rise is judged when it is first seen, and then each five minutes.
    private static let pause = 30

    public let episodes: Int
    public let seed: UInt64

    public init(episodes: Int, seed: UInt64) {
        self.episodes = episodes
        self.seed = seed
    }

    /// All predictions of all episodes, in order.
    public func predictions() -> [Prediction] {
        (0..<episodes).flatMap { number in
            var chance = Chance(seed: seed &+ UInt64(number) &* 0x9E37_79B9_7F4A_7C15)
            return Self.episode(&chance)
        }
    }

    /// The table of what became of them.
    public func outlook() -> FailureOutlook {
        var outlook = FailureOutlook.empty
        for one in predictions() {
            outlook[sigmas: one.sigmas, seconds: one.seconds].seen += 1
            if one.failed { outlook[sigmas: one.sigmas, seconds: one.seconds].failed += 1 }
        }
        return outlook
    }

    private static func episode(_ chance: inout Chance) -> [Prediction] {
        let courses: [Course] = [
            .ramp, .ramp, .ramp, .mended, .mended, .plateau, .plateau, .burst, .burst, .tide, .calm,
        ]
        let course = courses[Int.random(in: 0..<courses.count, using: &chance)]
        let base = Glibc.exp(Double.random(in: -3...2.5, using: &chance))
        let begin = Int.random(in: 120...420, using: &chance)
        let growth = Double.random(in: 18...240, using: &chance)
        let height = Glibc.exp(Double.random(in: 0...4, using: &chance))
        // A plateau mostly is something that users can live with.
        let fails = course == .ramp || (course == .plateau && Int.random(in: 0..<8, using: &chance) == 0)
        let end = begin + Int.random(in: course == .burst ? 6...40 : 60...540, using: &chance)
        var watch = RateWatch()
        var predictions: [Prediction] = []
        var last = -pause
        for place in 0..<places {
            // What has failed needs no prediction any more.
            if fails, place >= end { break }
            let rate = rate(course, base, height, growth, Double(place - begin), isOver: place >= end, place)
            watch.add(Double(poisson(rate, &chance)))
            guard watch.isAlarming, place - last >= pause else { continue }
            last = place
            predictions.append(
                Prediction(
                    sigmas: watch.sigmas, seconds: watch.alarmingSeconds,
                    failed: fails && place >= begin && end - place <= hour))
        }
        return predictions
    }

    private static func rate(
        _ course: Course, _ base: Double, _ height: Double, _ growth: Double, _ since: Double, isOver: Bool,
        _ place: Int
    ) -> Double {
        guard since >= 0, !isOver else {
            return course == .tide ? base * (1 + 0.5 * Glibc.sin(Double(place) / 200)) : base
        }
        switch course {
        case .ramp, .mended: return base + height * (Glibc.exp(min(since / growth, 6)) - 1)
        case .plateau: return base * (1 + height)
        case .burst: return base + height * 3
        case .tide: return base * (1 + 0.5 * Glibc.sin(Double(place) / 200))
        case .calm: return base
        }
    }

    /// A count of what happens at a rate; above a hundred by the normal law.
    private static func poisson(_ rate: Double, _ chance: inout Chance) -> Int {
        guard rate < 100 else {
            let (a, b) = (Double.random(in: 1e-12..<1, using: &chance), Double.random(in: 0..<1, using: &chance))
            let normal = (-2 * Glibc.log(a)).squareRoot() * Glibc.cos(2 * .pi * b)
            return max(0, Int((rate + rate.squareRoot() * normal).rounded()))
        }
        let limit = Glibc.exp(-rate)
        var (count, product) = (0, Double.random(in: 0..<1, using: &chance))
        while product > limit {
            count += 1
            product *= Double.random(in: 0..<1, using: &chance)
        }
        return count
    }
}

/// How well predicted chances fit what happened: predictions in bands of a tenth, with the share that came true.
public struct Reliability: Sendable {
    /// Predictions of about the same chance.
    public struct Band: Sendable, Encodable {
        public var count = 0
        public var predicted = 0.0
        public var happened = 0.0
    }

    public private(set) var bands = Array(repeating: Band(), count: 10)
    /// The mean square of the error; a guess of one half every time has 0.25.
    public private(set) var brier = 0.0
    /// The same for always guessing the share that came true.
    public private(set) var brierOfTheBase = 0.0
    public private(set) var count = 0

    /// Holds the chances of a table against rises that it was not counted from.
    public init(_ outlook: FailureOutlook, on predictions: [RampSimulation.Prediction]) {
        count = predictions.count
        guard count > 0 else { return }
        let base = Double(predictions.count(where: \.failed)) / Double(count)
        for one in predictions {
            let chance = outlook[sigmas: one.sigmas, seconds: one.seconds].probability
            let happened = one.failed ? 1.0 : 0
            let band = min(9, Int(chance * 10))
            bands[band].count += 1
            bands[band].predicted += chance
            bands[band].happened += happened
            brier += (chance - happened) * (chance - happened) / Double(count)
            brierOfTheBase += (base - happened) * (base - happened) / Double(count)
        }
        for index in bands.indices where bands[index].count > 0 {
            bands[index].predicted /= Double(bands[index].count)
            bands[index].happened /= Double(bands[index].count)
        }
    }
}
