/// Prints packed bytes as JSON text.
struct JSONPrinter {
    let reader: PackedReader
    private var text: [UInt8] = []

    init(reader: PackedReader) { self.reader = reader }

    mutating func run() throws -> [UInt8] {
        let end = try reader.skip(from: 0)
        guard end == reader.bytes.count else { throw PackedError.trailing(reader.bytes.count - end) }
        _ = try value(at: 0)
        return text
    }

    /// Prints the item there and returns the place behind it; the depth was checked by the `skip` in `run`.
    private mutating func value(at offset: Int) throws -> Int {
        let head = try reader.head(at: offset)
        switch head.major {
        case 0: append("\(head.count)")
        case 1:
            guard head.count <= UInt64(Int64.max) else { throw PackedError.outOfRange("-1-\(head.count)") }
            append("\(~Int64(head.count))")
        case 2:
            text.append(UInt8(ascii: "\""))
            text += Base64.encode(try reader.data(at: offset))
            text.append(UInt8(ascii: "\""))
        case 3: JSONPrinter.quote(try reader.text(at: offset), into: &text)
        case 4: return try list(head)
        case 5: return try map(head)
        default: try simple(at: offset, head)
        }
        return try reader.skip(from: offset)
    }

    private mutating func append(_ string: String) { text += Array(string.utf8) }

    private mutating func list(_ head: PackedReader.Head) throws -> Int {
        var at = head.content
        text.append(UInt8(ascii: "["))
        for index in 0..<head.count {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            at = try value(at: at)
        }
        text.append(UInt8(ascii: "]"))
        return at
    }

    private mutating func map(_ head: PackedReader.Head) throws -> Int {
        var at = head.content
        text.append(UInt8(ascii: "{"))
        for index in 0..<head.count {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            JSONPrinter.quote(try reader.text(at: at), into: &text)
            text.append(UInt8(ascii: ":"))
            at = try value(at: try reader.skip(from: at))
        }
        text.append(UInt8(ascii: "}"))
        return at
    }

    private mutating func simple(at offset: Int, _ head: PackedReader.Head) throws {
        switch head.info {
        case 20: append("false")
        case 21: append("true")
        case 22: append("null")
        default:
            let number = try reader.double(at: offset)
            append(number.isFinite ? "\(number)" : "null")
        }
    }

    static func quote(_ string: String, into text: inout [UInt8]) {
        text.append(UInt8(ascii: "\""))
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""): text += [UInt8(ascii: "\\"), UInt8(ascii: "\"")]
            case UInt8(ascii: "\\"): text += [UInt8(ascii: "\\"), UInt8(ascii: "\\")]
            case 0..<0x20, 0x7F:
                text += Array("\\u00".utf8)
                let digits = Array("0123456789abcdef".utf8)
                text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: text.append(byte)
            }
        }
        text.append(UInt8(ascii: "\""))
    }
}
