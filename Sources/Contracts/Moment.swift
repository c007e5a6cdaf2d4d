/// A point on the monotonic clock, in nanoseconds. Every rule takes it as an input; none reads a clock.
public struct Moment: Comparable, Hashable, Sendable, Codable {
    public var nanoseconds: Int64

    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// The start of time for simulations and tests.
    public static let zero = Moment(nanoseconds: 0)
    /// Later than anything that happens: "no deadline".
    public static let never = Moment(nanoseconds: .max)

    public static func < (left: Moment, right: Moment) -> Bool { left.nanoseconds < right.nanoseconds }

    /// This moment and some nanoseconds more; `never` stays `never`.
    public func adding(_ nanoseconds: Int64) -> Moment {
        let (sum, overflow) = self.nanoseconds.addingReportingOverflow(nanoseconds)
        return overflow ? .never : Moment(nanoseconds: sum)
    }

    /// Nanoseconds from `earlier` to this moment; negative when it is the other way round.
    public func since(_ earlier: Moment) -> Int64 { nanoseconds &- earlier.nanoseconds }
}

extension Int64 {
    /// Nanoseconds in so many milliseconds.
    public static func milliseconds(_ count: Int64) -> Int64 { count * 1_000_000 }
    /// Nanoseconds in so many seconds.
    public static func seconds(_ count: Int64) -> Int64 { count * 1_000_000_000 }
}
