import Contracts

/// A pair of windows whose burn rates must both be above a threshold: the long one says that it matters, the short one
/// that it still goes on.
public struct BurnWindow: Sendable, Equatable {
    public var long: Duration
    public var short: Duration
    public var burn: Double
    /// How long both must stay above before it counts.
    public var hold: Duration
    /// Whether the threshold itself is enough.
    public var includesThreshold: Bool
    /// What it is called: `page`, `ticket`, or what a file says.
    public var severity: String
    /// The alert policy that asked for it; empty for the usual ones.
    public var policy: String

    public init(
        long: Duration, short: Duration, burn: Double, hold: Duration = .zero, includesThreshold: Bool = false,
        severity: String = "page", policy: String = ""
    ) {
        self.long = long
        self.short = short
        self.burn = burn
        self.hold = hold
        self.includesThreshold = includesThreshold
        self.severity = severity
        self.policy = policy
    }

    /// The period that the usual windows are made for.
    public static let usualPeriod = Duration.seconds(30 * 86_400)

    /// Those that are usual for an objective over 30 days: 2 % of the budget in an hour, 5 % in six, 10 % in a day and in
    /// three.
    public static let usual = [
        BurnWindow(long: .seconds(3_600), short: .seconds(300), burn: 14.4),
        BurnWindow(long: .seconds(21_600), short: .seconds(1_800), burn: 6),
        BurnWindow(long: .seconds(86_400), short: .seconds(7_200), burn: 3, severity: "ticket"),
        BurnWindow(long: .seconds(259_200), short: .seconds(21_600), burn: 1, severity: "ticket"),
    ]

    /// The usual ones for an objective over another period: the same shares of its budget in the same shares of its time.
    public static func usual(for period: Duration) -> [BurnWindow] {
        usual.map { $0.scaled(by: period.inSeconds / usualPeriod.inSeconds) }
    }

    /// The same with all times longer or shorter; none below a second.
    public func scaled(by factor: Double) -> BurnWindow {
        var scaled = self
        scaled.long = long.scaled(by: factor)
        scaled.short = min(short.scaled(by: factor), scaled.long)
        scaled.hold = hold == .zero ? .zero : hold.scaled(by: factor)
        return scaled
    }

    func isAbove(_ burn: Double?, _ threshold: Double) -> Bool {
        guard let burn else { return false }
        return includesThreshold ? burn >= threshold : burn > threshold
    }
}

extension Duration {
    /// A longer or shorter duration of at least a second, in whole milliseconds.
    public func scaled(by factor: Double) -> Duration {
        let milliseconds = (inSeconds * factor * 1_000).rounded()
        guard milliseconds.isFinite, milliseconds > 1_000 else { return .seconds(1) }
        return .milliseconds(Int64(min(milliseconds, 1e15)))
    }
}
