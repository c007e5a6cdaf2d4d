import Glibc

/// The API key of whoever may read this cluster's data directory, so that a newcomer can place an order at once.
///
/// It is made at the first start and kept. Its hash stands in a file of the same form as the configuration's.
///
/// A service that asks another one has a key of its own, made in the same way, so that it can be revoked without all others.
public enum LocalKey {
    /// Whose keys there are: this host's user, and the orders service at the simulated carrier.
    public static let names = ["local", "orders"]

    /// The file with the hash, for the services.
    public static func file(data: String, of name: String = "local") -> String { "\(data)/keys/\(name).yaml" }
    /// The file with the key itself, for this user's own commands.
    public static func secretFile(data: String, of name: String = "local") -> String { "\(data)/keys/\(name).key" }

    /// The key; nil where no cluster was ever started there.
    public static func read(data: String, of name: String = "local") -> String? {
        ProcessFiles.text(secretFile(data: data, of: name)).map { String($0.prefix { !$0.isWhitespace }) }
    }

    /// Whether the key or its hash is missing.
    public static func isMissing(data: String, of name: String = "local") -> Bool {
        read(data: data, of: name) == nil || access(file(data: data, of: name), R_OK) != 0
    }

    /// Keeps a new key, its hash first: a crash between the two leaves the key missing, and another is made.
    public static func keep(_ key: String, hash: String, data: String, of name: String = "local") throws(SystemFault) {
        if mkdir("\(data)/keys", 0o700) != 0, errno != EEXIST { throw SystemFault("make \(data)/keys", code: errno) }
        let whose = name == "local" ? "this host's user" : "the service \(name)"
        let roles = name == "local" ? "customer, operator, admin" : "customer"
        // Whoever has the key file has the folder, and could do as much without it: no rate stands in the way.
        try WholeFile.write(
            """
            # The key of \(whose), made at the first start; the key itself is in \(name).key beside it.
            version: 1
            keys:
              - name: \(name)
                hash: "\(hash)"
                roles: [\(roles)]
                rate: 1000000
                burst: 1000000

            """, to: file(data: data, of: name), durable: true)
        try WholeFile.write("\(key)\n", to: secretFile(data: data, of: name), durable: true)
    }
}
