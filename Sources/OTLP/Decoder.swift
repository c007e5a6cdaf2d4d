/// What all three signals share: attributes, values, and the frame of resource and scope around the parts.
struct Decoder {
    static let mostLevels = 24

    let limits: IntakeLimits
    var faults = Faults()
    private var partsLeft: Int

    init(limits: IntakeLimits) {
        self.limits = limits
        partsLeft = limits.mostParts
    }

    mutating func message(_ reader: inout WireReader, _ field: WireField) throws(OTLPRefusal) -> WireReader {
        guard partsLeft > 0 else { throw .tooManyParts(limit: limits.mostParts) }
        partsLeft -= 1
        return try reader.message(field)
    }

    /// Every part of a request; `part` gives nil for one that it has counted as faulty.
    mutating func intake<Part>(
        _ bytes: UnsafeRawBufferPointer,
        _ part: (inout Decoder, consuming WireReader) throws(OTLPRefusal) -> Part?
    ) throws(OTLPRefusal) -> Intake<Part> {
        var intake = Intake<Part>()
        var request = WireReader(bytes)
        while let field = try request.field() {
            guard field.number == 1 else {
                try request.skip(field)
                continue
            }
            try resource(try message(&request, field), into: &intake.groups, part)
        }
        intake.faults = faults
        return intake
    }

    /// The resource may stand after its parts, so it is looked for first.
    private mutating func resource<Part>(
        _ reader: WireReader, into groups: inout [Group<Part>],
        _ part: (inout Decoder, consuming WireReader) throws(OTLPRefusal) -> Part?
    ) throws(OTLPRefusal) {
        var attributes: [Attribute] = []
        var dropped = 0
        var first = reader
        while let field = try first.field() {
            guard field.number == 1 else {
                try first.skip(field)
                continue
            }
            var inner = try message(&first, field)
            while let field = try inner.field() {
                guard field.number == 1 else {
                    try inner.skip(field)
                    continue
                }
                try attribute(&inner, field, into: &attributes, dropped: &dropped)
            }
        }
        var second = reader
        while let field = try second.field() {
            guard field.number == 2 else {
                try second.skip(field)
                continue
            }
            var group = try scope(try message(&second, field), resource: attributes, part)
            group.dropped += dropped
            if !group.parts.isEmpty { groups.append(group) }
        }
    }

    private mutating func scope<Part>(
        _ whole: WireReader, resource: [Attribute],
        _ part: (inout Decoder, consuming WireReader) throws(OTLPRefusal) -> Part?
    ) throws(OTLPRefusal) -> Group<Part> {
        var group = Group<Part>(resource: resource, parts: [])
        var reader = whole
        while let field = try reader.field() {
            switch field.number {
            case 1:
                var inner = try message(&reader, field)
                while let field = try inner.field() {
                    switch field.number {
                    case 1: group.scope.name = try inner.text(field)
                    case 2: group.scope.version = try inner.text(field)
                    case 3: try attribute(&inner, field, into: &group.scope.attributes, dropped: &group.dropped)
                    default: try inner.skip(field)
                    }
                }
            case 2:
                if let kept = try part(&self, try message(&reader, field)) { group.parts.append(kept) }
            default: try reader.skip(field)
            }
        }
        return group
    }

    mutating func attribute(
        _ reader: inout WireReader, _ field: WireField, into attributes: inout [Attribute], dropped: inout Int
    ) throws(OTLPRefusal) {
        let inner = try message(&reader, field)
        guard attributes.count < limits.mostAttributes else {
            dropped += 1
            return
        }
        attributes.append(try keyed(inner, level: 0))
    }

    private mutating func keyed(_ whole: WireReader, level: Int) throws(OTLPRefusal) -> Attribute {
        var reader = whole
        var attribute = Attribute("", .none)
        while let field = try reader.field() {
            switch field.number {
            case 1: attribute.key = try reader.text(field)
            case 2: attribute.value = try value(try message(&reader, field), level: level)
            default: try reader.skip(field)
            }
        }
        return attribute
    }

    mutating func value(_ whole: WireReader, level: Int) throws(OTLPRefusal) -> AnyValue {
        var reader = whole
        guard level < Self.mostLevels else { throw reader.fault("at most \(Self.mostLevels) levels of values") }
        var value = AnyValue.none
        while let field = try reader.field() {
            switch field.number {
            case 1: value = .text(try reader.text(field))
            case 2: value = .flag(try reader.unsigned(field) != 0)
            case 3: value = .whole(Int64(bitPattern: try reader.unsigned(field)))
            case 4: value = .number(try reader.double(field))
            case 5: value = .list(try list(try message(&reader, field), level: level + 1))
            case 6: value = .map(try map(try message(&reader, field), level: level + 1))
            case 7: value = .bytes(Array(try reader.raw(field)))
            default: try reader.skip(field)
            }
        }
        return value
    }
    private mutating func list(_ whole: WireReader, level: Int) throws(OTLPRefusal) -> [AnyValue] {
        var reader = whole
        var values: [AnyValue] = []
        while let field = try reader.field() {
            guard field.number == 1 else {
                try reader.skip(field)
                continue
            }
            values.append(try value(try message(&reader, field), level: level))
        }
        return values
    }
    private mutating func map(_ whole: WireReader, level: Int) throws(OTLPRefusal) -> [Attribute] {
        var reader = whole
        var values: [Attribute] = []
        while let field = try reader.field() {
            guard field.number == 1 else {
                try reader.skip(field)
                continue
            }
            values.append(try keyed(try message(&reader, field), level: level))
        }
        return values
    }

    /// nil unless the bytes are sixteen, and not all zero.
    static func trace(_ bytes: UnsafeRawBufferPointer) -> TraceIdentity? {
        guard bytes.count == 16 else { return nil }
        let identity = TraceIdentity(
            high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
            low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
        return identity.high | identity.low == 0 ? nil : identity
    }
    /// nil unless the bytes are eight, and not all zero.
    static func span(_ bytes: UnsafeRawBufferPointer) -> UInt64? {
        guard bytes.count == 8 else { return nil }
        let identity = UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self))
        return identity == 0 ? nil : identity
    }
}
