import Contracts

/// How figures, times and words stand in a sentence: one way each, so that a sentence can be held against its entries.
enum Printed {
    static func percent(_ share: Double) -> String {
        guard share.isFinite else { return "0 %" }
        return "\(Int((min(max(share, 0), 1) * 100).rounded())) %"
    }

    static func count(_ number: Double) -> String {
        guard number.isFinite, abs(number) < 1e15 else { return "0" }
        return "\(Int64(number.rounded()))"
    }

    /// `2030-03-17 at 17:46:40.123 UTC`
    static func time(_ nanoseconds: Int64) -> String {
        let instant = Instant(nanoseconds)
        return "\(instant.date) at \(instant.clock) UTC"
    }

    static func clock(_ nanoseconds: Int64) -> String { Instant(nanoseconds).clock }

    /// `12.3 s`, `4 min 5 s`, `3 h 4 min`
    static func span(_ from: Int64, _ to: Int64) -> String {
        let (difference, overflow) = to.subtractingReportingOverflow(from)
        let span = overflow ? Int64.max : max(0, difference)
        let seconds = span / 1_000_000_000
        if seconds < 120 {
            let tenths = span / 100_000_000
            return "\(tenths / 10).\(tenths % 10) s"
        }
        if seconds < 7_200 { return "\(seconds / 60) min \(seconds % 60) s" }
        return "\(seconds / 3_600) h \(seconds / 60 % 60) min"
    }

    /// A word of somebody's choice: as it is where it is a word, else in quotes.
    static func name(_ text: String) -> String { isWord(text) ? text : quote(text) }

    static func names(_ texts: [String]) -> String { texts.map(name).joined(separator: ", ") }

    /// Whether it can stand in a sentence and be found again.
    static func isWord(_ text: String) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last, text.utf8.count <= 120 else { return false }
        return isPlain(first) && isPlain(last)
            && text.utf8.allSatisfy { isPlain($0) || "_-./@:#+".utf8.contains($0) }
    }

    private static func isPlain(_ letter: UInt8) -> Bool {
        switch letter {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    /// What somebody else has written: in quotes that it cannot end itself, on one line, at most 300 characters.
    static func quote(_ text: String) -> String { "“\(quoted(text))”" }

    static func quoted(_ text: String) -> String {
        let plain = text.unicodeScalars.map { scalar -> String in
            switch scalar {
            case "“", "”": return "\""
            default:
                let category = scalar.properties.generalCategory
                let isBlank = category == .control || category == .lineSeparator || category == .paragraphSeparator
                return isBlank ? " " : String(Character(scalar))
            }
        }.joined()
        return plain.count > 300 ? String(plain.prefix(299)) + "…" : plain
    }
}
