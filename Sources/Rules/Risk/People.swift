public import Contracts

/// Somebody who may answer for plans.
public struct Person: Sendable, Equatable {
    public enum Role: String, Sendable, Equatable, CaseIterable {
        /// May look at everything.
        case viewer
        /// May work on incidents, too: see to them, silence, create, and break things on purpose.
        case `operator`
        /// May agree to plans and merge, too.
        case approver
        /// May do everything.
        case admin
    }

    public var name: String
    public var roles: [Role]
    /// Ed25519 public keys, 32 bytes each.
    public var publicKeys: [[UInt8]]

    public var mayApprove: Bool { roles.contains { $0 == .approver || $0 == .admin } }

    public init(_ name: String, roles: [Role], publicKeys: [[UInt8]]) {
        self.name = name
        self.roles = roles
        self.publicKeys = publicKeys
    }
}

extension Person {
    /// Whether one of the person's keys has signed a grant.
    public func vouches(
        for grant: SessionGrant, verify: (_ message: [UInt8], _ signature: [UInt8], _ publicKey: [UInt8]) -> Bool
    ) -> Bool {
        grant.person == name && publicKeys.contains { verify(grant.statement, grant.signature, $0) }
    }
}

/// Why nobody is proved by a proof.
public enum ProofFault: Error, Sendable, Equatable, CustomStringConvertible {
    case unknownPerson(String)
    case malformed
    /// The session is over, has not begun, or is somebody else's.
    case otherSession
    /// The key is not one of that person's.
    case otherKey(String)
    case wrongSignature(String)

    public var description: String {
        switch self {
        case .unknownPerson(let name): "expected a person of people.yaml, found \"\(name)\""
        case .malformed:
            "expected a proof of 64 bytes, a key of 32 and 64 bytes, or a session's word; found something else"
        case .otherSession: "expected a session of this person that holds when the answer is given, found another"
        case .otherKey(let name): "expected a key of \(name)'s, found another"
        case .wrongSignature(let name): "expected \(name)'s signature over this very answer, found another"
        }
    }
}

/// Everybody whom a proof may prove.
public struct People: Sendable, Equatable {
    public var persons: [Person]

    public init(_ persons: [Person] = []) { self.persons = persons }

    /// Checks the proof that comes with an answer:
    ///
    /// | kind | bytes | proves the person when |
    /// |---|---|---|
    /// | `signature` | 64 of Ed25519 over the answer's statement | one of the person's keys made it |
    /// | `token` | a public key of 32, then such a signature | the key is one of the person's, and made it |
    /// | `session` | a `SessionProof` | one of the person's keys made the grant, it holds when the answer is given, and its key signed |
    public func prove(
        _ answer: Approval, verify: (_ message: [UInt8], _ signature: [UInt8], _ publicKey: [UInt8]) -> Bool
    ) throws(ProofFault) -> ProvedIdentity {
        guard let person = persons.first(where: { $0.name == answer.person }) else {
            throw .unknownPerson(answer.person)
        }
        let bytes = answer.proof.bytes
        switch answer.proof.kind {
        case .session:
            guard let proof = try? Packed.decode(SessionProof.self, from: bytes), proof.signature.count == 64 else {
                throw .malformed
            }
            guard proof.grant.person == person.name, proof.grant.holds(at: answer.given) else { throw .otherSession }
            guard person.vouches(for: proof.grant, verify: verify),
                verify(answer.statement, proof.signature, proof.grant.publicKey)
            else { throw .wrongSignature(person.name) }
        case .signature:
            guard bytes.count == 64 else { throw .malformed }
            guard person.publicKeys.contains(where: { verify(answer.statement, bytes, $0) }) else {
                throw .wrongSignature(person.name)
            }
        case .token:
            guard bytes.count == 96 else { throw .malformed }
            let key = Array(bytes.prefix(32))
            guard person.publicKeys.contains(key) else { throw .otherKey(person.name) }
            guard verify(answer.statement, Array(bytes.suffix(64)), key) else { throw .wrongSignature(person.name) }
        }
        return ProvedIdentity(.person, person.name, mayApprove: person.mayApprove)
    }
}
