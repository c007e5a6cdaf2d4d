/// A point on the monotonic clock, in nanoseconds; the same for all processes of one boot. Every rule takes it as an
/// input; none reads a clock.
public struct Moment: Comparable, Hashable, Sendable, Codable {
    public var nanoseconds: UInt64

    public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    /// The start of time for simulations and tests.
    public static let zero = Moment(nanoseconds: 0)
    /// Later than anything that happens: "no deadline".
    public static let never = Moment(nanoseconds: .max)

    public static func < (left: Moment, right: Moment) -> Bool { left.nanoseconds < right.nanoseconds }

    public static func + (moment: Moment, span: Duration) -> Moment { moment.adding(max(0, span.wholeNanoseconds)) }

    /// This moment and some nanoseconds more; `never` stays `never`.
    public func adding(_ nanoseconds: Int64) -> Moment {
        let (sum, overflow) = self.nanoseconds.addingReportingOverflow(UInt64(max(nanoseconds, 0)))
        return overflow ? .never : Moment(nanoseconds: sum)
    }

    /// Nanoseconds from `earlier` to this moment; negative when it is the other way round.
    public func nanoseconds(since earlier: Moment) -> Int64 {
        self >= earlier
            ? Int64(clamping: nanoseconds - earlier.nanoseconds) : -Int64(clamping: earlier.nanoseconds - nanoseconds)
    }

    /// How long after `earlier` this is; zero when it is not after it.
    public func since(_ earlier: Moment) -> Duration {
        guard self > earlier else { return .zero }
        return .nanoseconds(Int64(clamping: nanoseconds - earlier.nanoseconds))
    }
}

extension Int64 {
    /// Nanoseconds in so many milliseconds.
    public static func milliseconds(_ count: Int64) -> Int64 { count * 1_000_000 }
    /// Nanoseconds in so many seconds.
    public static func seconds(_ count: Int64) -> Int64 { count * 1_000_000_000 }
}

extension Duration {
    /// The duration in nanoseconds, cut at what 64 bits hold.
    public var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let high = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !high.overflow else { return seconds < 0 ? .min : .max }
        let sum = high.partialValue.addingReportingOverflow(attoseconds / 1_000_000_000)
        return sum.overflow ? (seconds < 0 ? .min : .max) : sum.partialValue
    }

    /// The duration in seconds, for people.
    public var inSeconds: Double { Double(wholeNanoseconds) / 1e9 }
}
