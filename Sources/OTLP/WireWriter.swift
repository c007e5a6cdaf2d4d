/// Writes the wire format of protobuf.
struct WireWriter {
    private(set) var bytes: [UInt8] = []

    private mutating func tag(_ number: Int, _ kind: WireField.Kind) {
        raw(varint: UInt64(number) << 3 | UInt64(kind.rawValue))
    }
    private mutating func raw(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
    private mutating func raw(fixed64 value: UInt64) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func varint(_ number: Int, _ value: UInt64) {
        tag(number, .varint)
        raw(varint: value)
    }
    mutating func zigzag(_ number: Int, _ value: Int32) {
        varint(number, UInt64(UInt32(bitPattern: value << 1 ^ value >> 31)))
    }
    mutating func fixed64(_ number: Int, _ value: UInt64) {
        tag(number, .fixed64)
        raw(fixed64: value)
    }
    mutating func fixed32(_ number: Int, _ value: UInt32) {
        tag(number, .fixed32)
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }
    mutating func double(_ number: Int, _ value: Double) { fixed64(number, value.bitPattern) }
    mutating func data(_ number: Int, _ value: some Collection<UInt8>) {
        tag(number, .bytes)
        raw(varint: UInt64(value.count))
        bytes.append(contentsOf: value)
    }
    mutating func text(_ number: Int, _ value: String) { data(number, value.utf8) }
    /// Text, left out when it is empty, as proto3 does.
    mutating func text(unlessEmpty value: String, _ number: Int) {
        if !value.isEmpty { text(number, value) }
    }
    /// A number, left out when it is zero, as proto3 does.
    mutating func varint(unlessZero value: UInt64, _ number: Int) {
        if value != 0 { varint(number, value) }
    }
    mutating func message<Failure: Error>(
        _ number: Int, _ write: (inout WireWriter) throws(Failure) -> Void
    ) throws(Failure) {
        var inner = WireWriter()
        try write(&inner)
        data(number, inner.bytes)
    }
    mutating func packed(fixed64 values: [UInt64], _ number: Int) {
        guard !values.isEmpty else { return }
        var inner = WireWriter()
        for value in values { inner.raw(fixed64: value) }
        data(number, inner.bytes)
    }
    mutating func packed(varint values: [UInt64], _ number: Int) {
        guard !values.isEmpty else { return }
        var inner = WireWriter()
        for value in values { inner.raw(varint: value) }
        data(number, inner.bytes)
    }
}
