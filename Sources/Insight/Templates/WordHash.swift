/// The hash of a word: the same in every process, eight bytes at a time.
enum WordHash {
    private static let factor: UInt64 = 0x9E37_79B9_7F4A_7C15

    static func mixed(_ hash: UInt64, _ word: UInt64) -> UInt64 {
        let product = (hash ^ word).multipliedFullWidth(by: factor)
        return product.high ^ product.low
    }

    static func of(_ byte: UInt8) -> UInt64 { mixed(factor, UInt64(byte)) | 2 }

    /// Never that of a variable.
    static func of(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> UInt64 {
        guard end - start != 1 else { return of(bytes[start]) }
        var hash = UInt64(truncatingIfNeeded: end - start) &+ factor
        var at = start
        let raw = UnsafeRawBufferPointer(bytes)
        while end - at >= 8 {
            hash = mixed(hash, raw.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            at += 8
        }
        guard at < end else { return hash | 2 }
        var rest: UInt64 = 0
        if at + 8 <= bytes.count {
            rest = raw.loadUnaligned(fromByteOffset: at, as: UInt64.self) & (~0 >> UInt64(64 - 8 * (end - at)))
        } else {
            for index in at..<end { rest |= UInt64(bytes[index]) << UInt64(8 * (index - at)) }
        }
        return mixed(hash, rest) | 2
    }

    static func of(_ word: String) -> UInt64 {
        Array(word.utf8).withUnsafeBufferPointer { of($0, 0, $0.count) }
    }

    /// What may stand between variables that are taken for one.
    static let separators: [UInt64] = ",:#|;".utf8.map { of($0) }
}
