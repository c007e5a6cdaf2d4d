/// The number of a field and how it is written.
struct WireField {
    enum Kind: UInt8 { case varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 }
    let number: Int
    let kind: Kind
}

/// Reads the wire format of protobuf; no bytes make it trap or read beyond its end. It must not outlive its bytes.
struct WireReader {
    private let bytes: UnsafeRawBufferPointer
    private let end: Int
    private var at: Int

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        at = 0
        end = bytes.count
    }
    private init(_ bytes: UnsafeRawBufferPointer, from: Int, to: Int) {
        self.bytes = bytes
        at = from
        end = to
    }

    var isAtEnd: Bool { at >= end }
    var remaining: Int { end - at }

    func fault(_ expected: String) -> OTLPRefusal { .malformed(expected: expected, at: at) }

    /// The next field; nil at the end.
    mutating func field() throws(OTLPRefusal) -> WireField? {
        guard at < end else { return nil }
        let start = at
        let tag = try varint()
        guard tag >> 3 > 0, tag >> 3 < 1 << 29 else {
            throw .malformed(expected: "a field number from 1 to 536870911", at: start)
        }
        guard let kind = WireField.Kind(rawValue: UInt8(tag & 7)) else {
            throw .malformed(expected: "a varint, fixed or length-delimited field (groups are refused)", at: start)
        }
        return WireField(number: Int(tag >> 3), kind: kind)
    }

    mutating func varint() throws(OTLPRefusal) -> UInt64 {
        if at < end, bytes[at] < 0x80 {
            at += 1
            return UInt64(bytes[at - 1])
        }
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while at < end, shift < 70 {
            let byte = bytes[at]
            at += 1
            value |= shift < 64 ? UInt64(byte & 0x7F) << shift : 0
            if byte < 0x80 { return value }
            shift += 7
        }
        throw fault("a varint of at most ten bytes")
    }

    mutating func fixed64() throws(OTLPRefusal) -> UInt64 {
        guard end - at >= 8 else { throw fault("eight bytes") }
        at += 8
        return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at - 8, as: UInt64.self))
    }
    mutating func fixed32() throws(OTLPRefusal) -> UInt32 {
        guard end - at >= 4 else { throw fault("four bytes") }
        at += 4
        return UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at - 4, as: UInt32.self))
    }
    private mutating func range() throws(OTLPRefusal) -> Range<Int> {
        let length = try varint()
        guard length <= UInt64(end - at) else { throw fault("\(length) bytes, of which \(end - at) are left") }
        let start = at
        at += Int(length)
        return start..<at
    }

    mutating func skip(_ field: WireField) throws(OTLPRefusal) {
        switch field.kind {
        case .varint: _ = try varint()
        case .fixed64: _ = try fixed64()
        case .fixed32: _ = try fixed32()
        case .bytes: _ = try range()
        }
    }

    private func require(_ kind: WireField.Kind, _ field: WireField) throws(OTLPRefusal) {
        guard field.kind == kind else { throw fault("field \(field.number) as \(kind), found \(field.kind)") }
    }
    mutating func unsigned(_ field: WireField) throws(OTLPRefusal) -> UInt64 {
        try require(.varint, field)
        return try varint()
    }
    mutating func zigzag(_ field: WireField) throws(OTLPRefusal) -> Int32 {
        let value = try unsigned(field)
        return Int32(truncatingIfNeeded: Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1))
    }
    mutating func fixed64(_ field: WireField) throws(OTLPRefusal) -> UInt64 {
        try require(.fixed64, field)
        return try fixed64()
    }
    mutating func fixed32(_ field: WireField) throws(OTLPRefusal) -> UInt32 {
        try require(.fixed32, field)
        return try fixed32()
    }
    mutating func double(_ field: WireField) throws(OTLPRefusal) -> Double {
        Double(bitPattern: try fixed64(field))
    }
    mutating func raw(_ field: WireField) throws(OTLPRefusal) -> UnsafeRawBufferPointer {
        try require(.bytes, field)
        return UnsafeRawBufferPointer(rebasing: bytes[try range()])
    }
    /// Text; what is no UTF-8 in it becomes the replacement character.
    mutating func text(_ field: WireField) throws(OTLPRefusal) -> String {
        String(decoding: try raw(field), as: UTF8.self)
    }
    mutating func message(_ field: WireField) throws(OTLPRefusal) -> WireReader {
        try require(.bytes, field)
        let range = try range()
        return WireReader(bytes, from: range.lowerBound, to: range.upperBound)
    }

    /// A repeated number, packed or one by one, appended as long as there are at most `most` of them.
    mutating func numbers(
        _ field: WireField, as kind: WireField.Kind, into numbers: inout [UInt64], most: Int
    ) throws(OTLPRefusal) {
        guard field.kind == .bytes else {
            try require(kind, field)
            let number = kind == .varint ? try varint() : try fixed64()
            if numbers.count <= most { numbers.append(number) }
            return
        }
        var packed = try message(field)
        while !packed.isAtEnd {
            let number = kind == .varint ? try packed.varint() : try packed.fixed64()
            if numbers.count <= most { numbers.append(number) }
        }
    }
}
