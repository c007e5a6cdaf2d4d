import CSodium
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

    /// Makes the key where there is none.
    public static func make(data: String) throws(SystemFault) {
        guard read(data: data) == nil || access(file(data: data), R_OK) != 0 else { return }
        if mkdir("\(data)/keys", 0o700) != 0, errno != EEXIST { throw SystemFault("make \(data)/keys", code: errno) }
        var bytes = [UInt8](repeating: 0, count: 32)
        randombytes_buf(&bytes, bytes.count)
        var text = [CChar](repeating: 0, count: 64)
        sodium_bin2base64(&text, text.count, bytes, bytes.count, Int32(sodium_base64_VARIANT_URLSAFE_NO_PADDING))
        let key = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let letters = Array(key.utf8)
        var hash = [UInt8](repeating: 0, count: 32)
        crypto_generichash(&hash, hash.count, letters, UInt64(letters.count), nil, 0)
        let digits = hash.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        // Whoever has the key file has the folder, and could do as much without it: no rate stands in the way.
        try WholeFile.write(
            """
            # The key of this host's user, made at the first start; the key itself is in local.key beside it.
            version: 1
            keys:
              - name: local
                hash: "\(digits)"
                roles: [customer, operator]
                rate: 1000000
                burst: 1000000

            """, to: file(data: data), durable: true)
        try WholeFile.write("\(key)\n", to: secretFile(data: data), durable: true)
    }
}
