import CZeroMQ
import Glibc
import Routing
import Signals

/// Who may join, and as whom. The broker asks for every connection, before any frame of it is read.
public struct AdmissionRules: Sendable {
    /// Whether a secret is that user's; nil admits nobody by secret.
    public var accepts: (@Sendable (_ secret: String, _ user: String) -> Bool)?
    /// CURVE public keys in Z85, and the role that each stands for.
    public var keys: [(key: String, role: String)]

    public init(
        accepts: (@Sendable (_ secret: String, _ user: String) -> Bool)?, keys: [(key: String, role: String)] = []
    ) {
        self.accepts = accepts
        self.keys = keys
    }

    /// The role a public key stands for, or nil.
    func admit(key: [UInt8]) -> String? {
        guard key.count == 32 else { return nil }
        var text = [CChar](repeating: 0, count: 41)
        guard zmq_z85_encode(&text, key, key.count) != nil else { return nil }
        let encoded = String(decoding: text.prefix(40).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return keys.first { $0.key == encoded }?.role
    }

    /// What an authenticated user is called says who it is: `orders@local.1#17` is one start of one slot,
    /// `operator` a whole role.
    static func identity(user: String) -> Routing.Identity? {
        guard let hash = user.lastIndex(of: "#") else { return Routing.Identity(role: user) }
        let slot = String(user[..<hash])
        guard let spawn = UInt64(user[user.index(after: hash)...]), let at = slot.firstIndex(of: "@") else {
            return nil
        }
        return Routing.Identity(role: String(slot[..<at]), slot: slot, spawn: spawn)
    }
}

/// Answers the ZAP requests (RFC 27) of the broker's sockets.
final class Authenticator {
    private let socket: Socket
    private let rules: AdmissionRules
    private let log: Log
    private(set) var rejected: UInt64 = 0

    init(_ context: Context, _ rules: AdmissionRules, log: Log) throws {
        self.rules = rules
        self.log = log
        socket = try Socket(context, ZMQ_REP)
        try socket.bind("inproc://zeromq.zap.01")
    }

    var descriptor: Int32 { socket.descriptor }

    /// Answers what waits; true when there was any.
    func turn() -> Bool {
        var busy = false
        for _ in 0..<64 {
            guard let version = socket.receive() else { return busy }
            busy = true
            var parts = [version]
            while socket.more, let part = socket.receive() { parts.append(part) }
            answer(parts)
        }
        return true
    }

    /// version, request id, domain, address, socket id, mechanism, credentials…
    private func answer(_ parts: [[UInt8]]) {
        var user: String?
        if parts.count >= 8, parts[5] == Array("PLAIN".utf8), parts[6].count <= 255 {
            let name = String(decoding: parts[6], as: UTF8.self)
            if rules.accepts?(String(decoding: parts[7], as: UTF8.self), name) == true { user = name }
        } else if parts.count >= 7, parts[5] == Array("CURVE".utf8) {
            user = rules.admit(key: parts[6])
        }
        if user == nil {
            rejected += 1
            log.limited("rejected connection", .warning, "a connection's secret or key was not accepted")
        }
        let status = user == nil ? "400" : "200"
        let reply = ["1.0", "", status, user == nil ? "not admitted" : "OK", user ?? "", ""]
        for (index, text) in reply.enumerated() {
            let bytes = index == 1 ? (parts.count > 1 ? parts[1] : []) : Array(text.utf8)
            socket.send(bytes, more: index < reply.count - 1)
        }
    }
}
