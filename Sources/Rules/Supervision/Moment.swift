/// A point of the monotonic clock, in nanoseconds; the same for all processes of one boot.
public struct Moment: Hashable, Comparable, Sendable, Codable {
    public var nanoseconds: UInt64

    public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    public static func < (left: Moment, right: Moment) -> Bool { left.nanoseconds < right.nanoseconds }

    public static func + (moment: Moment, span: Duration) -> Moment {
        let sum = moment.nanoseconds.addingReportingOverflow(UInt64(max(0, span.wholeNanoseconds)))
        return Moment(nanoseconds: sum.overflow ? .max : sum.partialValue)
    }

    /// How long after `earlier` this is; zero when it is not after it.
    public func since(_ earlier: Moment) -> Duration {
        guard self > earlier else { return .zero }
        return .nanoseconds(Int64(clamping: nanoseconds - earlier.nanoseconds))
    }
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
