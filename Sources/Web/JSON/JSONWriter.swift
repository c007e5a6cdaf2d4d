public import Contracts
public import Signals

/// What writes itself as JSON.
public protocol JSONWritable {
    func write(to writer: inout JSONWriter)
}

/// Writes JSON into bytes, as it is told: objects and lists by what writes their content.
public struct JSONWriter: Sendable {
    public private(set) var bytes: [UInt8]
    private var needsComma = false

    public init(capacity: Int = 512) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// The JSON of one value.
    public static func bytes(of value: some JSONWritable) -> [UInt8] {
        var writer = JSONWriter()
        value.write(to: &writer)
        return writer.bytes
    }

    /// `{…}`
    public mutating func object(_ content: (inout JSONWriter) -> Void) {
        separate()
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
        content(&self)
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    /// `[…]`
    public mutating func list(_ content: (inout JSONWriter) -> Void) {
        separate()
        bytes.append(UInt8(ascii: "["))
        needsComma = false
        content(&self)
        bytes.append(UInt8(ascii: "]"))
        needsComma = true
    }

    /// `[…]` of all items.
    public mutating func list(_ items: some Sequence<some JSONWritable>) {
        list { writer in
            for item in items { item.write(to: &writer) }
        }
    }

    /// A member of an object by a name that needs no escapes.
    public mutating func member(_ name: StaticString, _ value: some JSONWritable) {
        self.name(name)
        value.write(to: &self)
    }

    /// A member that is left out where there is no value.
    public mutating func member(_ name: StaticString, _ value: (some JSONWritable)?) {
        if let value { member(name, value) }
    }

    /// A member of an object whose value is an amount of money in minor units.
    public mutating func member(_ name: StaticString, money: Int64) {
        self.name(name)
        self.money(money)
    }

    /// A member of an object that is written by `content`.
    public mutating func member(_ name: StaticString, _ content: (inout JSONWriter) -> Void) {
        self.name(name)
        content(&self)
    }

    /// A member of an object by a name of any kind.
    public mutating func member(named name: String, _ value: some JSONWritable) {
        self.name(name)
        value.write(to: &self)
    }

    /// The name of a member; its value is to follow.
    public mutating func name(_ name: String) {
        text(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    private mutating func name(_ name: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Text in quotes, with the escapes it needs.
    public mutating func text(_ text: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { escaped($0) }
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    /// Text that needs no escapes and appends itself, such as an identifier.
    public mutating func plain(_ append: (inout [UInt8]) -> Void) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        append(&bytes)
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    /// A number, `true`, `false` or `null`, as it is.
    public mutating func literal(_ literal: some Sequence<UInt8>) {
        separate()
        bytes.append(contentsOf: literal)
        needsComma = true
    }

    /// A whole number.
    public mutating func integer(_ value: Int64) {
        separate()
        digits(value)
        needsComma = true
    }

    /// Minor units as a number with at most two decimals: 1250 is `12.5`.
    public mutating func money(_ minor: Int64) {
        separate()
        if minor < 0 { bytes.append(UInt8(ascii: "-")) }
        let (whole, cents) = minor.magnitude.quotientAndRemainder(dividingBy: 100)
        digits(Int64(whole))
        if cents > 0 {
            bytes.append(UInt8(ascii: "."))
            bytes.append(0x30 + UInt8(cents / 10))
            if cents % 10 > 0 { bytes.append(0x30 + UInt8(cents % 10)) }
        }
        needsComma = true
    }

    // MARK: - Inside

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }

    private mutating func digits(_ value: Int64) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { buffer in
            var rest = value.magnitude
            var at = 20
            repeat {
                at -= 1
                buffer[at] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            if value < 0 {
                at -= 1
                buffer[at] = UInt8(ascii: "-")
            }
            bytes.append(contentsOf: UnsafeMutableBufferPointer(rebasing: buffer[at...]))
        }
    }

    private mutating func escaped(_ text: UnsafeBufferPointer<UInt8>) {
        var clean = 0
        for at in text.indices {
            let byte = text[at]
            guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[clean..<at]))
            clean = at + 1
            bytes.append(UInt8(ascii: "\\"))
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(byte)
            case 0x0A: bytes.append(UInt8(ascii: "n"))
            case 0x0D: bytes.append(UInt8(ascii: "r"))
            case 0x09: bytes.append(UInt8(ascii: "t"))
            default:
                bytes.append(contentsOf: [UInt8(ascii: "u"), 0x30, 0x30, 0x30 + byte >> 4])
                bytes.append(byte & 0xF < 10 ? 0x30 + byte & 0xF : 0x57 + byte & 0xF)
            }
        }
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[clean...]))
    }
}

extension String: JSONWritable {
    public func write(to writer: inout JSONWriter) { writer.text(self) }
}
extension Int: JSONWritable {
    public func write(to writer: inout JSONWriter) { writer.integer(Int64(self)) }
}
extension Int64: JSONWritable {
    public func write(to writer: inout JSONWriter) { writer.integer(self) }
}
extension Bool: JSONWritable {
    public func write(to writer: inout JSONWriter) { writer.literal((self ? "true" : "false").utf8) }
}
extension UUID: JSONWritable {
    public func write(to writer: inout JSONWriter) { writer.plain { append(to: &$0) } }
}
extension WallTime: JSONWritable {
    public func write(to writer: inout JSONWriter) { writer.plain { $0.append(contentsOf: iso8601.utf8) } }
}
extension Array: JSONWritable where Element: JSONWritable {
    public func write(to writer: inout JSONWriter) { writer.list(self) }
}
