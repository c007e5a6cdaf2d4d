/// Reads CBOR items out of a buffer. Every length is checked against what is there before it is used.
struct PackedReader {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// One item's initial byte taken apart: its major type, its count, and where its content starts.
    struct Head {
        var major: UInt8
        var info: UInt8
        var count: UInt64
        var content: Int
    }

    @inline(__always)
    func head(at offset: Int) throws -> Head {
        guard offset < bytes.count else { throw PackedError.short(at: offset) }
        let first = bytes[offset]
        let info = first & 0x1F
        if info < 24 { return Head(major: first >> 5, info: info, count: UInt64(info), content: offset + 1) }
        guard info < 28 else { throw PackedError.unsupported(first, at: offset) }
        let width = 1 << Int(info - 24)
        guard offset + width < bytes.count else { throw PackedError.short(at: offset) }
        var count: UInt64 = 0
        for index in 1...width { count = count << 8 | UInt64(bytes[offset + index]) }
        return Head(major: first >> 5, info: info, count: count, content: offset + 1 + width)
    }

    /// The length of a text or byte string, checked against what is left.
    func length(_ head: Head) throws -> Int {
        guard head.count <= UInt64(bytes.count - head.content) else { throw PackedError.short(at: head.content) }
        return Int(head.count)
    }

    /// The offset behind the item that starts at `offset`. Counts open items instead of recursing, so that input
    /// cannot choose the stack's depth.
    func skip(from offset: Int) throws -> Int {
        var at = offset
        var open: [UInt64] = []
        while true {
            let start = at
            let head = try head(at: at)
            at = head.content
            switch head.major {
            case 0, 1: break
            case 2, 3: at += try length(head)
            case 4, 5:
                guard open.count < Packed.depthLimit else { throw PackedError.tooDeep }
                // An element takes at least one byte: a larger count is a lie, and refused before it costs anything.
                guard head.count <= UInt64(bytes.count) else { throw PackedError.short(at: at) }
                let items = head.major == 5 ? head.count * 2 : head.count
                if items > 0 {
                    open.append(items)
                    continue
                }
            case 7:
                guard (20...22).contains(head.info) || (25...27).contains(head.info) else {
                    throw PackedError.unsupported(bytes[start], at: start)
                }
            default: throw PackedError.unsupported(bytes[start], at: start)
            }
            while let last = open.last {
                if last > 1 {
                    open[open.count - 1] = last - 1
                    break
                }
                open.removeLast()
            }
            if open.isEmpty { return at }
        }
    }

    func isNull(at offset: Int) -> Bool { offset < bytes.count && bytes[offset] == 0xF6 }

    func bool(at offset: Int) throws -> Bool {
        guard offset < bytes.count else { throw PackedError.short(at: offset) }
        switch bytes[offset] {
        case 0xF4: return false
        case 0xF5: return true
        default: throw PackedError.mismatch(expected: "true or false", found: try kind(at: offset))
        }
    }

    func integer<Value: FixedWidthInteger>(_ type: Value.Type, at offset: Int) throws -> Value {
        let head = try head(at: offset)
        switch head.major {
        case 0:
            if let value = Value(exactly: head.count) { return value }
            throw PackedError.outOfRange("\(head.count) does not fit into \(type)")
        case 1:
            if head.count <= UInt64(Int64.max), let value = Value(exactly: ~Int64(head.count)) { return value }
            throw PackedError.outOfRange("-1-\(head.count) does not fit into \(type)")
        default:
            // JSON has one kind of number: 3.0 is a whole one.
            if let number = try? double(at: offset), let value = Value(exactly: number) { return value }
            throw PackedError.mismatch(expected: "a whole number", found: try kind(at: offset))
        }
    }

    func double(at offset: Int) throws -> Double {
        let head = try head(at: offset)
        switch (head.major, head.info) {
        case (0, _): return Double(head.count)
        case (1, _): return -1 - Double(head.count)
        case (7, 25): return half(UInt16(truncatingIfNeeded: head.count))
        case (7, 26): return Double(Float(bitPattern: UInt32(truncatingIfNeeded: head.count)))
        case (7, 27): return Double(bitPattern: head.count)
        default: throw PackedError.mismatch(expected: "a number", found: try kind(at: offset))
        }
    }

    /// IEEE 754 half precision, which other writers choose for short numbers.
    private func half(_ bits: UInt16) -> Double {
        let exponent = Int(bits >> 10 & 0x1F)
        let fraction = Double(bits & 0x3FF)
        let size: Double
        switch exponent {
        case 0: size = fraction * 0x1p-24
        case 31: size = fraction == 0 ? .infinity : .nan
        default: size = (1 + fraction / 1024) * Double(sign: .plus, exponent: exponent - 15, significand: 1)
        }
        return bits & 0x8000 == 0 ? size : -size
    }

    func text(at offset: Int) throws -> String {
        let head = try head(at: offset)
        guard head.major == 3 else { throw PackedError.mismatch(expected: "text", found: try kind(at: offset)) }
        let end = head.content + (try length(head))
        guard let text = String(validating: bytes[head.content..<end], as: UTF8.self) else {
            throw PackedError.notText(at: offset)
        }
        return text
    }

    func data(at offset: Int) throws -> [UInt8] {
        let head = try head(at: offset)
        if head.major == 2 {
            return Array(bytes[head.content..<head.content + (try length(head))])
        }
        // JSON has no bytes: there they travel as base64 text, and as text they arrive here.
        if head.major == 3, let data = Base64.decode(bytes[head.content..<head.content + (try length(head))]) {
            return data
        }
        if head.major == 4 { return try listOfBytes(head) }
        throw PackedError.mismatch(expected: "bytes", found: try kind(at: offset))
    }

    private func listOfBytes(_ head: Head) throws -> [UInt8] {
        guard head.count <= UInt64(bytes.count) else { throw PackedError.short(at: head.content) }
        var at = head.content
        var data: [UInt8] = []
        for _ in 0..<head.count {
            data.append(try integer(UInt8.self, at: at))
            at = try skip(from: at)
        }
        return data
    }

    /// What stands there, in words, for an error.
    func kind(at offset: Int) throws -> String {
        let head = try head(at: offset)
        switch head.major {
        case 0, 1: return "a whole number"
        case 2: return "bytes"
        case 3: return "text"
        case 4: return "a list"
        case 5: return "a map"
        default: return isNull(at: offset) ? "null" : head.info < 24 ? "true or false" : "a number"
        }
    }
}
