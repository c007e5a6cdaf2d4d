import CZeroMQ
import Web

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
        let (key, hash) = Keyring.makeKey()
        let lines = [
            "  - name: \(name)", "    hash: \"\(hash)\"", "    roles: [customer]", "    rate: 100", "    burst: 200",
        ]
        return KeyPair(configuration: lines.joined(separator: "\n"), secret: key)
    }

    /// What is said to a person.
    func explained(paint: Paint) -> String {
        """
        For the configuration:

        \(configuration.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n"))

        The secret, shown this once and stored nowhere:

            \(paint(secret, .yellow))

        """
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
