import Glibc

/// The API key of whoever may read this cluster's data directory, so that a newcomer can place an order at once.
///
/// It is made at the first start and kept. Its hash stands in a file of the same form as the configuration's.
public enum LocalKey {
    /// The file with the hash, for the services.
    public static func file(data: String) -> String { "\(data)/keys/local.yaml" }
    /// The file with the key itself, for this user's own commands.
    public static func secretFile(data: String) -> String { "\(data)/keys/local.key" }

    /// The key; nil where no cluster was ever started there.
    public static func read(data: String) -> String? {
        ProcessFiles.text(secretFile(data: data)).map { String($0.prefix { !$0.isWhitespace }) }
    }

    /// Whether the key or its hash is missing.
    public static func isMissing(data: String) -> Bool {
        read(data: data) == nil || access(file(data: data), R_OK) != 0
    }

    /// Keeps a new key, its hash first: a crash between the two leaves the key missing, and another is made.
    public static func keep(_ key: String, hash: String, data: String) throws(SystemFault) {
        if mkdir("\(data)/keys", 0o700) != 0, errno != EEXIST { throw SystemFault("make \(data)/keys", code: errno) }
        // Whoever has the key file has the folder, and could do as much without it: no rate stands in the way.
        try WholeFile.write(
            """
            # The key of this host's user, made at the first start; the key itself is in local.key beside it.
            version: 1
            keys:
              - name: local
                hash: "\(hash)"
                roles: [customer, operator]
                rate: 1000000
                burst: 1000000

            """, to: file(data: data), durable: true)
        try WholeFile.write("\(key)\n", to: secretFile(data: data), durable: true)
    }
}
