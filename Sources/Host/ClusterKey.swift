import CSodium
public import Contracts

/// The key from which each process's secret is made; it lives in the memory of the guardian and the broker only.
public struct ClusterKey: Sendable, Equatable {
    public static let length = 32

    let bytes: [UInt8]

    /// A new key.
    public static func make() -> ClusterKey {
        var bytes = [UInt8](repeating: 0, count: length)
        randombytes_buf(&bytes, length)
        return ClusterKey(bytes: bytes)
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    /// Reads 64 hexadecimal digits.
    public init?(hex: String) {
        let digits = hex.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        guard digits.count == Self.length * 2, hex.utf8.count == digits.count else { return nil }
        bytes = stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
    }

    /// 64 hexadecimal digits: the birth secret of the broker, which thus can check everyone else's.
    public var hex: String { Self.hex(bytes) }

    /// What a process is called where it proves itself: one start of one slot.
    public static func user(_ slot: SlotName, spawn: UInt64) -> String { "\(slot)#\(spawn)" }

    /// The birth secret of one process.
    public func secret(of slot: SlotName, spawn: UInt64) -> String { secret(of: Self.user(slot, spawn: spawn)) }

    /// The secret of a user, `orders@local.1#17` or `operator`: BLAKE2b of the name, keyed with the cluster's key.
    public func secret(of user: String) -> String {
        let message = Array(user.utf8)
        var hash = [UInt8](repeating: 0, count: Self.length)
        crypto_generichash(&hash, Self.length, message, UInt64(message.count), bytes, Self.length)
        return Self.hex(hash)
    }

    /// What a process of that slot is born with: its own secret; for the broker the key itself.
    public func birthSecret(of slot: SlotName, spawn: UInt64) -> String {
        slot.role == Self.keeper ? hex : secret(of: slot, spawn: spawn)
    }

    /// The role that checks everyone's secret.
    public static let keeper = "broker"

    /// The secret of this key's holder at birth: its own place on the bus is proved like everyone else's.
    public static func busSecret(of slot: SlotName, spawn: UInt64, birthSecret: String) -> String {
        guard slot.role == keeper, let key = ClusterKey(hex: birthSecret) else { return birthSecret }
        return key.secret(of: slot, spawn: spawn)
    }

    /// Whether `secret` is that user's; in a time that does not tell how much of it was right.
    public func accepts(_ secret: String, of user: String) -> Bool {
        let right = Array(self.secret(of: user).utf8)
        let given = Array(secret.utf8)
        return given.count == right.count && sodium_memcmp(right, given, right.count) == 0
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef")
        return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}
