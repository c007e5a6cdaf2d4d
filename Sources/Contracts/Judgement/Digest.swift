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
        var start = 0
        if !block.isEmpty {
            start = min(64 - block.count, bytes.count)
            block += bytes[..<start]
            guard block.count == 64 else { return }
            block.withUnsafeBufferPointer { mix($0, from: 0, blocks: 1) }
            block.removeAll(keepingCapacity: true)
        }
        let blocks = (bytes.count - start) / 64
        bytes.withUnsafeBufferPointer { mix($0, from: start, blocks: blocks) }
        block += bytes[(start + blocks * 64)...]
    }

    mutating func finish() -> [UInt8] {
        let bits = length
        var padding: [UInt8] = [0x80]
        while (block.count + padding.count) % 64 != 56 { padding.append(0) }
        take(padding + (0..<8).map { UInt8(truncatingIfNeeded: bits >> UInt64(56 - 8 * $0)) })
        return state.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(24 - 8 * $0)) } }
    }

    /// Works through whole blocks. Plain loops over plain memory: what is kept for years is hashed here.
    private mutating func mix(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int, blocks: Int) {
        guard blocks > 0 else { return }
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { words in
            Self.constants.withUnsafeBufferPointer { constants in
                var at = start
                for _ in 0..<blocks {
                    mix(bytes, at, words, constants)
                    at += 64
                }
            }
        }
    }

    private mutating func mix(
        _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ words: UnsafeMutableBufferPointer<UInt32>,
        _ constants: UnsafeBufferPointer<UInt32>
    ) {
        var index = 0
        while index < 16 {
            let at = start &+ index &* 4
            words[index] =
                UInt32(bytes[at]) << 24 | UInt32(bytes[at &+ 1]) << 16 | UInt32(bytes[at &+ 2]) << 8
                | UInt32(bytes[at &+ 3])
            index &+= 1
        }
        while index < 64 {
            let (early, late) = (words[index &- 15], words[index &- 2])
            let first = (early >> 7 | early << 25) ^ (early >> 18 | early << 14) ^ early >> 3
            let second = (late >> 17 | late << 15) ^ (late >> 19 | late << 13) ^ late >> 10
            words[index] = words[index &- 16] &+ first &+ words[index &- 7] &+ second
            index &+= 1
        }
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        var (e, f, g, h) = (state[4], state[5], state[6], state[7])
        index = 0
        while index < 64 {
            let right = (e >> 6 | e << 26) ^ (e >> 11 | e << 21) ^ (e >> 25 | e << 7)
            let one = h &+ right &+ (e & f ^ ~e & g) &+ constants[index] &+ words[index]
            let left = (a >> 2 | a << 30) ^ (a >> 13 | a << 19) ^ (a >> 22 | a << 10)
            let two = left &+ (a & b ^ a & c ^ b & c)
            (a, b, c, d, e, f, g, h) = (one &+ two, a, b, c, d &+ one, e, f, g)
            index &+= 1
        }
        for (place, word) in [a, b, c, d, e, f, g, h].enumerated() { state[place] = state[place] &+ word }
    }
}
