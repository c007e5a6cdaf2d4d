import CSodium
public import Settings

/// Who a request comes from, by its key.
public struct Caller: Sendable, Equatable {
    public let name: String
    public let roles: [String]

    /// Whether it has one of these roles.
    public func isOne(of wanted: [String]) -> Bool { roles.contains(where: wanted.contains) }
}

/// The keys that callers may show, as hashes: who reads the file learns none.
///
/// A key is 32 random bytes as 43 characters of base64url without padding. Its hash is the BLAKE2b-256 of these
/// characters, as 64 hexadecimal digits.
public struct Keyring: Sendable {
    static let keyLength = 43
    private static let hashLength = 32

    struct Entry: Sendable {
        let caller: Caller
        let hash: [UInt8]
        let rate: Int
        let burst: Int
    }

    let entries: [Entry]

    /// No key opens anything.
    public static let empty = Keyring(entries: [])

    /// Reads files of `keys: [{name, hash, roles, rate, burst}]` and `revoked: {name: why}`. What one file revokes opens
    /// nothing, whichever file has it.
    public init(files: [String]) throws(ConfigurationError) {
        try self.init(documents: files.map { (path) throws(ConfigurationError) in try Document(path: path) })
    }

    /// Reads one document.
    public init(_ document: Document) throws(ConfigurationError) { try self.init(documents: [document]) }

    private init(documents: [Document]) throws(ConfigurationError) {
        var entries: [Entry] = []
        var revoked: [String] = []
        for document in documents {
            let found = try Self.read(document, after: entries)
            entries += found.entries
            revoked += found.revoked
        }
        self.entries = entries.filter { !revoked.contains($0.caller.name) }
    }

    private init(entries: [Entry]) { self.entries = entries }

    private static func read(
        _ document: Document, after earlier: [Entry]
    ) throws(ConfigurationError) -> (entries: [Entry], revoked: [String]) {
        try document.read { root in
            _ = root.required("version", .wholeNumber(in: 1...1))
            var known = earlier
            // Nothing stands there until somebody revokes one.
            let isEmpty = root.kind(of: "revoked") == .nothing
            let revoked = isEmpty ? [] : root.map("revoked", of: .text(length: 1...200)).map(\.name)
            let entries = root.sections("keys") { section in
                let caller = Caller(
                    name: section.required("name", .name), roles: section.list("roles", of: .name))
                let entry = Entry(
                    caller: caller, hash: section.required("hash", .keyHash),
                    rate: section.value("rate", .wholeNumber(in: 1...1_000_000), otherwise: 100),
                    burst: section.value("burst", .wholeNumber(in: 1...1_000_000), otherwise: 200))
                if known.contains(where: { $0.hash == entry.hash }) {
                    section.refuse("hash", "expected a key that nobody else has, found one a second time")
                }
                if known.contains(where: { $0.caller.name == caller.name }) {
                    section.refuse("name", "expected a name that no other key has, found \(caller.name) again")
                }
                known.append(entry)
                return entry
            }
            return (entries, revoked)
        }
    }

    /// Whose key it is; nil where it is nobody's.
    public func caller(of key: String) -> Caller? { place(of: Array(key.utf8)).map { entries[$0].caller } }

    /// The place of the key that was shown; takes as long whichever it is.
    func place(of key: [UInt8]) -> Int? {
        guard key.count == Self.keyLength else { return nil }
        let hash = Self.hash(of: key)
        var found: Int?
        for (index, entry) in entries.enumerated() where sodium_memcmp(hash, entry.hash, Self.hashLength) == 0 {
            found = index
        }
        return found
    }

    private static func hash(of key: [UInt8]) -> [UInt8] {
        var hash = [UInt8](repeating: 0, count: hashLength)
        _ = crypto_generichash(&hash, hashLength, key, UInt64(key.count), nil, 0)
        return hash
    }

    /// The hash of a key, as the file has it.
    public static func hash(of key: String) -> String {
        hash(of: Array(key.utf8)).map { byte in
            let digits = String(byte, radix: 16)
            return byte < 16 ? "0" + digits : digits
        }.joined()
    }

    /// A new key for its owner, and its hash for the file.
    public static func makeKey() -> (key: String, hash: String) {
        var chance = SystemRandomNumberGenerator()
        let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &chance) }
        var text = [CChar](repeating: 0, count: keyLength + 1)
        sodium_bin2base64(
            &text, text.count, bytes, bytes.count, Int32(sodium_base64_VARIANT_URLSAFE_NO_PADDING))
        let key = String(decoding: text.prefix(keyLength).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return (key, hash(of: key))
    }
}

/// Takes as long wherever they differ.
func equalInConstantTime(_ one: [UInt8], _ other: [UInt8]) -> Bool {
    one.count == other.count && sodium_memcmp(one, other, one.count) == 0
}

extension Scalar where Value == [UInt8] {
    /// 64 hexadecimal digits.
    fileprivate static var keyHash: Self {
        Self(
            expected: "the BLAKE2b-256 of a key as 64 hexadecimal digits",
            standIn: [UInt8](repeating: 0, count: 32)
        ) { text in
            let digits = text.utf8.compactMap(hexadecimalDigit)
            guard digits.count == 64, text.utf8.count == 64 else { return nil }
            return (0..<32).map { digits[2 * $0] << 4 | digits[2 * $0 + 1] }
        }
    }
}
