import CSodium

/// HMAC-SHA256, and what compares without telling how far it came.
enum Seal {
    static func sign(_ parts: [[UInt8]], _ secret: [UInt8]) -> [UInt8] {
        var state = crypto_auth_hmacsha256_state()
        var signature = [UInt8](repeating: 0, count: Int(crypto_auth_hmacsha256_BYTES))
        crypto_auth_hmacsha256_init(&state, secret, secret.count)
        for part in parts { crypto_auth_hmacsha256_update(&state, part, UInt64(part.count)) }
        crypto_auth_hmacsha256_final(&state, &signature)
        return signature
    }

    static func isSame(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && sodium_memcmp(left, right, left.count) == 0
    }

    static func hexadecimal(_ bytes: [UInt8]) -> String {
        let letters = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [letters[Int($0 >> 4)], letters[Int($0 & 15)]] }, as: UTF8.self)
    }
}
