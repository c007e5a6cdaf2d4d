import Glibc

/// A moment on the wall clock. Only for people and for joining records of several hosts: durations come from
/// monotonic clocks.
public struct WallTime: Sendable, Equatable, Comparable, Codable {
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    public let nanoseconds: Int64

    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// Reads the clock.
    public static var now: WallTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return WallTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    public static func < (left: WallTime, right: WallTime) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// `2026-03-01T09:30:00.000250Z`: always of the same length, so that text order is time order.
    public var iso8601: String {
        let seconds = Int(floored(nanoseconds, by: 1_000_000_000))
        // Not by the difference to the full second, which the earliest moments do not have.
        let remainder = nanoseconds % 1_000_000_000
        let microseconds = Int(remainder < 0 ? remainder + 1_000_000_000 : remainder) / 1_000
        let days = Int(floored(Int64(seconds), by: 86_400))
        let second = seconds - days * 86_400
        let (year, month, day) = Self.date(ofDay: days)
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))T\(padded(second / 3_600, 2)):"
            + "\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2)).\(padded(microseconds, 6))Z"
    }

    /// The Gregorian date of a day since 1970, counted in 400-year cycles that begin on the first of March.
    private static func date(ofDay days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let cycle = Int(floored(Int64(shifted), by: 146_097))
        let dayOfCycle = shifted - cycle * 146_097
        let yearOfCycle = (dayOfCycle - dayOfCycle / 1_460 + dayOfCycle / 36_524 - dayOfCycle / 146_096) / 365
        let dayOfYear = dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (yearOfCycle + cycle * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
    }
}

private func floored(_ number: Int64, by divisor: Int64) -> Int64 {
    let (quotient, remainder) = number.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
}

private func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

/// Time since boot, for durations and deadlines; never set back.
public func monotonicNow() -> Duration {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return .nanoseconds(Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
}
