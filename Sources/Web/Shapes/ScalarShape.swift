public import Contracts

/// A value without parts: the same in a body, a path, a query and a header.
public protocol ScalarShape<Value>: Shape {
    /// What it is in JSON: text, a number, or true or false.
    static var isText: Bool { get }
    /// Completes "expected …".
    var expected: String { get }
    /// The value of a text without its quotation marks, or of a number as it is written.
    func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> Value?
}

extension ScalarShape {
    public static var isText: Bool { true }

    public func read(_ place: JSONPlace, _ reading: JSONReading) -> Value {
        let token = reading.tokens[place.token]
        let fits = Self.isText ? token.kind == .text : token.kind == .number || token.kind == .boolean
        if fits {
            if token.escaped {
                let value = JSONUnescape.decode(reading.slice(token)).withUnsafeBufferPointer { parse($0) }
                if let value { return value }
            } else if let value = parse(reading.slice(token)) {
                return value
            }
        }
        reading.refuse("expected \(expected), found \(reading.found(token))")
        return standIn
    }
}

/// Text that is not any text: what its letters may be, as a function and as the regular expression that tells of it.
public struct TextPattern: Sendable {
    /// ECMA-262, anchored at both ends.
    public let regularExpression: String
    /// Completes "expected … of 1 to 64 characters": "letters, digits and hyphens".
    public let says: String
    let accepts: @Sendable (UnsafeBufferPointer<UInt8>) -> Bool

    public init(
        _ regularExpression: String, says: String,
        accepts: @escaping @Sendable (UnsafeBufferPointer<UInt8>) -> Bool
    ) {
        self.regularExpression = regularExpression
        self.says = says
        self.accepts = accepts
    }

    /// Any text but the character NUL, which neither C nor SQL can hold.
    public static let any = TextPattern("^[^\\u0000]*$", says: "text without NUL") { !$0.contains(0) }
    /// Any text at all: what others have sent, and is told back to them.
    static let unbounded = TextPattern("^[\\s\\S]*$", says: "any text") { _ in true }
    /// Letters, digits, dots, underscores and hyphens.
    public static let word = TextPattern("^[A-Za-z0-9._-]*$", says: "letters, digits, dots, underscores and hyphens") {
        $0.allSatisfy { isLetterOrDigit($0) || $0 == 0x2E || $0 == 0x5F || $0 == 0x2D }
    }
    /// What a header may carry without spaces.
    public static let visible = TextPattern("^[!-~]*$", says: "visible ASCII characters") {
        $0.allSatisfy { (0x21...0x7E).contains($0) }
    }
    /// A web address with a host's name or IPv4 address.
    public static let webAddress = TextPattern(
        "^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[!-~]*)?$", says: "an http or https address"
    ) { bytes in
        guard let scheme = ["https://", "http://"].first(where: { bytes.starts(with: $0.utf8) }) else { return false }
        let host = bytes.dropFirst(scheme.utf8.count)
        let afterHost = host.drop { isLetterOrDigit($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
        guard afterHost.startIndex > host.startIndex else { return false }
        var path = afterHost
        if path.first == UInt8(ascii: ":") {
            path = afterHost.dropFirst().drop { $0 &- 0x30 < 10 }
            guard (2...6).contains(path.startIndex - afterHost.startIndex) else { return false }
        }
        return path.isEmpty || (path.first == UInt8(ascii: "/") && path.allSatisfy { (0x21...0x7E).contains($0) })
    }
}

/// Text whose length is counted in Unicode scalars.
public struct TextShape: ScalarShape {
    let length: ClosedRange<Int>
    let pattern: TextPattern

    public var standIn: String { "" }
    public var expected: String { "\(pattern.says) of \(length.lowerBound) to \(length.upperBound) characters" }
    public var schema: Schema {
        .of([
            "type": "string", "minLength": .literal("\(length.lowerBound)"),
            "maxLength": .literal("\(length.upperBound)"), "pattern": .text(pattern.regularExpression),
        ])
    }

    public func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
        // Every byte that does not continue a scalar begins one.
        var scalars = 0
        for byte in bytes where byte & 0xC0 != 0x80 { scalars += 1 }
        guard length.contains(scalars), pattern.accepts(bytes) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension Shape where Self == TextShape {
    /// Text of so many characters.
    public static func text(_ length: ClosedRange<Int>, _ pattern: TextPattern = .any) -> TextShape {
        TextShape(length: length, pattern: pattern)
    }
}

/// An identifier of 128 bits.
public struct UUIDShape: ScalarShape {
    public init() {}
    public var standIn: UUID { UUID(high: 0, low: 0) }
    public var expected: String { "a UUID such as 0190a0e8-7c1b-7d3e-9f00-5b1f2c3d4e5f" }
    public var schema: Schema { .of(["type": "string", "format": "uuid"]) }
    public func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> UUID? { UUID(ascii: bytes) }
}

extension Shape where Self == UUIDShape {
    /// An identifier of 128 bits.
    public static var uuid: UUIDShape { UUIDShape() }
}

/// An e-mail address of the everyday form: no quotes, no comments, no address literals.
public struct EmailShape: ScalarShape {
    private static let length = 3...254
    private static let local = Array(".!#$%&'*+/=?^_`{|}~-".utf8)

    public var standIn: String { "" }
    public var expected: String { "an e-mail address such as someone@example.org" }
    public var schema: Schema {
        .of([
            "type": "string", "minLength": .literal("\(Self.length.lowerBound)"),
            "maxLength": .literal("\(Self.length.upperBound)"),
            "pattern": "^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+([.][A-Za-z0-9-]+)*$",
        ])
    }

    public func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
        guard Self.length.contains(bytes.count), let at = bytes.firstIndex(of: UInt8(ascii: "@")), at > 0,
            bytes[..<at].allSatisfy({ isLetterOrDigit($0) || Self.local.contains($0) })
        else { return nil }
        let labels = bytes[(at + 1)...].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard labels.allSatisfy({ !$0.isEmpty && $0.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") } })
        else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension Shape where Self == EmailShape {
    /// An e-mail address of the everyday form.
    public static var email: EmailShape { EmailShape() }
}

/// One of the cases of an enumeration, by its raw value.
public struct ChoiceShape<Value: CaseIterable & RawRepresentable & Sendable>: ScalarShape
where Value.RawValue == String {
    public let standIn: Value

    public init() {
        guard let first = Value.allCases.first else {
            preconditionFailure("\(Value.self) has no case that a caller could choose")
        }
        standIn = first
    }

    public var expected: String { "one of " + Value.allCases.map(\.rawValue).joined(separator: ", ") }
    public var schema: Schema {
        .of(["type": "string", "enum": .list(Value.allCases.map { .text($0.rawValue) })])
    }
    public func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> Value? {
        Value.allCases.first { bytes.elementsEqual($0.rawValue.utf8) }
    }
}

extension Shape {
    /// One of the cases of an enumeration, by its raw value.
    public static func choice<Value>(_ type: Value.Type) -> Self where Self == ChoiceShape<Value> { ChoiceShape() }
}

/// `true` or `false`.
public struct BooleanShape: ScalarShape {
    public static var isText: Bool { false }
    public var standIn: Bool { false }
    public var expected: String { "true or false" }
    public var schema: Schema { .of(["type": "boolean"]) }
    public func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool? {
        bytes.elementsEqual("true".utf8) ? true : bytes.elementsEqual("false".utf8) ? false : nil
    }
}

extension Shape where Self == BooleanShape {
    /// `true` or `false`.
    public static var boolean: BooleanShape { BooleanShape() }
}

func isLetterOrDigit(_ byte: UInt8) -> Bool {
    byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 26
}
