/// A person's word that a key may speak for them for a while: what stands behind a session in a browser.
///
/// The person's own key signs it, so that nobody who serves the session can speak for the person.
public struct SessionGrant: Codable, Sendable, Equatable {
    public var person: String
    /// The session's own Ed25519 public key, 32 bytes.
    public var publicKey: [UInt8]
    /// Nanoseconds since 1970.
    public var issued: Int64
    public var expires: Int64
    /// Tells two grants apart; one is begun with once.
    public var nonce: [UInt8]
    /// Ed25519 over the statement, by one of the person's keys.
    public var signature: [UInt8]

    /// A session lasts at most so long: twelve hours.
    public static let longest = Int64(12 * 3_600) * 1_000_000_000

    public init(
        person: String, publicKey: [UInt8], issued: Int64, expires: Int64, nonce: [UInt8], signature: [UInt8] = []
    ) {
        self.person = person
        self.publicKey = publicKey
        self.issued = issued
        self.expires = expires
        self.nonce = nonce
        self.signature = signature
    }

    /// What the person's key signs: everything but the signature.
    public var statement: [UInt8] {
        var writer = PackedWriter(capacity: 160)
        writer.list(count: 6)
        writer.text("kintsugi session 1")
        writer.text(person)
        writer.data(publicKey)
        writer.signed(issued)
        writer.signed(expires)
        writer.data(nonce)
        return writer.bytes
    }

    /// Names it without showing it.
    public var digest: Digest { Digest("kintsugi session grant 1", of: statement + signature) }

    /// Whether it can be one at all, and holds at that time.
    public func holds(at now: Int64) -> Bool {
        publicKey.count == 32 && signature.count == 64 && nonce.count == 16 && expires > issued
            && expires.subtractingReportingOverflow(issued).partialValue <= Self.longest && issued <= now
            && now < expires
    }
}

/// An answer's proof out of a session: the person's word for the session's key, and that key's signature over the answer.
public struct SessionProof: Codable, Sendable, Equatable {
    public var grant: SessionGrant
    public var signature: [UInt8]

    public init(grant: SessionGrant, signature: [UInt8]) {
        self.grant = grant
        self.signature = signature
    }
}
