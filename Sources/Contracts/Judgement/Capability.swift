/// The permission for one step of one plan, made for one state, to be used once and soon.
public struct Capability: Codable, Sendable, Equatable {
    /// Why it was given.
    public enum Grounds: String, Codable, Sendable, Equatable, CaseIterable {
        /// By the policy alone.
        case policy
        /// Because people agreed.
        case approval
    }

    public var id: UUID
    /// Who gave it: the role that signs.
    public var issuer: String
    public var incident: String
    public var generation: Int
    /// The hash of the exact plan, and which of its steps, from 0.
    public var plan: Digest
    public var step: Int
    /// The hash of the state that the door must see when the step's turn comes.
    public var state: Digest
    /// What may be done, where and to whom; `order` is the digest of all of it.
    public var action: ActionClass
    public var door: String
    public var target: String
    public var order: Digest
    public var grounds: Grounds
    /// Nanoseconds since 1970; it may be used before `expires`.
    public var issued: Int64
    public var expires: Int64

    public init(
        id: UUID, issuer: String, incident: String, generation: Int, plan: Digest, step: Int, state: Digest,
        order: ActionOrder, grounds: Grounds, issued: Int64, expires: Int64
    ) {
        self.id = id
        self.issuer = issuer
        self.incident = incident
        self.generation = generation
        self.plan = plan
        self.step = step
        self.state = state
        self.action = order.action
        self.door = order.door
        self.target = order.target
        self.order = order.digest
        self.grounds = grounds
        self.issued = issued
        self.expires = expires
    }
}

/// A capability as it travels: the exact bytes that were signed, and the signature.
public struct SignedCapability: Codable, Sendable, Equatable {
    public var bytes: [UInt8]

    public init(bytes: [UInt8]) { self.bytes = bytes }

    /// As text: base64, for headers and people.
    public var text: String { String(decoding: Base64.encode(bytes), as: UTF8.self) }

    /// Nil for anything but base64.
    public init?(text: String) {
        guard let bytes = Base64.decode(Array(text.utf8)) else { return nil }
        self.bytes = bytes
    }
}
