/// Appends CBOR items to a growing buffer.
public struct PackedWriter: Sendable {
    public private(set) var bytes: [UInt8] = []

    public init(capacity: Int = 128) { bytes.reserveCapacity(capacity) }

    /// An initial byte of a major type with its count in the shortest form.
    @inline(__always)
    mutating func head(_ major: UInt8, _ count: UInt64) {
        let top = major << 5
        if count < 24 {
            bytes.append(top | UInt8(truncatingIfNeeded: count))
        } else if count <= 0xFF {
            bytes.append(top | 24)
            bytes.append(UInt8(truncatingIfNeeded: count))
        } else if count <= 0xFFFF {
            bytes.append(top | 25)
            big(UInt16(truncatingIfNeeded: count))
        } else if count <= 0xFFFF_FFFF {
            bytes.append(top | 26)
            big(UInt32(truncatingIfNeeded: count))
        } else {
            bytes.append(top | 27)
            big(count)
        }
    }

    @inline(__always)
    private mutating func big<Value: FixedWidthInteger>(_ value: Value) {
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    public mutating func null() { bytes.append(0xF6) }
    public mutating func bool(_ value: Bool) { bytes.append(value ? 0xF5 : 0xF4) }
    public mutating func unsigned(_ value: UInt64) { head(0, value) }
    public mutating func signed(_ value: Int64) {
        // -1 - n is the complement of n in two's complement.
        if value >= 0 { head(0, UInt64(value)) } else { head(1, UInt64(bitPattern: ~value)) }
    }
    public mutating func double(_ value: Double) {
        bytes.append(0xFB)
        big(value.bitPattern)
    }
    public mutating func float(_ value: Float) {
        bytes.append(0xFA)
        big(value.bitPattern)
    }
    public mutating func text(_ value: String) {
        var value = value
        value.withUTF8 { utf8 in
            head(3, UInt64(utf8.count))
            bytes.append(contentsOf: utf8)
        }
    }
    public mutating func data(_ value: [UInt8]) {
        head(2, UInt64(value.count))
        bytes.append(contentsOf: value)
    }
    /// The start of a list of a known length.
    public mutating func list(count: Int) { head(4, UInt64(count)) }
    /// The start of a map of a known length.
    public mutating func map(count: Int) { head(5, UInt64(count)) }
    /// An item that is packed already.
    public mutating func raw(_ item: [UInt8]) { bytes.append(contentsOf: item) }

    /// A map whose number of entries is not known yet: the place of its two-byte count, for `countOne`.
    mutating func openMap() -> Int {
        bytes.append(0xB9)
        bytes.append(0)
        bytes.append(0)
        return bytes.count - 2
    }
    /// A list whose number of elements is not known yet: the place of its four-byte count.
    mutating func openList() -> Int {
        bytes.append(0x9A)
        for _ in 0..<4 { bytes.append(0) }
        return bytes.count - 4
    }
    mutating func countEntry(_ place: Int) throws {
        let (low, carry) = bytes[place + 1].addingReportingOverflow(1)
        bytes[place + 1] = low
        guard carry else { return }
        guard bytes[place] < 0xFF else { throw PackedError.tooMany }
        bytes[place] += 1
    }
    mutating func countElement(_ place: Int) throws {
        for offset in stride(from: place + 3, through: place, by: -1) {
            let (byte, carry) = bytes[offset].addingReportingOverflow(1)
            bytes[offset] = byte
            if !carry { return }
        }
        throw PackedError.tooMany
    }
}
