/// Turns any `Encodable` into packed bytes. The containers write straight into one buffer; a map or list whose
/// length is not known yet keeps room for its count and fills it in as entries come.
final class PackedEncoder: Encoder {
    var writer = PackedWriter()
    /// Paths are not kept: they cost an allocation a level, and an encoding fault is a fault of ours, found in a test.
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(PackedMapWriter<Key>(encoder: self, place: writer.openMap()))
    }
    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        PackedListWriter(encoder: self, place: writer.openList())
    }
    func singleValueContainer() -> any SingleValueEncodingContainer { PackedValueWriter(encoder: self) }

    /// Writes a value; the types that messages are made of skip the detour through their own `encode(to:)`.
    func write<Value: Encodable>(_ value: Value) throws {
        // The type was compared just before: the cast only tells the compiler.
        if Value.self == String.self { return writer.text(unsafeBitCast(value, to: String.self)) }
        if Value.self == [UInt8].self { return writer.data(unsafeBitCast(value, to: [UInt8].self)) }
        let before = writer.bytes.count
        try value.encode(to: self)
        // A type without content asks for no container: it is an empty map.
        if writer.bytes.count == before { writer.map(count: 0) }
    }
}

struct PackedMapWriter<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let encoder: PackedEncoder
    let place: Int
    var codingPath: [any CodingKey] { [] }

    private func key(_ key: Key) throws {
        try encoder.writer.countEntry(place)
        encoder.writer.text(key.stringValue)
    }
    func encodeNil(forKey key: Key) throws {
        try self.key(key)
        encoder.writer.null()
    }
    func encode(_ value: Bool, forKey key: Key) throws {
        try self.key(key)
        encoder.writer.bool(value)
    }
    func encode(_ value: String, forKey key: Key) throws {
        try self.key(key)
        encoder.writer.text(value)
    }
    func encode(_ value: Double, forKey key: Key) throws {
        try self.key(key)
        encoder.writer.double(value)
    }
    func encode(_ value: Float, forKey key: Key) throws {
        try self.key(key)
        encoder.writer.float(value)
    }
    private func signed(_ value: some BinaryInteger, _ key: Key) throws {
        try self.key(key)
        encoder.writer.signed(Int64(value))
    }
    private func unsigned(_ value: some BinaryInteger, _ key: Key) throws {
        try self.key(key)
        encoder.writer.unsigned(UInt64(value))
    }
    func encode(_ value: Int, forKey key: Key) throws { try signed(value, key) }
    func encode(_ value: Int8, forKey key: Key) throws { try signed(value, key) }
    func encode(_ value: Int16, forKey key: Key) throws { try signed(value, key) }
    func encode(_ value: Int32, forKey key: Key) throws { try signed(value, key) }
    func encode(_ value: Int64, forKey key: Key) throws { try signed(value, key) }
    func encode(_ value: UInt, forKey key: Key) throws { try unsigned(value, key) }
    func encode(_ value: UInt8, forKey key: Key) throws { try unsigned(value, key) }
    func encode(_ value: UInt16, forKey key: Key) throws { try unsigned(value, key) }
    func encode(_ value: UInt32, forKey key: Key) throws { try unsigned(value, key) }
    func encode(_ value: UInt64, forKey key: Key) throws { try unsigned(value, key) }
    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        try self.key(key)
        try encoder.write(value)
    }
    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        // This entry point cannot throw: an overflowing count shows as a count of zero, which the reader refuses.
        try? self.key(key)
        return encoder.container(keyedBy: type)
    }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        try? self.key(key)
        return encoder.unkeyedContainer()
    }
    func superEncoder() -> any Encoder { encoder }
    func superEncoder(forKey key: Key) -> any Encoder {
        try? self.key(key)
        return encoder
    }
}

struct PackedListWriter: UnkeyedEncodingContainer {
    let encoder: PackedEncoder
    let place: Int
    private(set) var count = 0
    var codingPath: [any CodingKey] { [] }

    init(encoder: PackedEncoder, place: Int) {
        self.encoder = encoder
        self.place = place
    }
    private mutating func element() throws {
        count += 1
        try encoder.writer.countElement(place)
    }
    mutating func encodeNil() throws {
        try element()
        encoder.writer.null()
    }
    mutating func encode<Value: Encodable>(_ value: Value) throws {
        try element()
        try encoder.write(value)
    }
    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        try? element()
        return encoder.container(keyedBy: type)
    }
    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        try? element()
        return encoder.unkeyedContainer()
    }
    mutating func superEncoder() -> any Encoder { encoder }
}

struct PackedValueWriter: SingleValueEncodingContainer {
    let encoder: PackedEncoder
    var codingPath: [any CodingKey] { [] }

    func encodeNil() { encoder.writer.null() }
    func encode(_ value: Bool) { encoder.writer.bool(value) }
    func encode(_ value: String) { encoder.writer.text(value) }
    func encode(_ value: Double) { encoder.writer.double(value) }
    func encode(_ value: Float) { encoder.writer.float(value) }
    func encode(_ value: Int) { encoder.writer.signed(Int64(value)) }
    func encode(_ value: Int8) { encoder.writer.signed(Int64(value)) }
    func encode(_ value: Int16) { encoder.writer.signed(Int64(value)) }
    func encode(_ value: Int32) { encoder.writer.signed(Int64(value)) }
    func encode(_ value: Int64) { encoder.writer.signed(value) }
    func encode(_ value: UInt) { encoder.writer.unsigned(UInt64(value)) }
    func encode(_ value: UInt8) { encoder.writer.unsigned(UInt64(value)) }
    func encode(_ value: UInt16) { encoder.writer.unsigned(UInt64(value)) }
    func encode(_ value: UInt32) { encoder.writer.unsigned(UInt64(value)) }
    func encode(_ value: UInt64) { encoder.writer.unsigned(value) }
    func encode<Value: Encodable>(_ value: Value) throws { try encoder.write(value) }
}
