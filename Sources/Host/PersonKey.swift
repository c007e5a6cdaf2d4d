public import Contracts
import Glibc

/// The key by which a person proves an answer: of a file, or of a token that only its owner knows.
///
/// A token never travels: from it a key is made, and that signs. So both kinds of proof are signatures; the kind says where
/// the key came from.
public struct PersonKey: Sendable {
    private let key: SigningKey
    private let kind: Approval.Proof.Kind

    /// The public half, as people.yaml has it.
    public var publicText: String { String(decoding: Base64.encode(key.publicKey), as: UTF8.self) }

    /// That of a seed of 32 bytes.
    public init(seed: [UInt8]) throws(SystemFault) {
        key = try SigningKey(seed: seed)
        kind = .signature
    }

    /// That of a token.
    public init(token: String) throws(SystemFault) {
        key = try SigningKey(seed: Digest("kintsugi person 1", of: Array(token.utf8)).bytes)
        kind = .token
    }

    /// That of a key file.
    public init(file: String) throws(SystemFault) {
        guard let text = ProcessFiles.text(file) else { throw SystemFault("read \(file)", code: ENOENT) }
        guard let seed = Base64.decode(Array(text.utf8.prefix { $0 != UInt8(ascii: "\n") })) else {
            throw SystemFault("read \(file), expected 32 bytes in base64", code: EINVAL)
        }
        try self.init(seed: seed)
    }

    /// Makes a key and keeps it in a file of its owner's alone.
    public static func make(file: String) throws(SystemFault) -> PersonKey {
        let key = try SigningKey.make()
        let text = String(decoding: Base64.encode(key.seed), as: UTF8.self) + "\n"
        try WholeFile.write(text, to: file, durable: true)
        return try PersonKey(seed: key.seed)
    }

    /// A grant for a session's key, with this person's word.
    public func signed(_ grant: SessionGrant) -> SessionGrant {
        var grant = grant
        grant.signature = key.sign(grant.statement)
        return grant
    }

    /// The answer with the proof that it is this person's.
    public func signed(_ answer: Approval) -> Approval {
        var answer = answer
        let signature = key.sign(answer.statement)
        answer.proof = Approval.Proof(kind, kind == .token ? key.publicKey + signature : signature)
        return answer
    }
}

/// The person who may read this cluster's data directory, so that a laptop works without accounts. The key is made at the
/// first start and kept; its public half stands in a file of the same form as the configuration's.
public enum LocalPerson {
    public static let name = "operator"

    /// The file with the public key, for Risk.
    public static func file(data: String) -> String { "\(data)/people.yaml" }
    /// The file with the key itself, for this user's own commands.
    public static func keyFile(data: String) -> String { "\(data)/people/\(name).key" }

    /// Makes what is missing; a crash in between leaves something missing, and it is made at the next start.
    public static func ensure(data: String) throws(SystemFault) {
        guard access(keyFile(data: data), R_OK) != 0 || access(file(data: data), R_OK) != 0 else { return }
        if mkdir("\(data)/people", 0o700) != 0, errno != EEXIST {
            throw SystemFault("make \(data)/people", code: errno)
        }
        let key: PersonKey
        if access(keyFile(data: data), R_OK) == 0 {
            key = try PersonKey(file: keyFile(data: data))
        } else {
            key = try PersonKey.make(file: keyFile(data: data))
        }
        try WholeFile.write(
            """
            # This host's user, made at the first start; the key itself is in people/\(name).key.
            version: 1
            people:
              - name: \(name)
                roles: [admin]
                keys: ["\(key.publicText)"]

            """, to: file(data: data), durable: true)
    }
}
