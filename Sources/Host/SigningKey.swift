import CSodium
import Glibc

/// A key that signs (Ed25519, by libsodium). Its secret half leaves the process only into a file of its owner's alone.
public struct SigningKey: Sendable {
    /// How many bytes a seed, a public key and a signature have.
    public static let seedLength = 32
    public static let publicLength = 32
    public static let signatureLength = 64

    /// From which the whole key is made again.
    public let seed: [UInt8]
    public let publicKey: [UInt8]
    private let secret: [UInt8]

    /// A new key.
    public static func make() throws(SystemFault) -> SigningKey {
        var seed = [UInt8](repeating: 0, count: seedLength)
        randombytes_buf(&seed, seedLength)
        return try SigningKey(seed: seed)
    }

    /// The key of a seed of 32 bytes.
    public init(seed: [UInt8]) throws(SystemFault) {
        guard seed.count == Self.seedLength else { throw SystemFault("read a signing key of 32 bytes", code: EINVAL) }
        var open = [UInt8](repeating: 0, count: Self.publicLength)
        var secret = [UInt8](repeating: 0, count: Self.signatureLength)
        guard sodium_init() >= 0, crypto_sign_seed_keypair(&open, &secret, seed) == 0 else {
            throw SystemFault("make a signing key", code: EIO)
        }
        self.seed = seed
        self.publicKey = open
        self.secret = secret
    }

    /// The signature of a message.
    public func sign(_ message: [UInt8]) -> [UInt8] {
        var signature = [UInt8](repeating: 0, count: Self.signatureLength)
        // It fails for no input: what went wrong gives a signature of nothing, which nobody accepts.
        guard crypto_sign_detached(&signature, nil, message, UInt64(message.count), secret) == 0 else { return [] }
        return signature
    }

    /// Whether the signature over the message is that of the public key.
    public static func verify(_ message: [UInt8], _ signature: [UInt8], _ publicKey: [UInt8]) -> Bool {
        guard signature.count == signatureLength, publicKey.count == publicLength else { return false }
        return crypto_sign_verify_detached(signature, message, UInt64(message.count), publicKey) == 0
    }
}
