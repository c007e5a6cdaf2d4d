public import Capabilities
import Contracts
import Glibc

/// The key by which Risk signs capabilities, and the public ones by which doors check them, in the data directory.
///
/// `risk/signing.key` has the seed and is its owner's alone; `risk/signing.pub` has public keys, one a line, the newest
/// first. Two of them are believed: a capability that was signed just before a change of keys still holds.
public enum IssuerKeys {
    /// The role whose key it is.
    public static let issuer = "risk"
    static let most = 2

    public static func keyFile(data: String) -> String { "\(data)/risk/signing.key" }
    public static func publicFile(data: String) -> String { "\(data)/risk/signing.pub" }

    /// What doors believe; empty where Risk never ran: then nothing is accepted.
    public static func read(data: String) -> [IssuerKey] {
        publicKeys(data).map { IssuerKey(issuer: issuer, publicKey: $0) }
    }

    /// The key itself; nil where there is none.
    public static func own(data: String) throws(SystemFault) -> SigningKey? {
        guard let text = ProcessFiles.text(keyFile(data: data)) else { return nil }
        guard let seed = Base64.decode(Array(text.utf8.prefix { $0 != UInt8(ascii: "\n") })) else {
            throw SystemFault("read \(keyFile(data: data)), expected 32 bytes in base64", code: EINVAL)
        }
        return try SigningKey(seed: seed)
    }

    /// The key, made at the first time; whatever a crash left undone is done.
    public static func ownOrMade(data: String) throws(SystemFault) -> SigningKey {
        try makeFolder(data)
        let key: SigningKey
        if let own = try own(data: data) {
            key = own
        } else {
            key = try SigningKey.make()
            try keep(key, data)
        }
        if !publicKeys(data).contains(key.publicKey) { try publish([key.publicKey], data) }
        return key
    }

    /// Another key from now on; the one before is believed until the next change. Doors know the new one before anything
    /// is signed by it.
    public static func rotate(data: String) throws(SystemFault) -> SigningKey {
        let old = try ownOrMade(data: data)
        let new = try SigningKey.make()
        try publish([new.publicKey, old.publicKey], data)
        try keep(new, data)
        return new
    }

    private static func publicKeys(_ data: String) -> [[UInt8]] {
        let lines = (ProcessFiles.text(publicFile(data: data)) ?? "").split(separator: "\n")
        return lines.compactMap { Base64.decode(Array($0.utf8)) }.filter { $0.count == SigningKey.publicLength }
            .prefix(most).map { $0 }
    }

    private static func publish(_ keys: [[UInt8]], _ data: String) throws(SystemFault) {
        let lines = keys.prefix(most).map { String(decoding: Base64.encode($0), as: UTF8.self) + "\n" }
        try WholeFile.write(lines.joined(), to: publicFile(data: data), durable: true)
    }

    private static func keep(_ key: SigningKey, _ data: String) throws(SystemFault) {
        let text = String(decoding: Base64.encode(key.seed), as: UTF8.self) + "\n"
        try WholeFile.write(text, to: keyFile(data: data), durable: true)
    }

    private static func makeFolder(_ data: String) throws(SystemFault) {
        if mkdir("\(data)/risk", 0o700) != 0, errno != EEXIST { throw SystemFault("make \(data)/risk", code: errno) }
    }
}
