/// Dates of the Gregorian calendar as counts of days and seconds since 1970: arithmetic, without any zone.
public struct CivilTime: Sendable, Equatable, Comparable {
    public var year: Int
    /// From 1.
    public var month: Int
    public var day: Int
    /// Of the day, from 0.
    public var second: Int

    /// Nil for what is on no calendar, and outside of the years 1600 to 9999.
    public init?(year: Int, month: Int, day: Int, second: Int = 0) {
        guard (1600...9999).contains(year), (1...12).contains(month), (0..<86_400).contains(second),
            (1...Self.length(of: month, in: year)).contains(day)
        else { return nil }
        self.init(unchecked: year, month, day, second)
    }

    private init(unchecked year: Int, _ month: Int, _ day: Int, _ second: Int) {
        self.year = year
        self.month = month
        self.day = day
        self.second = second
    }

    /// The time of so many seconds since 1970, in whatever zone these are counted.
    public init(seconds: Int64) {
        // Farther away there is no calendar, and arithmetic must not end the process.
        let seconds = min(max(seconds, -1 << 55), 1 << 55)
        let day = Int((seconds >= 0 ? seconds : seconds - 86_399) / 86_400)
        // Counted from the first of March 1600, so that the leap day ends a year and 400 years have one length.
        let fromMarch = day + 135_080
        let cycle = (fromMarch >= 0 ? fromMarch : fromMarch - 146_096) / 146_097
        let inCycle = fromMarch - cycle * 146_097
        let year = (inCycle - inCycle / 1_460 + inCycle / 36_524 - inCycle / 146_096) / 365
        let inYear = inCycle - (365 * year + year / 4 - year / 100)
        let march = (5 * inYear + 2) / 153
        let month = march < 10 ? march + 3 : march - 9
        self.init(
            unchecked: 1600 + cycle * 400 + year + (month <= 2 ? 1 : 0), month, inYear - (153 * march + 2) / 5 + 1,
            Int(seconds - Int64(day) * 86_400))
    }

    /// Seconds since 1970, as if it were in UTC.
    public var seconds: Int64 { Int64(Self.days(year, month, day)) * 86_400 + Int64(second) }

    /// 0 is Monday.
    public var weekday: Int {
        // The first of January 1970 was a Thursday.
        let shifted = (Self.days(year, month, day) + 3) % 7
        return shifted >= 0 ? shifted : shifted + 7
    }

    /// Days since 1970.
    static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = (month <= 2 ? year - 1 : year) - 1600
        let cycle = (shifted >= 0 ? shifted : shifted - 399) / 400
        let inCycle = shifted - cycle * 400
        let march = month > 2 ? month - 3 : month + 9
        return cycle * 146_097 + 365 * inCycle + inCycle / 4 - inCycle / 100 + (153 * march + 2) / 5 + day - 1 - 135_080
    }

    static func isLeap(_ year: Int) -> Bool {
        year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
    }

    /// How many days a month has.
    static func length(of month: Int, in year: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    public static func < (left: CivilTime, right: CivilTime) -> Bool { left.seconds < right.seconds }
}

extension Int64 {
    /// The sum, or the nearest number that there is: far from the calendar arithmetic must not end the process.
    func adding(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }
}
