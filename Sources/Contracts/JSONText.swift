/// JSON (RFC 8259) to packed bytes and back, so that a person with any ZeroMQ client can join without a CBOR
/// library. Bytes become base64 text, and numbers that JSON cannot say (NaN, infinities) become null.
public enum JSONText {
    public static func pack(_ text: [UInt8]) throws(JSONError) -> [UInt8] {
        var parser = JSONParser(text: text)
        return try parser.run()
    }

    public static func unpack(_ packed: [UInt8]) throws -> [UInt8] {
        var printer = JSONPrinter(reader: PackedReader(packed))
        return try printer.run()
    }
}

/// What is wrong with a JSON text, and where.
public struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
    public var expected: String
    public var at: Int
    public var description: String { "JSON: expected \(expected) at byte \(at)" }
}

struct JSONParser {
    let text: [UInt8]
    private var at = 0
    private var writer = PackedWriter()

    init(text: [UInt8]) { self.text = text }

    mutating func run() throws(JSONError) -> [UInt8] {
        writer.raw(try value(depth: 0))
        blank()
        guard at == text.count else { throw fault("the end") }
        return writer.bytes
    }

    private func fault(_ expected: String) -> JSONError { JSONError(expected: expected, at: at) }

    private mutating func blank() {
        while at < text.count, text[at] == 0x20 || text[at] == 0x0A || text[at] == 0x0D || text[at] == 0x09 { at += 1 }
    }
    private mutating func take(_ character: Character) -> Bool {
        guard at < text.count, text[at] == character.asciiValue else { return false }
        at += 1
        return true
    }
    private mutating func word(_ word: StaticString, _ byte: UInt8) throws(JSONError) -> [UInt8] {
        let letters = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        guard text[at...].starts(with: letters) else { throw fault("\(word)") }
        at += letters.count
        return [byte]
    }

    private mutating func value(depth: Int) throws(JSONError) -> [UInt8] {
        guard depth < Packed.depthLimit else { throw fault("at most \(Packed.depthLimit) levels") }
        blank()
        guard at < text.count else { throw fault("a value") }
        switch text[at] {
        case UInt8(ascii: "{"): return try map(depth: depth)
        case UInt8(ascii: "["): return try list(depth: depth)
        case UInt8(ascii: "\""):
            var item = PackedWriter()
            item.text(try string())
            return item.bytes
        case UInt8(ascii: "t"): return try word("true", 0xF5)
        case UInt8(ascii: "f"): return try word("false", 0xF4)
        case UInt8(ascii: "n"): return try word("null", 0xF6)
        default: return try number()
        }
    }

    private mutating func map(depth: Int) throws(JSONError) -> [UInt8] {
        at += 1
        var content: [UInt8] = []
        var count = 0
        blank()
        if !take("}") {
            repeat {
                blank()
                guard at < text.count, text[at] == UInt8(ascii: "\"") else { throw fault("a key in quotes") }
                var key = PackedWriter()
                key.text(try string())
                blank()
                guard take(":") else { throw fault("a colon") }
                content += key.bytes
                content += try value(depth: depth + 1)
                count += 1
                blank()
            } while take(",")
            guard take("}") else { throw fault("a comma or a closing brace") }
        }
        var item = PackedWriter(capacity: content.count + 9)
        item.map(count: count)
        item.raw(content)
        return item.bytes
    }

    private mutating func list(depth: Int) throws(JSONError) -> [UInt8] {
        at += 1
        var content: [UInt8] = []
        var count = 0
        blank()
        if !take("]") {
            repeat {
                content += try value(depth: depth + 1)
                count += 1
                blank()
            } while take(",")
            guard take("]") else { throw fault("a comma or a closing bracket") }
        }
        var item = PackedWriter(capacity: content.count + 9)
        item.list(count: count)
        item.raw(content)
        return item.bytes
    }

    /// `-`? whole part, then a fraction and an exponent if they are there; no zero before another digit.
    private mutating func number() throws(JSONError) -> [UInt8] {
        let start = at
        _ = take("-")
        guard take("0") || digits() else { throw JSONError(expected: "a value", at: start) }
        if at < text.count, isDigit(text[at]) { throw JSONError(expected: "a value", at: start) }
        var whole = true
        if take(".") {
            whole = false
            guard digits() else { throw JSONError(expected: "a value", at: start) }
        }
        if take("e") || take("E") {
            whole = false
            _ = take("+") || take("-")
            guard digits() else { throw JSONError(expected: "a value", at: start) }
        }
        return try number(String(decoding: text[start..<at], as: UTF8.self), whole: whole, start: start)
    }
    private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    /// Takes digits, and says whether there were any.
    private mutating func digits() -> Bool {
        let start = at
        while at < text.count, isDigit(text[at]) { at += 1 }
        return at > start
    }
    private func number(_ digits: String, whole: Bool, start: Int) throws(JSONError) -> [UInt8] {
        var item = PackedWriter(capacity: 9)
        if whole, let value = Int64(digits) {
            item.signed(value)
        } else if whole, let value = UInt64(digits) {
            item.unsigned(value)
        } else if let value = Double(digits), value.isFinite {
            item.double(value)
        } else {
            throw JSONError(expected: "a number in range", at: start)
        }
        return item.bytes
    }

    private mutating func string() throws(JSONError) -> String {
        at += 1
        var bytes: [UInt8] = []
        while at < text.count {
            let byte = text[at]
            at += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: bytes, as: UTF8.self) else { throw fault("UTF-8") }
                return string
            case UInt8(ascii: "\\"): try escape(into: &bytes)
            case 0..<0x20: throw fault("an escape instead of a control character")
            default: bytes.append(byte)
            }
        }
        throw fault("a closing quote")
    }

    private mutating func escape(into bytes: inout [UInt8]) throws(JSONError) {
        guard at < text.count else { throw fault("an escape") }
        let byte = text[at]
        at += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(byte)
        case UInt8(ascii: "n"): bytes.append(0x0A)
        case UInt8(ascii: "r"): bytes.append(0x0D)
        case UInt8(ascii: "t"): bytes.append(0x09)
        case UInt8(ascii: "b"): bytes.append(0x08)
        case UInt8(ascii: "f"): bytes.append(0x0C)
        case UInt8(ascii: "u"):
            var code = try hexadecimal()
            if (0xD800..<0xDC00).contains(code) {
                guard take("\\"), take("u") else { throw fault("the second half of a surrogate pair") }
                let low = try hexadecimal()
                guard (0xDC00..<0xE000).contains(low) else { throw fault("the second half of a surrogate pair") }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw fault("a Unicode scalar") }
            bytes.append(contentsOf: Array(String(Character(scalar)).utf8))
        default: throw fault("an escape")
        }
    }
    private mutating func hexadecimal() throws(JSONError) -> UInt32 {
        guard at + 4 <= text.count,
            let code = UInt32(String(decoding: text[at..<at + 4], as: UTF8.self), radix: 16),
            text[at] != UInt8(ascii: "+"), text[at] != UInt8(ascii: "-")
        else { throw fault("four hexadecimal digits") }
        at += 4
        return code
    }
}
