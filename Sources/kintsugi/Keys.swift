import CSodium
import CZeroMQ

/// Keys that `kintsugi keys` makes: what goes into the configuration, and what only its owner may know.
struct KeyPair: Encodable, Equatable {
    /// The lines for the configuration.
    let configuration: String
    let secret: String

    /// A CURVE pair for the bus.
    static func curve() throws(Failure) -> KeyPair {
        // Forty digits of Z85 and a zero.
        var publicKey = [CChar](repeating: 0, count: 41)
        var secretKey = [CChar](repeating: 0, count: 41)
        guard zmq_curve_keypair(&publicKey, &secretKey) == 0 else {
            throw Failure("the ZeroMQ library of this host is built without CURVE: install one with libsodium")
        }
        return KeyPair(configuration: "public: \"\(text(publicKey))\"", secret: text(secretKey))
    }

    /// A key for the HTTP interface; the configuration holds its hash alone.
    static func api(name: String) throws(Failure) -> KeyPair {
        guard sodium_init() >= 0 else { throw Failure("libsodium did not start: it found no source of randomness") }
        var random = [UInt8](repeating: 0, count: 32)
        randombytes_buf(&random, random.count)
        let secret = "kintsugi_" + hexadecimal(random)
        return KeyPair(configuration: "\(name): \"blake2b:\(hash(of: secret))\"", secret: secret)
    }

    /// What the configuration holds for an API key. A hash without salt is enough: the key itself is 256 random bits.
    static func hash(of secret: String) -> String {
        var hash = [UInt8](repeating: 0, count: 32)
        let bytes = Array(secret.utf8)
        crypto_generichash(&hash, hash.count, bytes, UInt64(bytes.count), nil, 0)
        return hexadecimal(hash)
    }

    /// What is said to a person.
    func explained(paint: Paint) -> String {
        """
        For the configuration:

            \(configuration)

        The secret, shown this once and stored nowhere:

            \(paint(secret, .yellow))

        """
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
