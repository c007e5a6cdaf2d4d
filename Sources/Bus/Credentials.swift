import CSodium
import CZeroMQ

extension BusCredentials {
    func apply(to socket: Socket) throws {
        switch self {
        case .secret(let user, let secret):
            try socket.set(ZMQ_PLAIN_USERNAME, user)
            try socket.set(ZMQ_PLAIN_PASSWORD, secret)
        case .keys(let broker, let own, let secret):
            try socket.set(ZMQ_CURVE_SERVERKEY, broker)
            try socket.set(ZMQ_CURVE_PUBLICKEY, own)
            try socket.set(ZMQ_CURVE_SECRETKEY, secret)
        }
    }
}

/// The secrets of one host's cluster: each start of a slot gets its own, derived from the cluster's key, so that the
/// broker can check any of them without having been told.
public enum ClusterSecret {
    /// `orders@local.1#17`
    public static func user(slot: String, spawn: UInt64) -> String { "\(slot)#\(spawn)" }

    /// The secret of a user as 64 hexadecimal digits.
    public static func derive(key: [UInt8], user: String) -> String {
        var digest = [UInt8](repeating: 0, count: 32)
        let message = Array(user.utf8)
        crypto_generichash(&digest, digest.count, message, UInt64(message.count), key, key.count)
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// Compares in a time that does not depend on where they differ.
    static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && sodium_memcmp(left, right, left.count) == 0
    }
}
