/// A list of values of different types, read one after the other: the arguments of a call.
public struct PackedList {
    private var list: PackedListReader

    public init(_ bytes: [UInt8], userInfo: [CodingUserInfoKey: any Sendable] = [:]) throws {
        let reader = PackedReader(bytes)
        let end = try reader.skip(from: 0)
        guard end == bytes.count else { throw PackedError.trailing(bytes.count - end) }
        list = try PackedListReader(decoder: PackedDecoder(reader, userInfo: userInfo), at: 0)
    }

    /// How many values are left.
    public var left: Int { (list.count ?? 0) - list.currentIndex }

    public mutating func next<Value: Decodable>(_ type: Value.Type) throws -> Value { try list.decode(type) }
}

/// Collects values of different types into one list.
public struct PackedListBuilder {
    private let encoder = PackedEncoder()
    private let place: Int

    public init() { place = encoder.writer.openList() }

    public mutating func append<Value: Encodable>(_ value: Value) throws {
        try encoder.writer.countElement(place)
        try encoder.write(value)
    }

    public var bytes: [UInt8] { encoder.writer.bytes }
}
