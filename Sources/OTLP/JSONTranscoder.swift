import Contracts

/// Rewrites OTLP/JSON as protobuf in one pass: ids as hex, 64-bit numbers as text or numbers, enumerations as numbers,
/// unknown keys skipped.
struct JSONTranscoder {
    private static let mostLevels = 80

    private let bytes: UnsafeBufferPointer<UInt8>
    private var at = 0

    static func protobuf(of body: [UInt8], _ shape: JSONShape, most: Int) throws(OTLPRefusal) -> [UInt8] {
        try body.withUnsafeBufferPointer { buffer throws(OTLPRefusal) in
            var transcoder = JSONTranscoder(bytes: buffer)
            var writer = WireWriter()
            transcoder.blank()
            try transcoder.message(shape, into: &writer, level: 0)
            transcoder.blank()
            guard transcoder.at == buffer.count else { throw transcoder.fault("the end") }
            // A short text can be a longer number, so that the result has a bound of its own.
            guard writer.bytes.count <= most else { throw .tooLarge(limit: most) }
            return writer.bytes
        }
    }

    private init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    private func fault(_ expected: String) -> OTLPRefusal { .malformed(expected: expected, at: at) }
    private var next: UInt8? { at < bytes.count ? bytes[at] : nil }

    private mutating func blank() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { at += 1 }
    }
    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        at += 1
        return true
    }
    private mutating func take(word: StaticString) -> Bool {
        let letters = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        guard bytes[at...].starts(with: letters) else { return false }
        at += letters.count
        return true
    }

    private mutating func message(
        _ shape: JSONShape, into writer: inout WireWriter, level: Int
    ) throws(OTLPRefusal) {
        let fields = shape.fields
        try object(level: level) { transcoder, key throws(OTLPRefusal) in
            guard let field = fields.first(where: { $0.name.elementsEqual(key) }) else {
                return try transcoder.skip(level: level + 1)
            }
            if transcoder.take(word: "null") { return }
            guard field.isRepeated else { return try transcoder.value(field, into: &writer, level: level + 1) }
            try transcoder.array(level: level + 1) { transcoder throws(OTLPRefusal) in
                try transcoder.value(field, into: &writer, level: level + 2)
            }
        }
    }

    private mutating func value(
        _ field: JSONShape.Field, into writer: inout WireWriter, level: Int
    ) throws(OTLPRefusal) {
        let number = field.number
        switch field.kind {
        case .message(let shape):
            try writer.message(number) { inner throws(OTLPRefusal) in
                try message(shape, into: &inner, level: level)
            }
        case .text: writer.data(number, try text())
        case .hex: writer.data(number, Self.hexadecimal(try text()))
        case .base64:
            guard let data = Base64.decode(try text()) else { throw fault("base64 before this") }
            writer.data(number, data)
        case .flag:
            if take(word: "true") {
                writer.varint(number, 1)
            } else if take(word: "false") {
                writer.varint(number, 0)
            } else {
                throw fault("true or false")
            }
        case .varint: writer.varint(number, try whole())
        case .zigzag: writer.zigzag(number, Int32(truncatingIfNeeded: try whole()))
        case .fixed64: writer.fixed64(number, try whole())
        case .fixed32: writer.fixed32(number, UInt32(truncatingIfNeeded: try whole()))
        case .double:
            guard let value = Double(try digits()) else { throw fault("a number before this") }
            writer.double(number, value)
        }
    }

    /// What is not hexadecimal becomes one byte, which is no id of any length.
    private static func hexadecimal(_ text: [UInt8]) -> [UInt8] {
        guard text.count % 2 == 0 else { return [0] }
        var data: [UInt8] = []
        for index in stride(from: 0, to: text.count, by: 2) {
            guard let high = Character(Unicode.Scalar(text[index])).hexDigitValue,
                let low = Character(Unicode.Scalar(text[index + 1])).hexDigitValue
            else { return [0] }
            data.append(UInt8(high << 4 | low))
        }
        return data
    }

    /// A whole number as text or number; a negative one as its two's complement.
    private mutating func whole() throws(OTLPRefusal) -> UInt64 {
        let digits = try digits()
        if let value = UInt64(digits) { return value }
        if let value = Int64(digits) { return UInt64(bitPattern: value) }
        if let value = Double(digits).flatMap({ Int64(exactly: $0) }) { return UInt64(bitPattern: value) }
        throw fault("a whole number before this")
    }

    /// The letters of a number, in quotes or not.
    private mutating func digits() throws(OTLPRefusal) -> String {
        if next == UInt8(ascii: "\"") {
            let text = String(decoding: try text(), as: UTF8.self)
            return text == "Infinity" ? "inf" : text == "-Infinity" ? "-inf" : text == "NaN" ? "nan" : text
        }
        let start = at
        while let byte = next, Self.isNumeric(byte) { at += 1 }
        guard at > start else { throw fault("a number") }
        return String(decoding: bytes[start..<at], as: UTF8.self)
    }
    private static func isNumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
            UInt8(ascii: "e"), UInt8(ascii: "E"):
            true
        default: false
        }
    }

    private mutating func object(
        level: Int, _ member: (inout JSONTranscoder, [UInt8]) throws(OTLPRefusal) -> Void
    ) throws(OTLPRefusal) {
        guard level < Self.mostLevels else { throw fault("at most \(Self.mostLevels) levels") }
        guard take(UInt8(ascii: "{")) else { throw fault("an object") }
        blank()
        if take(UInt8(ascii: "}")) { return }
        repeat {
            blank()
            let key = try text()
            blank()
            guard take(UInt8(ascii: ":")) else { throw fault("a colon") }
            blank()
            try member(&self, key)
            blank()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw fault("a comma or a closing brace") }
    }

    private mutating func array(
        level: Int, _ element: (inout JSONTranscoder) throws(OTLPRefusal) -> Void
    ) throws(OTLPRefusal) {
        guard level < Self.mostLevels else { throw fault("at most \(Self.mostLevels) levels") }
        guard take(UInt8(ascii: "[")) else { throw fault("an array") }
        blank()
        if take(UInt8(ascii: "]")) { return }
        repeat {
            blank()
            try element(&self)
            blank()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw fault("a comma or a closing bracket") }
    }

    private mutating func skip(level: Int) throws(OTLPRefusal) {
        switch next {
        case UInt8(ascii: "{"):
            try object(level: level) { transcoder, _ throws(OTLPRefusal) in try transcoder.skip(level: level + 1) }
        case UInt8(ascii: "["):
            try array(level: level) { transcoder throws(OTLPRefusal) in try transcoder.skip(level: level + 1) }
        case UInt8(ascii: "\""): _ = try text()
        default:
            if take(word: "true") || take(word: "false") || take(word: "null") { return }
            guard Double(try digits()) != nil else { throw fault("a value before this") }
        }
    }

    private mutating func text() throws(OTLPRefusal) -> [UInt8] {
        guard take(UInt8(ascii: "\"")) else { throw fault("text in quotes") }
        let start = at
        while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { at += 1 }
        var text = Array(bytes[start..<at])
        while let byte = next {
            at += 1
            switch byte {
            case UInt8(ascii: "\""): return text
            case UInt8(ascii: "\\"): try escape(into: &text)
            case 0..<0x20: throw fault("an escape instead of a control character")
            default: text.append(byte)
            }
        }
        throw fault("a closing quote")
    }

    private mutating func escape(into text: inout [UInt8]) throws(OTLPRefusal) {
        guard let byte = next else { throw fault("an escape") }
        at += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "u"):
            var code = try unit()
            // Half a pair stands for nothing, and becomes the replacement character below.
            if 0xD800..<0xDC00 ~= code, take(word: "\\u") {
                let low = try unit()
                code = 0xDC00..<0xE000 ~= low ? 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00) : 0xFFFD
            }
            text.append(contentsOf: Array(String(Unicode.Scalar(code) ?? "\u{FFFD}").utf8))
        default: throw fault("an escape")
        }
    }
    private mutating func unit() throws(OTLPRefusal) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw fault("four hexadecimal digits")
            }
            code = code << 4 | UInt32(digit)
            at += 1
        }
        return code
    }
}
