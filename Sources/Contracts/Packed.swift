/// The binary form of everything that crosses a process boundary: a subset of CBOR (RFC 8949) with definite lengths
/// and no tags, so that any language's CBOR library reads and writes it.
///
/// A struct is a map from property names to values; unknown names are passed over and missing optionals are nil, so
/// that two versions of a contract can talk while a role is rolled.
public enum Packed {
    /// Deeper nesting than this is refused: input decides the depth, and the stack must not.
    public static let depthLimit = 64

    public static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = PackedEncoder()
        try encoder.write(value)
        return encoder.writer.bytes
    }

    public static func decode<Value: Decodable>(
        _ type: Value.Type, from bytes: [UInt8], userInfo: [CodingUserInfoKey: any Sendable] = [:]
    ) throws -> Value {
        let decoder = PackedDecoder(PackedReader(bytes), userInfo: userInfo)
        let value = try decoder.read(type, at: 0)
        let end = try decoder.reader.skip(from: 0)
        guard end == bytes.count else { throw PackedError.trailing(bytes.count - end) }
        return value
    }
}

/// Why bytes are not what was expected.
public enum PackedError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The value ends before its length says.
    case short(at: Int)
    /// Bytes are left after the value.
    case trailing(Int)
    /// A form of CBOR that the subset leaves out: indefinite lengths, tags, unassigned simple values.
    case unsupported(UInt8, at: Int)
    case tooDeep
    case notText(at: Int)
    /// A value of another type than the reader asked for.
    case mismatch(expected: String, found: String)
    case missing(key: String)
    case outOfRange(String)
    /// More elements than the form can count.
    case tooMany

    public var description: String {
        switch self {
        case .short(let at): "the bytes end inside the value at offset \(at)"
        case .trailing(let count): "\(count) bytes are left after the value"
        case .unsupported(let byte, let at):
            "initial byte 0x\(String(byte, radix: 16)) at offset \(at) is not used here"
        case .tooDeep: "values are nested deeper than \(Packed.depthLimit)"
        case .notText(let at): "the text at offset \(at) is not UTF-8"
        case .mismatch(let expected, let found): "expected \(expected), found \(found)"
        case .missing(let key): "expected the key \"\(key)\", found none"
        case .outOfRange(let text): text
        case .tooMany: "a map of more than 65,535 or a list of more than 4,294,967,295 elements"
        }
    }
}
