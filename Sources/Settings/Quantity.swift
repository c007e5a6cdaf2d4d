/// What a unit's letters multiply by, smallest first.
typealias Units = [(letters: String, factor: Int)]

let durationUnits: Units = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)]
let sizeUnits: Units = [("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)]

/// A whole number and its unit without a space between them, in the smallest unit; nil for anything else.
func quantity(_ text: String, units: Units) -> Int? {
    let digits = text.utf8.prefix(while: isDigit)
    let letters = text[digits.endIndex...]
    guard (1...12).contains(digits.count), let number = Int(text[..<digits.endIndex]),
        let unit = units.first(where: { $0.letters == letters })
    else { return nil }
    let (product, overflow) = number.multipliedReportingOverflow(by: unit.factor)
    return overflow ? nil : product
}

/// A size in the largest unit that leaves no remainder.
func spelled(size: Int) -> String {
    spelled(size, units: sizeUnits)
}

/// A duration in the largest unit that leaves no remainder.
func spelled(_ duration: Duration) -> String {
    let (seconds, attoseconds) = duration.components
    return spelled(Int(seconds) * 1_000 + Int(attoseconds / 1_000_000_000_000_000), units: durationUnits)
}

private func spelled(_ number: Int, units: Units) -> String {
    let unit = units.last { number != 0 && number.isMultiple(of: $0.factor) } ?? units[0]
    return "\(number / unit.factor)\(unit.letters)"
}

@Sendable func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
@Sendable func isLowercase(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
@Sendable func isHexadecimal(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
}
@Sendable func isHostLetter(_ byte: UInt8) -> Bool {
    isDigit(byte) || isLowercase(byte | 0x20) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
        || byte == UInt8(ascii: "_")
}
