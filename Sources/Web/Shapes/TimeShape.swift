public import Signals

/// A moment by RFC 3339 (`2026-03-01T09:30:00Z`), with any offset; kept in UTC. What lies before 1678 or after 2261 is
/// taken as the first or the last moment that 64 bits of nanoseconds hold.
public struct TimeShape: ScalarShape {
    public var standIn: WallTime { WallTime(nanoseconds: 0) }
    public var expected: String { "a time such as 2026-03-01T09:30:00Z" }
    public var schema: Schema { .of(["type": "string", "format": "date-time"]) }

    public func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> WallTime? {
        var text = TimeText(bytes)
        guard let year = text.number(4), text.take("-"), let month = text.number(2, 1...12), text.take("-"),
            let day = text.number(2, 1...Self.days(of: month, in: year)), text.take("T"),
            let hour = text.number(2, 0...23), text.take(":"), let minute = text.number(2, 0...59), text.take(":"),
            let second = text.number(2, 0...60), let fraction = text.fraction(), let offset = text.offset(),
            text.isAtEnd
        else { return nil }
        let days = Self.days(before: year, month, day)
        let seconds = days * 86_400 + (hour * 60 + minute - offset) * 60 + second
        let (nanoseconds, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, carried) = nanoseconds.addingReportingOverflow(fraction)
        guard !overflow, !carried else { return WallTime(nanoseconds: seconds < 0 ? .min : .max) }
        return WallTime(nanoseconds: Int64(sum))
    }

    private static func days(of month: Int, in year: Int) -> Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }

    /// Days since 1970, in years that begin in March, so that the leap day comes last.
    private static func days(before year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let cycle = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfCycle = shifted - cycle * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return cycle * 146_097 + yearOfCycle * 365 + yearOfCycle / 4 - yearOfCycle / 100 + dayOfYear - 719_468
    }
}

extension Shape where Self == TimeShape {
    /// A moment by RFC 3339.
    public static var time: TimeShape { TimeShape() }
}

private struct TimeText {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var at = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    var isAtEnd: Bool { at == bytes.count }

    /// A letter in either case, or a sign.
    mutating func take(_ letter: Unicode.Scalar) -> Bool {
        guard at < bytes.count else { return false }
        let byte = bytes[at]
        let isLetter = UInt8(ascii: letter) >= 0x41
        guard (isLetter ? byte & ~0x20 : byte) == UInt8(ascii: letter) else { return false }
        at += 1
        return true
    }

    mutating func number(_ digits: Int, _ range: ClosedRange<Int> = 0...9_999) -> Int? {
        guard at + digits <= bytes.count else { return nil }
        var number = 0
        for _ in 0..<digits {
            guard bytes[at] &- 0x30 < 10 else { return nil }
            number = number * 10 + Int(bytes[at] &- 0x30)
            at += 1
        }
        return range.contains(number) ? number : nil
    }

    /// Nanoseconds; finer digits are cut off.
    mutating func fraction() -> Int? {
        guard take(".") else { return 0 }
        let start = at
        var nanoseconds = 0
        var unit = 100_000_000
        while at < bytes.count, bytes[at] &- 0x30 < 10 {
            nanoseconds += Int(bytes[at] &- 0x30) * unit
            unit /= 10
            at += 1
        }
        return at > start ? nanoseconds : nil
    }

    /// Minutes east of UTC.
    mutating func offset() -> Int? {
        if take("Z") { return 0 }
        let isEast = take("+")
        guard isEast || take("-"), let hours = number(2, 0...23), take(":"), let minutes = number(2, 0...59)
        else { return nil }
        return (hours * 60 + minutes) * (isEast ? 1 : -1)
    }
}
