/// Percent encoding (RFC 3986), undone strictly.
enum Percent {
    /// nil for a percent sign without two digits, for what is not UTF-8, and for NUL.
    static func decode(_ bytes: some Collection<UInt8>, plusIsSpace: Bool = false) -> [UInt8]? {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var iterator = bytes.makeIterator()
        while let byte = iterator.next() {
            if byte == UInt8(ascii: "%") {
                guard let high = iterator.next().flatMap(hexadecimalDigit),
                    let low = iterator.next().flatMap(hexadecimalDigit)
                else { return nil }
                result.append(high << 4 | low)
            } else {
                result.append(plusIsSpace && byte == UInt8(ascii: "+") ? 0x20 : byte)
            }
        }
        return result.withUnsafeBufferPointer { UTF8Check.passes($0) && !$0.contains(0) } ? result : nil
    }
}
