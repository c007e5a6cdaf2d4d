/// Reads any `Decodable` out of packed bytes. A map is indexed once when its container is asked for, so that keys
/// may come in any order and those that nobody asks for are passed over.
final class PackedDecoder: Decoder {
    let reader: PackedReader
    /// Where the value under decoding starts; every container takes it at its creation.
    private(set) var at = 0
    private var depth = 0
    let userInfo: [CodingUserInfoKey: Any]
    var codingPath: [any CodingKey] { [] }

    init(_ reader: PackedReader, userInfo: [CodingUserInfoKey: any Sendable]) {
        self.reader = reader
        self.userInfo = userInfo
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(try PackedMapReader<Key>(decoder: self, at: at))
    }
    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { try PackedListReader(decoder: self, at: at) }
    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        PackedValueReader(decoder: self, at: at)
    }

    func read<Value: Decodable>(_ type: Value.Type, at offset: Int) throws -> Value {
        // The type was compared just before: the cast only tells the compiler.
        if type == String.self { return unsafeBitCast(try reader.text(at: offset), to: type) }
        if type == [UInt8].self { return unsafeBitCast(try reader.data(at: offset), to: type) }
        guard depth < Packed.depthLimit else { throw PackedError.tooDeep }
        let before = at
        depth += 1
        at = offset
        defer {
            depth -= 1
            at = before
        }
        return try type.init(from: self)
    }
}

struct PackedMapReader<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let decoder: PackedDecoder
    /// Where each key's text and each value starts, in the order of the bytes.
    private var entries: [(key: Range<Int>, value: Int)] = []
    var codingPath: [any CodingKey] { [] }

    init(decoder: PackedDecoder, at offset: Int) throws {
        self.decoder = decoder
        let reader = decoder.reader
        let head = try reader.head(at: offset)
        guard head.major == 5 else {
            throw PackedError.mismatch(expected: "a map", found: try reader.kind(at: offset))
        }
        guard head.count <= UInt64(reader.bytes.count) else { throw PackedError.short(at: offset) }
        var position = head.content
        entries.reserveCapacity(Int(head.count))
        for _ in 0..<head.count {
            let key = try reader.head(at: position)
            guard key.major == 3 else {
                throw PackedError.mismatch(expected: "text as a key", found: try reader.kind(at: position))
            }
            let end = key.content + (try reader.length(key))
            entries.append((key.content..<end, end))
            position = try reader.skip(from: end)
        }
    }

    private func find(_ key: Key) -> Int? {
        let bytes = decoder.reader.bytes
        var name = key.stringValue
        return name.withUTF8 { wanted in
            for entry in entries where entry.key.count == wanted.count {
                if bytes[entry.key].elementsEqual(wanted) { return entry.value }
            }
            return nil
        }
    }
    private func place(_ key: Key) throws -> Int {
        guard let place = find(key) else { throw PackedError.missing(key: key.stringValue) }
        return place
    }

    var allKeys: [Key] {
        entries.compactMap { Key(stringValue: String(decoding: decoder.reader.bytes[$0.key], as: UTF8.self)) }
    }
    func contains(_ key: Key) -> Bool { find(key) != nil }
    func decodeNil(forKey key: Key) throws -> Bool { decoder.reader.isNull(at: try place(key)) }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try decoder.reader.bool(at: place(key)) }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try decoder.reader.text(at: place(key)) }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try decoder.reader.double(at: place(key)) }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float {
        Float(try decoder.reader.double(at: place(key)))
    }
    private func integer<Value: FixedWidthInteger>(_ key: Key) throws -> Value {
        try decoder.reader.integer(Value.self, at: place(key))
    }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try integer(key) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try integer(key) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try integer(key) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try integer(key) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try integer(key) }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try integer(key) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try integer(key) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try integer(key) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try integer(key) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try integer(key) }
    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try decoder.read(type, at: place(key))
    }
    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> {
        KeyedDecodingContainer(try PackedMapReader<Nested>(decoder: decoder, at: place(key)))
    }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try PackedListReader(decoder: decoder, at: place(key))
    }
    func superDecoder() throws -> any Decoder { decoder }
    func superDecoder(forKey key: Key) throws -> any Decoder { decoder }
}

struct PackedListReader: UnkeyedDecodingContainer {
    let decoder: PackedDecoder
    let count: Int?
    private let length: Int
    private var position: Int
    private(set) var currentIndex = 0
    var codingPath: [any CodingKey] { [] }
    var isAtEnd: Bool { currentIndex >= length }

    init(decoder: PackedDecoder, at offset: Int) throws {
        self.decoder = decoder
        let head = try decoder.reader.head(at: offset)
        guard head.major == 4 else {
            throw PackedError.mismatch(expected: "a list", found: try decoder.reader.kind(at: offset))
        }
        guard head.count <= UInt64(decoder.reader.bytes.count) else { throw PackedError.short(at: offset) }
        length = Int(head.count)
        count = length
        position = head.content
    }

    /// The place of the next element, with the cursor moved behind it.
    private mutating func next() throws -> Int {
        guard !isAtEnd else { throw PackedError.missing(key: "element \(currentIndex)") }
        let place = position
        position = try decoder.reader.skip(from: place)
        currentIndex += 1
        return place
    }
    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd, decoder.reader.isNull(at: position) else { return false }
        _ = try next()
        return true
    }
    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try decoder.read(type, at: next())
    }
    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> {
        KeyedDecodingContainer(try PackedMapReader<Nested>(decoder: decoder, at: next()))
    }
    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try PackedListReader(decoder: decoder, at: next())
    }
    mutating func superDecoder() throws -> any Decoder { decoder }
}

struct PackedValueReader: SingleValueDecodingContainer {
    let decoder: PackedDecoder
    let at: Int
    var codingPath: [any CodingKey] { [] }

    func decodeNil() -> Bool { decoder.reader.isNull(at: at) }
    func decode(_ type: Bool.Type) throws -> Bool { try decoder.reader.bool(at: at) }
    func decode(_ type: String.Type) throws -> String { try decoder.reader.text(at: at) }
    func decode(_ type: Double.Type) throws -> Double { try decoder.reader.double(at: at) }
    func decode(_ type: Float.Type) throws -> Float { Float(try decoder.reader.double(at: at)) }
    func decode(_ type: Int.Type) throws -> Int { try decoder.reader.integer(type, at: at) }
    func decode(_ type: Int8.Type) throws -> Int8 { try decoder.reader.integer(type, at: at) }
    func decode(_ type: Int16.Type) throws -> Int16 { try decoder.reader.integer(type, at: at) }
    func decode(_ type: Int32.Type) throws -> Int32 { try decoder.reader.integer(type, at: at) }
    func decode(_ type: Int64.Type) throws -> Int64 { try decoder.reader.integer(type, at: at) }
    func decode(_ type: UInt.Type) throws -> UInt { try decoder.reader.integer(type, at: at) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try decoder.reader.integer(type, at: at) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try decoder.reader.integer(type, at: at) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try decoder.reader.integer(type, at: at) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try decoder.reader.integer(type, at: at) }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try decoder.read(type, at: at) }
}
