/// What one value that comes or goes as JSON looks like: from the one description come the reading, which finds every
/// fault, and the schema, which tells others.
public protocol Shape<Value>: Sendable {
    associatedtype Value: Sendable
    /// What a caller is told.
    var schema: Schema { get }
    /// Stands in for a faulty value while the rest is read; never leaves a reading that found a fault.
    var standIn: Value { get }
    /// Reads the value at a place; says what is wrong with it and gives the stand-in.
    func read(_ place: JSONPlace, _ reading: JSONReading) -> Value
}

/// What is wrong with one value of a request, and where it stands.
public struct Fault: Sendable, Equatable, JSONWritable {
    /// A JSON pointer into the body (`/items/0/sku`; empty for the whole), or the name of a parameter.
    public let field: String
    /// What was expected, and what was found.
    public let detail: String

    public init(field: String, detail: String) {
        self.field = field
        self.detail = detail
    }

    public func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("field", field)
            $0.member("detail", detail)
        }
    }
}

/// Why a scalar is refused; completes "expected …".
public struct Refusal: Error, Equatable, Sendable {
    let expected: String
    public init(expected: String) { self.expected = expected }
}

/// A value of a JSON text.
public struct JSONPlace: Sendable {
    let token: Int
}

/// One reading of a JSON text; gathers all that is wrong with it.
public final class JSONReading {
    /// What is wrong from top to bottom need not fill an answer.
    static let mostFaults = 20
    private static let mostOfName = 200

    enum Step {
        case name(StaticString)
        case index(Int)
    }

    let bytes: UnsafeBufferPointer<UInt8>
    let tokens: [JSONToken]
    private(set) var faults: [Fault] = []
    private(set) var isExhausted = false
    private var path: [Step] = []

    private init(_ bytes: UnsafeBufferPointer<UInt8>, _ tokens: [JSONToken]) {
        self.bytes = bytes
        self.tokens = tokens
        path.reserveCapacity(8)
    }

    /// Reads a whole text: the value, or all that is wrong with it.
    public static func read<S: Shape>(_ bytes: UnsafeBufferPointer<UInt8>, as shape: S) -> Result<S.Value, Faults> {
        let tokens: [JSONToken]
        do {
            tokens = try JSONScanner.scan(bytes)
        } catch {
            return .failure(Faults([Fault(field: "", detail: error.detail)]))
        }
        let reading = JSONReading(bytes, tokens)
        let value = shape.read(JSONPlace(token: 0), reading)
        return reading.faults.isEmpty ? .success(value) : .failure(Faults(reading.faults))
    }

    /// Reads a whole text: the value, or all that is wrong with it.
    public static func read<S: Shape>(_ bytes: [UInt8], as shape: S) -> Result<S.Value, Faults> {
        bytes.withUnsafeBufferPointer { read($0, as: shape) }
    }

    /// Says what is wrong with the value that is being read.
    public func refuse(_ detail: String) {
        guard faults.count < Self.mostFaults else {
            isExhausted = true
            return
        }
        faults.append(Fault(field: pointer, detail: detail))
    }

    /// Says what is wrong with a member of the object that is being read.
    func refuse(member name: String, _ detail: String) {
        guard faults.count < Self.mostFaults else {
            isExhausted = true
            return
        }
        // A name that the caller made up may be as long as a whole body.
        let bounded = String(name.unicodeScalars.prefix(Self.mostOfName))
        faults.append(Fault(field: "\(pointer)/\(Self.escaped(bounded))", detail: detail))
    }

    @inline(__always) func within<Value>(_ step: Step, _ body: () -> Value) -> Value {
        path.append(step)
        let value = body()
        path.removeLast()
        return value
    }

    /// The bytes of a token.
    func slice(_ token: JSONToken) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(rebasing: bytes[Int(token.start)..<Int(token.end)])
    }

    /// What a text token means.
    func text(_ token: JSONToken) -> String {
        token.escaped
            ? String(decoding: JSONUnescape.decode(slice(token)), as: UTF8.self)
            : String(decoding: slice(token), as: UTF8.self)
    }

    /// A token as a message shows it.
    func found(_ token: JSONToken) -> String {
        switch token.kind {
        case .text: shown(text(token))
        case .number: token.end - token.start <= 40 ? String(decoding: slice(token), as: UTF8.self) : "a number"
        case .boolean: String(decoding: slice(token), as: UTF8.self)
        case .object, .list, .null: token.kind.name
        }
    }

    private var pointer: String {
        path.map { step in
            switch step {
            case .name(let name): "/\(Self.escaped(name.description))"
            case .index(let index): "/\(index)"
            }
        }.joined()
    }

    private static func escaped(_ name: String) -> String {
        var result = ""
        for scalar in name.unicodeScalars {
            switch scalar {
            case "~": result += "~0"
            case "/": result += "~1"
            // What promises text without it would otherwise be broken by an echo of the input.
            case "\0": result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

/// All that is wrong with one text.
public struct Faults: Error, Equatable {
    public let list: [Fault]
    public init(_ list: [Fault]) { self.list = list }
}

/// Text in quotes, fit for a message: bounded, and without control characters.
func shown(_ text: String) -> String {
    var result = "\""
    for (index, scalar) in text.unicodeScalars.enumerated() {
        guard index < 40 else { return result + "…\"" }
        let isPrintable = scalar.value >= 0x20 && !(0x7F..<0xA0).contains(scalar.value)
        result.unicodeScalars.append(isPrintable ? scalar : "\u{FFFD}")
    }
    return result + "\""
}
