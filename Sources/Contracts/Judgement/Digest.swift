/// What stands for some bytes: their SHA-256 (FIPS 180-4), 64 hexadecimal digits as text.
public struct Digest: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// How many bytes it has.
    public static let length = 32

    /// The bytes themselves.
    public let bytes: [UInt8]

    /// Nil for anything but 32 bytes.
    public init?(bytes: [UInt8]) {
        guard bytes.count == Self.length else { return nil }
        self.bytes = bytes
    }

    /// The SHA-256 of some bytes.
    public init(of bytes: [UInt8]) {
        var hash = SecureHash()
        hash.take(bytes)
        self.bytes = hash.finish()
    }

    /// That of `bytes` as something of one kind, so that nothing of another kind has the same.
    public init(_ kind: String, of bytes: [UInt8]) {
        self.init(of: Array(kind.utf8) + [0] + bytes)
    }

    /// Reads 64 hexadecimal digits, small letters only: there is one spelling.
    public init?(_ text: some StringProtocol) {
        let digits = text.utf8.compactMap(Self.value)
        guard digits.count == Self.length * 2, text.utf8.count == digits.count else { return nil }
        bytes = stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    public var description: String {
        let letters = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [letters[Int($0 >> 4)], letters[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// The beginning, for people; too short to prove anything.
    public var brief: String { String(description.prefix(12)) }

    public static func < (left: Digest, right: Digest) -> Bool { left.bytes.lexicographicallyPrecedes(right.bytes) }

    private static func value(_ letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): letter - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): letter - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}

extension Digest: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let digest = Digest(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "expected 64 digits of 0-9 and a-f, found \"\(text.prefix(80))\"")
        }
        self = digest
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// SHA-256 in steps. It stands here, and not in a library of the system, because rules have no C below them.
struct SecureHash {
    /// The first 32 bits of the fractions of the square roots of the first eight primes.
    private var state: [UInt32] = Self.primes.prefix(8).map { Self.fraction(ofRoot: 2, of: $0) }
    private var block: [UInt8] = []
    private var length: UInt64 = 0

    private static let primes: [UInt64] = {
        var found: [UInt64] = []
        var next: UInt64 = 2
        while found.count < 64 {
            if found.allSatisfy({ next % $0 != 0 }) { found.append(next) }
            next += 1
        }
        return found
    }()
    /// The same of the cube roots of the first 64.
    private static let constants: [UInt32] = primes.map { fraction(ofRoot: 3, of: $0) }

    /// The first 32 bits behind the point of a root, found by halving: exact, where floating point is not.
    private static func fraction(ofRoot degree: Int, of prime: UInt64) -> UInt32 {
        // The largest x with x^degree <= prime * 2^(32 * degree); x has fewer than 40 bits.
        var root: UInt64 = 0
        for bit in stride(from: 39, through: 0, by: -1) {
            let candidate = root | 1 << UInt64(bit)
            if !exceeds(candidate, degree, prime) { root = candidate }
        }
        return UInt32(truncatingIfNeeded: root)
    }

    private static func exceeds(_ candidate: UInt64, _ degree: Int, _ prime: UInt64) -> Bool {
        let square = candidate.multipliedFullWidth(by: candidate)
        // Compared as 128 bits where the degree is two, as 192 where it is three.
        if degree == 2 { return (square.high, square.low) > (prime, 0) }
        let low = square.low.multipliedFullWidth(by: candidate)
        let high = square.high.multipliedFullWidth(by: candidate)
        let (middle, carry) = high.low.addingReportingOverflow(low.high)
        let top = high.high + (carry ? 1 : 0)
        return (top, middle, low.low) > (0, prime << 32, 0)
    }

    mutating func take(_ bytes: [UInt8]) {
        length += UInt64(bytes.count) * 8
        block += bytes
        var start = 0
        while block.count - start >= 64 {
            mix(block[start..<start + 64])
            start += 64
        }
        block.removeFirst(start)
    }

    mutating func finish() -> [UInt8] {
        let bits = length
        var padding: [UInt8] = [0x80]
        while (block.count + padding.count) % 64 != 56 { padding.append(0) }
        take(padding + (0..<8).map { UInt8(truncatingIfNeeded: bits >> UInt64(56 - 8 * $0)) })
        return state.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(24 - 8 * $0)) } }
    }

    private mutating func mix(_ block: ArraySlice<UInt8>) {
        var words = [UInt32](repeating: 0, count: 64)
        for (index, byte) in block.enumerated() { words[index / 4] = words[index / 4] << 8 | UInt32(byte) }
        for index in 16..<64 {
            let (early, late) = (words[index - 15], words[index - 2])
            let first = turned(early, 7) ^ turned(early, 18) ^ early >> 3
            let second = turned(late, 17) ^ turned(late, 19) ^ late >> 10
            words[index] = words[index - 16] &+ first &+ words[index - 7] &+ second
        }
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        var (e, f, g, h) = (state[4], state[5], state[6], state[7])
        for index in 0..<64 {
            let right = turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)
            let one = h &+ right &+ (e & f ^ ~e & g) &+ Self.constants[index] &+ words[index]
            let left = turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)
            let two = left &+ (a & b ^ a & c ^ b & c)
            (a, b, c, d, e, f, g, h) = (one &+ two, a, b, c, d &+ one, e, f, g)
        }
        for (index, word) in [a, b, c, d, e, f, g, h].enumerated() { state[index] = state[index] &+ word }
    }

    private func turned(_ word: UInt32, _ count: UInt32) -> UInt32 { word >> count | word << (32 - count) }
}
