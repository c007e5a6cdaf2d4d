/// What a text with escapes means; only for what the scanner has passed.
enum JSONUnescape {
    static func decode(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var at = 0
        while at < bytes.count {
            guard bytes[at] == UInt8(ascii: "\\"), at + 1 < bytes.count else {
                result.append(bytes[at])
                at += 1
                continue
            }
            at += 2
            switch bytes[at - 1] {
            case UInt8(ascii: "n"): result.append(0x0A)
            case UInt8(ascii: "r"): result.append(0x0D)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "f"): result.append(0x0C)
            case UInt8(ascii: "u"): scalar(bytes, &at, into: &result)
            case let other: result.append(other)
            }
        }
        return result
    }

    private static func scalar(_ bytes: UnsafeBufferPointer<UInt8>, _ at: inout Int, into result: inout [UInt8]) {
        var code = hexadecimal(bytes, at) ?? 0
        at += 4
        if (0xD800..<0xDC00).contains(code), let low = hexadecimal(bytes, at + 2) {
            code = 0x10000 + (code - 0xD800) << 10 + (low &- 0xDC00)
            at += 6
        }
        if let encoded = Unicode.Scalar(code).flatMap(UTF8.encode) { result.append(contentsOf: encoded) }
    }

    /// Four hexadecimal digits.
    static func hexadecimal(_ bytes: UnsafeBufferPointer<UInt8>, _ at: Int) -> UInt32? {
        guard at + 4 <= bytes.count else { return nil }
        var code: UInt32 = 0
        for index in at..<at + 4 {
            guard let digit = hexadecimalDigit(bytes[index]) else { return nil }
            code = code << 4 | UInt32(digit)
        }
        return code
    }
}

/// What a hexadecimal digit in either case counts.
func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}

/// Well-formed UTF-8, by the table of RFC 3629: nothing overlong, no surrogates, nothing above U+10FFFF.
enum UTF8Check {
    /// How many bytes the scalar at `at` has; 0 when there is none.
    static func length(_ bytes: UnsafeBufferPointer<UInt8>, _ at: Int) -> Int {
        let first = bytes[at]
        let left = bytes.count - at
        func follows(_ offset: Int, _ range: ClosedRange<UInt8> = 0x80...0xBF) -> Bool {
            range.contains(bytes[at + offset])
        }
        switch first {
        case 0..<0x80: return 1
        case 0xC2...0xDF: return left >= 2 && follows(1) ? 2 : 0
        case 0xE0...0xEF:
            let second: ClosedRange<UInt8> = first == 0xE0 ? 0xA0...0xBF : first == 0xED ? 0x80...0x9F : 0x80...0xBF
            return left >= 3 && follows(1, second) && follows(2) ? 3 : 0
        case 0xF0...0xF4:
            let second: ClosedRange<UInt8> = first == 0xF0 ? 0x90...0xBF : first == 0xF4 ? 0x80...0x8F : 0x80...0xBF
            return left >= 4 && follows(1, second) && follows(2) && follows(3) ? 4 : 0
        default: return 0
        }
    }

    static func passes(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var at = 0
        while at < bytes.count {
            let length = length(bytes, at)
            guard length > 0 else { return false }
            at += length
        }
        return true
    }
}
