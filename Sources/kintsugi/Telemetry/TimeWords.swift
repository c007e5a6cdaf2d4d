import Signals

/// Times as people write them.
enum TimeWords {
    /// `90s`, `15m`, `2h`, `3d` before now, or a time of ISO 8601 in UTC; nanoseconds since 1970.
    static func parse(_ text: String, now: Int64) -> Int64? {
        length(text).map { now - $0 } ?? iso8601(text)
    }

    /// `90s`, `15m`, `2h`, `3d` in nanoseconds.
    static func length(_ text: String) -> Int64? {
        guard let unit = text.last, let factor = seconds(unit), let amount = Double(text.dropLast()), amount >= 0,
            amount * factor < 9e9
        else { return nil }
        return Int64(amount * factor * 1e9)
    }

    private static func seconds(_ unit: Character) -> Double? {
        switch unit {
        case "s": 1
        case "m": 60
        case "h": 3_600
        case "d": 86_400
        default: nil
        }
    }

    private static func iso8601(_ text: String) -> Int64? {
        let parts = text.split { !$0.isNumber }
        guard (5...7).contains(parts.count), text.hasSuffix("Z"), text.contains("T"), parts[0].count == 4 else {
            return nil
        }
        let numbers = parts.compactMap { Int64($0) }
        guard numbers.count == parts.count, (1...12).contains(numbers[1]), (1...31).contains(numbers[2]),
            numbers[3] < 24, numbers[4] < 60, numbers.count < 6 || numbers[5] < 60
        else { return nil }
        let second = numbers.count > 5 ? numbers[5] : 0
        return (day(numbers[0], numbers[1], numbers[2]) * 86_400 + numbers[3] * 3_600 + numbers[4] * 60 + second)
            * 1_000_000_000
    }

    /// Days since 1970 of a Gregorian date, counted in years that begin in March.
    private static func day(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let cycle = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfCycle = shifted - cycle * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return cycle * 146_097 + yearOfCycle * 365 + yearOfCycle / 4 - yearOfCycle / 100 + dayOfYear - 719_468
    }

    /// `09:30:12.250`, in UTC.
    static func clock(_ nanoseconds: Int64) -> String {
        String(WallTime(nanoseconds: nanoseconds).iso8601.dropFirst(11).prefix(12))
    }

    /// `2026-03-01 09:30:12`, in UTC.
    static func date(_ nanoseconds: Int64) -> String {
        let text = WallTime(nanoseconds: nanoseconds).iso8601
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(8))"
    }

    /// `412 µs`, `18.2 ms`, `1.25 s`
    static func span(_ nanoseconds: Int64) -> String {
        let value = Double(nanoseconds)
        if value < 1e6 { return "\(Int((value / 1e3).rounded())) µs" }
        if value < 1e9 { return "\(tenths(value / 1e6)) ms" }
        return "\(tenths(value / 1e9)) s"
    }

    private static func tenths(_ value: Double) -> String {
        let whole = Int((value * 10).rounded())
        return "\(whole / 10).\(whole % 10)"
    }
}
