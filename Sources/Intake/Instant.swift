import Contracts

/// Times as RFC 3339 writes them, `2030-01-31T12:34:56.789+01:00`.
enum Instant {
    /// Nanoseconds since 1970; nil for what is no time, or one outside of the years 1970 to 2200.
    static func read(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        guard (20...40).contains(bytes.count), bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            bytes[10] | 0x20 == UInt8(ascii: "t") || bytes[10] == 0x20, bytes[13] == UInt8(ascii: ":"),
            bytes[16] == UInt8(ascii: ":"), let year = number(bytes[0..<4]), let month = number(bytes[5..<7]),
            let day = number(bytes[8..<10]), let hour = number(bytes[11..<13]), let minute = number(bytes[14..<16]),
            let second = number(bytes[17..<19]), hour < 24, minute < 60, second <= 60, (1970...2200).contains(year),
            let date = CivilTime(
                year: year, month: month, day: day, second: hour * 3_600 + minute * 60 + min(second, 59))
        else { return nil }
        var at = 19
        var fraction: Int64 = 0
        if bytes[at] == UInt8(ascii: ".") {
            let digits = bytes[(at + 1)...].prefix { (48...57).contains($0) }
            guard (1...18).contains(digits.count) else { return nil }
            let nine = Array(digits.prefix(9))
            fraction = (nine + Array(repeating: 48, count: 9 - nine.count)).reduce(0) { $0 * 10 + Int64($1 - 48) }
            at += 1 + digits.count
        }
        guard at < bytes.count, let offset = offset(bytes[at...]) else { return nil }
        return (date.seconds - offset) * 1_000_000_000 + fraction
    }

    private static func offset(_ bytes: ArraySlice<UInt8>) -> Int64? {
        guard let sign = bytes.first else { return nil }
        if sign | 0x20 == UInt8(ascii: "z") { return bytes.count == 1 ? 0 : nil }
        let rest = Array(bytes.dropFirst())
        guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), rest.count == 5, rest[2] == UInt8(ascii: ":"),
            let hours = number(rest[0..<2]), let minutes = number(rest[3..<5]), hours < 24, minutes < 60
        else { return nil }
        let seconds = Int64(hours * 3_600 + minutes * 60)
        return sign == UInt8(ascii: "-") ? -seconds : seconds
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - 48) }
    }

    /// A time that may be left out. Some senders write that as the year 1.
    static func read(optional tree: JSONTree?, _ name: String) throws(IntakeRefusal) -> Int64? {
        guard let tree else { return nil }
        guard let text = tree.text else {
            if case .text = tree { return nil }
            throw IntakeRefusal(422, "expected a time such as 2030-01-31T12:34:56Z in \(name), found \(tree.kind)")
        }
        if text.hasPrefix("0001-01-01T00:00:00") { return nil }
        guard let time = read(text) else {
            throw IntakeRefusal(422, "expected a time such as 2030-01-31T12:34:56Z in \(name), found \(tree.kind)")
        }
        return time
    }
}
