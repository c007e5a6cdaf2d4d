/// The header's layout: fixed numbers in little-endian order, then five names whose lengths stand before them.
///
/// The broker reads only what it routes by and patches numbers in place; the names that only the worker needs pass
/// through untouched.
public enum HeaderLayout {
    public static let version = 0
    public static let kind = 1
    public static let flags = 2
    public static let content = 4
    public static let status = 5
    public static let deaths = 6
    public static let correlation = 8
    public static let incarnation = 16
    public static let budget = 24
    public static let number = 32
    public static let traceHigh = 40
    public static let traceLow = 48
    public static let traceSpan = 56
    public static let signature = 64
    public static let traceFlags = 68
    public static let roleLength = 69
    public static let slotLength = 70
    public static let actorLength = 71
    public static let methodLength = 72
    public static let senderLength = 73
    public static let names = 80
    /// 80 bytes and five names of at most 255.
    public static let limit = names + 5 * 255

    public static let idempotentFlag: UInt16 = 1
    public static let deliveryFlag: UInt16 = 2
}

extension UnsafeRawBufferPointer {
    /// A little-endian number at an offset that the caller has checked.
    @inline(__always)
    func number<Value: FixedWidthInteger>(_ offset: Int, as type: Value.Type = Value.self) -> Value {
        Value(littleEndian: loadUnaligned(fromByteOffset: offset, as: type))
    }
}

extension Header {
    /// The whole header as bytes.
    public func encoded() -> [UInt8] {
        let names = [role, slot, actor, method, sender].map(Header.cut)
        let size = HeaderLayout.names + names.reduce(0) { $0 + $1.utf8.count }
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            let bytes = UnsafeMutableRawBufferPointer(buffer)
            writeNumbers(into: bytes)
            var at = HeaderLayout.names
            for (index, name) in names.enumerated() {
                bytes[HeaderLayout.roleLength + index] = UInt8(name.utf8.count)
                for byte in name.utf8 {
                    bytes[at] = byte
                    at += 1
                }
            }
            count = size
        }
    }

    /// As much of a name as the wire has room for, in whole characters.
    private static func cut(_ name: String) -> String {
        guard name.utf8.count > 255 else { return name }
        // No character's encoding has more than four bytes.
        for length in stride(from: 255, to: 251, by: -1) {
            if let text = String(validating: name.utf8.prefix(length), as: UTF8.self) { return text }
        }
        return ""
    }

    private func writeNumbers(into bytes: UnsafeMutableRawBufferPointer) {
        func put<Value: FixedWidthInteger>(_ value: Value, _ offset: Int) {
            bytes.storeBytes(of: value.littleEndian, toByteOffset: offset, as: Value.self)
        }
        bytes[HeaderLayout.version] = Header.version
        bytes[HeaderLayout.kind] = kind.rawValue
        let flags =
            (idempotent ? HeaderLayout.idempotentFlag : 0) | (delivery ? HeaderLayout.deliveryFlag : 0)
        put(flags, HeaderLayout.flags)
        bytes[HeaderLayout.content] = content.rawValue
        bytes[HeaderLayout.status] = status.rawValue
        bytes[HeaderLayout.deaths] = deaths
        bytes[7] = 0
        put(correlation, HeaderLayout.correlation)
        put(incarnation, HeaderLayout.incarnation)
        put(budget, HeaderLayout.budget)
        put(number, HeaderLayout.number)
        put(trace.high, HeaderLayout.traceHigh)
        put(trace.low, HeaderLayout.traceLow)
        put(trace.span, HeaderLayout.traceSpan)
        put(signature, HeaderLayout.signature)
        bytes[HeaderLayout.traceFlags] = trace.flags
        for offset in HeaderLayout.senderLength + 1..<HeaderLayout.names { bytes[offset] = 0 }
    }

    /// Reads a header; `named` false leaves out the names that only the end points need.
    public init(bytes: UnsafeRawBufferPointer, named: Bool = true) throws(HeaderError) {
        guard bytes.count >= HeaderLayout.names else { throw .short }
        guard bytes[HeaderLayout.version] == Header.version else { throw .version }
        guard let kind = FrameKind(rawValue: bytes[HeaderLayout.kind]) else { throw .kind }
        guard let content = ContentKind(rawValue: bytes[HeaderLayout.content]) else { throw .content }
        guard let status = ReplyStatus(rawValue: bytes[HeaderLayout.status]) else { throw .status }
        self.init(kind)
        self.content = content
        self.status = status
        let flags: UInt16 = bytes.number(HeaderLayout.flags)
        idempotent = flags & HeaderLayout.idempotentFlag != 0
        delivery = flags & HeaderLayout.deliveryFlag != 0
        deaths = bytes[HeaderLayout.deaths]
        correlation = bytes.number(HeaderLayout.correlation)
        incarnation = bytes.number(HeaderLayout.incarnation)
        budget = bytes.number(HeaderLayout.budget)
        number = bytes.number(HeaderLayout.number)
        signature = bytes.number(HeaderLayout.signature)
        try readNames(bytes, named: named)
        guard named else { return }
        trace = FrameTrace(
            high: bytes.number(HeaderLayout.traceHigh), low: bytes.number(HeaderLayout.traceLow),
            span: bytes.number(HeaderLayout.traceSpan), flags: bytes[HeaderLayout.traceFlags])
    }

    private mutating func readNames(_ bytes: UnsafeRawBufferPointer, named: Bool) throws(HeaderError) {
        var size = HeaderLayout.names
        for offset in HeaderLayout.roleLength...HeaderLayout.senderLength { size += Int(bytes[offset]) }
        guard bytes.count == size else { throw .short }
        var at = HeaderLayout.names
        role = try Header.text(bytes, at: &at, length: bytes[HeaderLayout.roleLength])
        slot = try Header.text(bytes, at: &at, length: bytes[HeaderLayout.slotLength])
        guard named else { return }
        actor = try Header.text(bytes, at: &at, length: bytes[HeaderLayout.actorLength])
        method = try Header.text(bytes, at: &at, length: bytes[HeaderLayout.methodLength])
        sender = try Header.text(bytes, at: &at, length: bytes[HeaderLayout.senderLength])
    }

    @inline(__always)
    private static func text(
        _ bytes: UnsafeRawBufferPointer, at: inout Int, length: UInt8
    ) throws(HeaderError) -> String {
        guard length > 0 else { return "" }
        defer { at += Int(length) }
        guard let text = String(validating: bytes[at..<at + Int(length)], as: UTF8.self) else { throw .text }
        return text
    }

    /// Reads a header out of an array.
    public init(bytes: [UInt8]) throws(HeaderError) {
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(HeaderError) in try Header(bytes: buffer) }
        }
        self = try result.get()
    }
}
