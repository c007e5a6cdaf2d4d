import Contracts

/// A time as it stands in a document: `2030-03-17T17:46:40.123456789Z`, of one spelling.
public struct Instant: Codable, Sendable, Equatable, Comparable, CustomStringConvertible {
    /// Since 1970.
    public var nanoseconds: Int64

    public init(_ nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// Nil for anything but the one spelling of a time.
    public init?(_ text: String) {
        let letters = Array(text.utf8)
        guard letters.count == 30, letters[19] == UInt8(ascii: "."), letters[29] == UInt8(ascii: "Z") else {
            return nil
        }
        func number(_ from: Int, _ to: Int) -> Int? { Int(String(decoding: letters[from..<to], as: UTF8.self)) }
        guard let year = number(0, 4), let month = number(5, 7), let day = number(8, 10), let hour = number(11, 13),
            let minute = number(14, 16), let second = number(17, 19), let fraction = number(20, 29),
            let civil = CivilTime(year: year, month: month, day: day, second: hour * 3_600 + minute * 60 + second)
        else { return nil }
        let whole = civil.seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !whole.overflow else { return nil }
        let sum = whole.partialValue.addingReportingOverflow(Int64(fraction))
        guard !sum.overflow else { return nil }
        nanoseconds = sum.partialValue
        guard description == text else { return nil }
    }

    private var parts: (civil: CivilTime, fraction: Int64) {
        let fraction = (nanoseconds % 1_000_000_000 + 1_000_000_000) % 1_000_000_000
        let (whole, overflow) = nanoseconds.subtractingReportingOverflow(fraction)
        return (CivilTime(seconds: overflow ? nanoseconds / 1_000_000_000 : whole / 1_000_000_000), fraction)
    }

    /// `2030-03-17`
    public var date: String {
        let civil = parts.civil
        return "\(Self.digits(civil.year, 4))-\(Self.digits(civil.month, 2))-\(Self.digits(civil.day, 2))"
    }

    /// `17:46:40.123`, in UTC.
    public var clock: String {
        let (civil, fraction) = parts
        return second(civil.second) + "." + Self.digits(Int(fraction / 1_000_000), 3)
    }

    public var description: String {
        let (civil, fraction) = parts
        return "\(date)T\(second(civil.second)).\(Self.digits(Int(fraction), 9))Z"
    }

    private func second(_ second: Int) -> String {
        "\(Self.digits(second / 3_600, 2)):\(Self.digits(second / 60 % 60, 2)):\(Self.digits(second % 60, 2))"
    }

    private static func digits(_ number: Int, _ width: Int) -> String {
        let text = "\(number)"
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }

    public static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let instant = Instant(text) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "expected a time such as 2030-01-31T11:59:00.000000000Z, found \"\(text.prefix(80))\""
            )
        }
        self = instant
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
