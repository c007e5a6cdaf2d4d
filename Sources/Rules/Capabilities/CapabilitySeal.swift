public import Contracts

/// A public key, and whose signatures it checks.
public struct IssuerKey: Codable, Sendable, Equatable {
    /// The role that signs with it, as `Capability.issuer`.
    public var issuer: String
    public var publicKey: [UInt8]

    public init(issuer: String, publicKey: [UInt8]) {
        self.issuer = issuer
        self.publicKey = publicKey
    }

    /// What a capability calls the key by which it was signed.
    public var name: Digest { Digest("kintsugi key 1", of: publicKey) }
}

/// The one way to write a capability down, and to read it again.
///
///     signed  = list(2): data(message), data(64 bytes of Ed25519 over message)
///     message = list(16): text("kintsugi capability 1"), data(name of the key),
///               text(id), text(issuer), text(incident), generation, data(plan), step, data(state),
///               text(action), text(door), text(target), data(order), text(grounds), issued, expires
///
/// All in packed bytes, counts in their shortest form. What reads otherwise than it would be written is refused: for each
/// capability there is one row of bytes, and no other says the same.
public enum CapabilitySeal {
    /// Ed25519 signatures have so many bytes.
    public static let signatureLength = 64
    /// More bytes are no capability.
    public static let mostBytes = 4_096
    static let version = "kintsugi capability 1"

    /// Signs a capability; nil when it would be longer than anyone reads, or when signing gave no signature.
    public static func seal(
        _ capability: Capability, key: Digest, sign: ([UInt8]) -> [UInt8]
    ) -> SignedCapability? {
        let message = message(capability, key: key)
        let signature = sign(message)
        let bytes = written(message, signature)
        guard signature.count == signatureLength, bytes.count <= mostBytes else { return nil }
        return SignedCapability(bytes: bytes)
    }

    /// What was read, before anything is believed of it.
    struct Opened: Equatable {
        var capability: Capability
        var key: Digest
        var message: [UInt8]
        var signature: [UInt8]
    }

    /// Nil for all that `seal` could not have written.
    static func open(_ signed: SignedCapability) -> Opened? {
        guard signed.bytes.count <= mostBytes else { return nil }
        var outer = CapabilityReader(signed.bytes)
        guard outer.list(2), let message = outer.data(), let signature = outer.data(), outer.isAtEnd,
            signature.count == signatureLength
        else { return nil }
        guard let (capability, key) = read(message) else { return nil }
        // One spelling for each: the same capability in other bytes would be a second use of the first.
        guard self.message(capability, key: key) == message, written(message, signature) == signed.bytes else {
            return nil
        }
        return Opened(capability: capability, key: key, message: message, signature: signature)
    }

    private static func written(_ message: [UInt8], _ signature: [UInt8]) -> [UInt8] {
        var writer = PackedWriter(capacity: message.count + 80)
        writer.list(count: 2)
        writer.data(message)
        writer.data(signature)
        return writer.bytes
    }

    private static func message(_ capability: Capability, key: Digest) -> [UInt8] {
        var writer = PackedWriter(capacity: 512)
        writer.list(count: 16)
        writer.text(version)
        writer.data(key.bytes)
        writer.text(capability.id.description)
        writer.text(capability.issuer)
        writer.text(capability.incident)
        writer.signed(Int64(capability.generation))
        writer.data(capability.plan.bytes)
        writer.signed(Int64(capability.step))
        writer.data(capability.state.bytes)
        writer.text(capability.action.rawValue)
        writer.text(capability.door)
        writer.text(capability.target)
        writer.data(capability.order.bytes)
        writer.text(capability.grounds.rawValue)
        writer.signed(capability.issued)
        writer.signed(capability.expires)
        return writer.bytes
    }

    private static func read(_ message: [UInt8]) -> (Capability, key: Digest)? {
        var reader = CapabilityReader(message)
        guard reader.list(16), reader.text() == version, let key = reader.digest(),
            let id = reader.text().flatMap({ UUID($0) }), let issuer = reader.text(), let incident = reader.text(),
            let generation = reader.number(), let plan = reader.digest(), let step = reader.number(),
            let state = reader.digest(), let action = reader.text().flatMap(ActionClass.init(rawValue:)),
            let door = reader.text(), let target = reader.text(), let order = reader.digest(),
            let grounds = reader.text().flatMap(Capability.Grounds.init(rawValue:)), let issued = reader.number(),
            let expires = reader.number(), reader.isAtEnd
        else { return nil }
        var capability = Capability(
            id: id, issuer: issuer, incident: incident, generation: Int(generation), plan: plan, step: Int(step),
            state: state, order: ActionOrder(action, door: door, target: target), grounds: grounds, issued: issued,
            expires: expires)
        capability.order = order
        return (capability, key)
    }
}

/// Reads packed items one after the other; each length is checked before it is believed.
struct CapabilityReader {
    private let bytes: [UInt8]
    private var at = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { at == bytes.count }

    mutating func list(_ count: UInt64) -> Bool { head(4) == count }

    mutating func data() -> [UInt8]? { content(2) }

    mutating func text() -> String? { content(3).flatMap { String(validating: $0, as: UTF8.self) } }

    mutating func digest() -> Digest? { data().flatMap { Digest(bytes: $0) } }

    mutating func number() -> Int64? {
        guard at < bytes.count else { return nil }
        switch bytes[at] >> 5 {
        case 0: return head(0).flatMap { Int64(exactly: $0) }
        case 1: return head(1).flatMap { Int64(exactly: $0) }.map { ~$0 }
        default: return nil
        }
    }

    private mutating func content(_ major: UInt8) -> [UInt8]? {
        guard let count = head(major), count <= UInt64(bytes.count - at) else { return nil }
        defer { at += Int(count) }
        return Array(bytes[at..<at + Int(count)])
    }

    /// The count of an item of that kind; nil for another kind, or where the bytes end.
    private mutating func head(_ major: UInt8) -> UInt64? {
        guard at < bytes.count, bytes[at] >> 5 == major else { return nil }
        let info = bytes[at] & 0x1F
        if info < 24 {
            at += 1
            return UInt64(info)
        }
        guard info < 28 else { return nil }
        let width = 1 << Int(info - 24)
        guard bytes.count - at > width else { return nil }
        let count = bytes[at + 1...at + width].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        at += 1 + width
        return count
    }
}
