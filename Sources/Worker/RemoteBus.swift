public import Bus
import CZeroMQ
import Contracts
import Host
public import Settings

/// Where the broker is when it is on another host, and with which keys to go there.
///
/// One address stands for the three doors: calls at its port, publications at the next, topics at the one after.
public struct RemoteBus: Sendable, Equatable {
    public var endpoints: BusEndpoints
    /// The broker's public key, in Z85.
    public var brokerKey: String
    /// The file that holds this process's own secret key, in Z85.
    public var keyFile: String

    /// Reads `bus.address`, `bus.broker-key` and `bus.key-file`; nil where no address is given.
    public init?(_ layers: Layers) {
        guard let address = layers.optional("bus.address", .address) else {
            // Named all the same, so that a key without an address is not an unknown setting.
            _ = layers.optional("bus.broker-key", .text())
            _ = layers.optional("bus.key-file", .text())
            return nil
        }
        brokerKey = layers.required("bus.broker-key", .text(length: 40...40))
        keyFile = layers.required("bus.key-file", .text(length: 1...4_096))
        endpoints = BusEndpoints(tcp: address)
    }

    /// The keys to connect with; the public half follows from the secret one.
    func credentials() throws(ConfigurationError) -> BusCredentials {
        let secret = try CurveKeyFile.read(keyFile)
        return .keys(broker: brokerKey, own: try CurveKeyFile.publicKey(of: secret, keyFile), secret: secret)
    }
}

/// A file with a CURVE secret key: forty digits of Z85 and nothing else.
public enum CurveKeyFile {
    public static func read(_ path: String) throws(ConfigurationError) -> String {
        guard let text = ProcessFiles.text(path) else {
            throw ConfigurationError([Mistake(place: path, text: "expected a file with a CURVE key, found none")])
        }
        let key = text.split(whereSeparator: \.isWhitespace)
        guard key.count == 1, key[0].utf8.count == 40 else {
            throw ConfigurationError([
                Mistake(place: path, text: "expected a CURVE key, 40 digits of Z85 (make one: kintsugi keys curve)")
            ])
        }
        return String(key[0])
    }

    /// The public half of a secret key.
    public static func publicKey(of secret: String, _ path: String) throws(ConfigurationError) -> String {
        var text = [CChar](repeating: 0, count: 41)
        guard zmq_curve_public(&text, secret) == 0 else {
            throw ConfigurationError([Mistake(place: path, text: "expected a CURVE secret key in Z85")])
        }
        return String(decoding: text.prefix(40).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension BusEndpoints {
    /// The three doors behind one address.
    public init(tcp address: Address) {
        func door(_ offset: Int) -> String { "tcp://\(Address(host: address.host, port: address.port + offset))" }
        self.init(calls: door(0), publish: door(1), topics: door(2))
    }
}
