/// Finds the values of a JSON text (RFC 8259) in one pass, strictly: what it has passed is well-formed, including the
/// UTF-8 and the surrogates of its texts. It makes no values.
struct JSONScanner {
    static let mostLevels = 32

    private let bytes: UnsafeBufferPointer<UInt8>
    private var at = 0
    private(set) var tokens: [JSONToken] = []

    private init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
        tokens.reserveCapacity(min(bytes.count / 8 + 8, 4_096))
    }

    /// The tokens of a text; the first stands for the whole.
    static func scan(_ bytes: UnsafeBufferPointer<UInt8>) throws(JSONBroken) -> [JSONToken] {
        var scanner = JSONScanner(bytes)
        scanner.blank()
        try scanner.value(level: 0)
        scanner.blank()
        guard scanner.at == bytes.count else { throw scanner.broken("the end") }
        return scanner.tokens
    }

    private func broken(_ expected: String) -> JSONBroken { JSONBroken(expected: expected, at: at) }

    @inline(__always) private mutating func blank() {
        while at < bytes.count, bytes[at] <= 0x20,
            bytes[at] == 0x20 || bytes[at] == 0x0A || bytes[at] == 0x0D || bytes[at] == 0x09
        { at += 1 }
    }

    @inline(__always) private mutating func take(_ byte: UInt8) -> Bool {
        guard at < bytes.count, bytes[at] == byte else { return false }
        at += 1
        return true
    }

    private mutating func value(level: Int) throws(JSONBroken) {
        guard level < Self.mostLevels else { throw broken("at most \(Self.mostLevels) levels") }
        guard at < bytes.count else { throw broken("a value") }
        switch bytes[at] {
        case UInt8(ascii: "{"): try object(level: level)
        case UInt8(ascii: "["): try list(level: level)
        case UInt8(ascii: "\""): try text()
        case UInt8(ascii: "t"): try word("true", .boolean)
        case UInt8(ascii: "f"): try word("false", .boolean)
        case UInt8(ascii: "n"): try word("null", .null)
        default: try number()
        }
    }

    private mutating func object(level: Int) throws(JSONBroken) {
        let place = begin(.object)
        var count: Int32 = 0
        blank()
        if !take(UInt8(ascii: "}")) {
            repeat {
                blank()
                guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else { throw broken("a name in quotes") }
                try text()
                blank()
                guard take(UInt8(ascii: ":")) else { throw broken("a colon") }
                blank()
                try value(level: level + 1)
                count += 1
                blank()
            } while take(UInt8(ascii: ","))
            guard take(UInt8(ascii: "}")) else { throw broken("a comma or a closing brace") }
        }
        end(place, count)
    }

    private mutating func list(level: Int) throws(JSONBroken) {
        let place = begin(.list)
        var count: Int32 = 0
        blank()
        if !take(UInt8(ascii: "]")) {
            repeat {
                blank()
                try value(level: level + 1)
                count += 1
                blank()
            } while take(UInt8(ascii: ","))
            guard take(UInt8(ascii: "]")) else { throw broken("a comma or a closing bracket") }
        }
        end(place, count)
    }

    private mutating func begin(_ kind: JSONKind) -> Int {
        tokens.append(JSONToken(kind: kind, start: Int32(at), end: 0))
        at += 1
        return tokens.count - 1
    }

    private mutating func end(_ place: Int, _ count: Int32) {
        tokens[place].end = Int32(at)
        tokens[place].next = Int32(tokens.count)
        tokens[place].count = count
    }

    private mutating func single(_ kind: JSONKind, from start: Int, to end: Int, escaped: Bool = false) {
        tokens.append(
            JSONToken(
                kind: kind, escaped: escaped, start: Int32(start), end: Int32(end), next: Int32(tokens.count + 1)))
    }

    private mutating func word(_ word: StaticString, _ kind: JSONKind) throws(JSONBroken) {
        let start = at
        for index in 0..<word.utf8CodeUnitCount {
            guard take(word.utf8Start[index]) else {
                at = start
                throw broken("a value")
            }
        }
        single(kind, from: start, to: at)
    }

    /// `-`? whole part, then a fraction and an exponent if they are there; no zero before another digit.
    private mutating func number() throws(JSONBroken) {
        let start = at
        _ = take(UInt8(ascii: "-"))
        let first = at
        guard digits(), bytes[first] != UInt8(ascii: "0") || at == first + 1,
            !take(UInt8(ascii: ".")) || digits()
        else { return try refuseNumber(start) }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            _ = take(UInt8(ascii: "+")) || take(UInt8(ascii: "-"))
            guard digits() else { return try refuseNumber(start) }
        }
        single(.number, from: start, to: at)
    }

    private mutating func refuseNumber(_ start: Int) throws(JSONBroken) {
        at = start
        throw broken("a value")
    }

    @inline(__always) private mutating func digits() -> Bool {
        let start = at
        while at < bytes.count, bytes[at] &- 0x30 < 10 { at += 1 }
        return at > start
    }

    private mutating func text() throws(JSONBroken) {
        at += 1
        let start = at
        var escaped = false
        while at < bytes.count {
            let byte = bytes[at]
            if byte == UInt8(ascii: "\"") {
                single(.text, from: start, to: at, escaped: escaped)
                at += 1
                return
            } else if byte == UInt8(ascii: "\\") {
                escaped = true
                at += 1
                try escape()
            } else if byte < 0x20 {
                throw broken("an escape instead of a control character")
            } else if byte < 0x80 {
                at += 1
            } else {
                let length = UTF8Check.length(bytes, at)
                guard length > 0 else { throw broken("UTF-8") }
                at += length
            }
        }
        throw broken("a closing quotation mark")
    }

    private mutating func escape() throws(JSONBroken) {
        guard at < bytes.count else { throw broken("an escape") }
        let byte = bytes[at]
        at += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "n"), UInt8(ascii: "r"),
            UInt8(ascii: "t"), UInt8(ascii: "b"), UInt8(ascii: "f"):
            return
        case UInt8(ascii: "u"):
            let code = try hexadecimal()
            if (0xDC00..<0xE000).contains(code) { throw broken("the first half of a surrogate pair before its second") }
            guard (0xD800..<0xDC00).contains(code) else { return }
            guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")), (0xDC00..<0xE000).contains(try hexadecimal())
            else { throw broken("the second half of a surrogate pair") }
        default: throw broken("an escape")
        }
    }

    private mutating func hexadecimal() throws(JSONBroken) -> UInt32 {
        guard let code = JSONUnescape.hexadecimal(bytes, at) else { throw broken("four hexadecimal digits") }
        at += 4
        return code
    }
}
