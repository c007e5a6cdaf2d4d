import Contracts
import Glibc
import Host
import Signals

/// What only the agent for people can have made: HMAC-SHA256 (RFC 2104) by a secret that all its replicas on this host share.
struct Seal: Sendable {
    private static let block = 64
    private let inner: [UInt8]
    private let outer: [UInt8]

    init(secret: [UInt8]) {
        let key = secret.count > Self.block ? Digest(of: secret).bytes : secret
        let padded = key + [UInt8](repeating: 0, count: Self.block - key.count)
        inner = padded.map { $0 ^ 0x36 }
        outer = padded.map { $0 ^ 0x5C }
    }

    /// The secret in a file, which the first replica makes.
    static func kept(in folder: String) throws -> Seal {
        let path = "\(folder)/session.key"
        if mkdir(folder, 0o700) != 0, errno != EEXIST { throw SystemFault("make \(folder)", code: errno) }
        if let secret = read(path) { return Seal(secret: secret) }
        let own = "\(path).\(getpid())"
        var chance = SystemRandomNumberGenerator()
        let secret = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &chance) }
        try WholeFile.write(String(decoding: Base64.encode(secret), as: UTF8.self) + "\n", to: own, durable: true)
        defer { unlink(own) }
        // Whoever links first has made it; the others read that.
        if link(own, path) != 0, errno != EEXIST { throw SystemFault("make \(path)", code: errno) }
        guard let made = read(path) else { throw SystemFault("read \(path)", code: EINVAL) }
        return Seal(secret: made)
    }

    private static func read(_ path: String) -> [UInt8]? {
        guard let text = ProcessFiles.text(path) else { return nil }
        let line = Array(text.utf8.prefix { $0 != UInt8(ascii: "\n") })
        return Base64.decode(line).flatMap { $0.count == 32 ? $0 : nil }
    }

    func mark(_ kind: String, _ text: String) -> String {
        Digest(of: outer + Digest(of: inner + Array("\(kind)\0\(text)".utf8)).bytes).description
    }

    /// Takes as long wherever they differ.
    func isMark(_ mark: String, of kind: String, _ text: String) -> Bool {
        let (one, other) = (Array(mark.utf8), Array(self.mark(kind, text).utf8))
        return one.count == other.count && zip(one, other).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
