/// An identifier of 128 bits (RFC 9562).
public struct UUID: Hashable, Comparable, Sendable, Codable, LosslessStringConvertible {
    public let high: UInt64
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A random one (version 4).
    public static func random(using chance: inout some RandomNumberGenerator) -> UUID {
        UUID(high: chance.next() & ~0xF000 | 0x4000, low: chance.next() & ~(3 << 62) | 2 << 62)
    }

    /// One whose order is that of time (version 7), so that rows made one after the other stand side by side.
    public static func ordered(milliseconds: UInt64, using chance: inout some RandomNumberGenerator) -> UUID {
        UUID(high: milliseconds << 16 | 0x7000 | chance.next() & 0xFFF, low: chance.next() & ~(3 << 62) | 2 << 62)
    }

    /// When one of version 7 was made, in milliseconds since 1970; nil for any other.
    public var milliseconds: UInt64? { high >> 12 & 0xF == 7 ? high >> 16 : nil }

    public static func < (left: UUID, right: UUID) -> Bool { (left.high, left.low) < (right.high, right.low) }

    /// Reads 36 characters in either case; nil for anything else.
    public init?(_ text: String) {
        var text = text
        let found = text.withUTF8 { UUID(ascii: $0) }
        guard let found else { return nil }
        self = found
    }

    /// Reads 36 characters in either case; nil for anything else.
    public init?(ascii: UnsafeBufferPointer<UInt8>) {
        guard ascii.count == 36 else { return nil }
        var halves: (UInt64, UInt64) = (0, 0)
        for index in 0..<36 {
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard ascii[index] == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = Self.digit(ascii[index]) else { return nil }
            if index < 18 { halves.0 = halves.0 << 4 | digit } else { halves.1 = halves.1 << 4 | digit }
        }
        self.init(high: halves.0, low: halves.1)
    }

    /// Appends the 36 characters.
    public func append(to bytes: inout [UInt8]) {
        for index in 0..<16 {
            if index == 4 || index == 6 || index == 8 || index == 10 { bytes.append(UInt8(ascii: "-")) }
            let byte = (index < 8 ? high >> UInt64(56 - 8 * index) : low >> UInt64(120 - 8 * index)) & 0xFF
            bytes.append(Self.letter(byte >> 4))
            bytes.append(Self.letter(byte & 0xF))
        }
    }

    /// `0190a0e8-7c1b-7d3e-9f00-5b1f2c3d4e5f`
    public var description: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(36)
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func letter(_ digit: UInt64) -> UInt8 {
        UInt8(truncatingIfNeeded: digit < 10 ? 0x30 + digit : 0x57 + digit)
    }

    private static func digit(_ letter: UInt8) -> UInt64? {
        switch letter {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(letter - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(letter - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(letter - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}
