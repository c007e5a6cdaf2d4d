/// An object with members that are known by name. Its description is the code that builds the value:
///
///     static let shape = ObjectShape("NewItem") { item in
///         NewItem(
///             sku: item.required("sku", .text(1...64, .word), "Which product"),
///             quantity: item.required("quantity", .integer(1...1_000), "How many of it"))
///     }
///
/// The code runs once to learn what it asks for, and then for every object that is read. It must ask for the same members
/// every time, and do nothing else.
public struct ObjectShape<Value: Sendable>: Shape {
    public let standIn: Value
    public let schema: Schema
    private let name: String
    private let members: ClosedRange<Int>?
    private let fields: [DescribedMember]
    private let build: @Sendable (inout ObjectReader) -> Value

    /// `members` bounds how many of the members may be there at once: `1...1` for exactly one of several.
    public init(
        _ name: String, _ about: String = "", members: ClosedRange<Int>? = nil,
        _ build: @escaping @Sendable (inout ObjectReader) -> Value
    ) {
        var describing = ObjectReader()
        standIn = build(&describing)
        fields = describing.fields
        self.name = name
        self.members = members
        self.build = build
        schema = .named(name, Self.describe(fields, about, members))
    }

    private static func describe(_ fields: [DescribedMember], _ about: String, _ members: ClosedRange<Int>?) -> Schema {
        var schema: [Schema.Member] = [Schema.Member("type", "object")]
        if !about.isEmpty { schema.append(Schema.Member("description", .text(about))) }
        schema.append(
            Schema.Member("properties", .object(fields.map { Schema.Member($0.name.description, $0.described) })))
        let required = fields.filter(\.isRequired).map { Schema.text($0.name.description) }
        if !required.isEmpty { schema.append(Schema.Member("required", .list(required))) }
        if let members {
            schema.append(Schema.Member("minProperties", .literal("\(members.lowerBound)")))
            schema.append(Schema.Member("maxProperties", .literal("\(members.upperBound)")))
        }
        schema.append(Schema.Member("additionalProperties", false))
        return .object(schema)
    }

    public func read(_ place: JSONPlace, _ reading: JSONReading) -> Value {
        let token = reading.tokens[place.token]
        guard token.kind == .object else {
            reading.refuse("expected an object, found \(reading.found(token))")
            return standIn
        }
        var reader = ObjectReader(reading, place.token)
        let value = build(&reader)
        // As many found as there are: then none is a stranger, and none is there twice.
        if reader.found != Int(token.count) { refuseStrangers(place.token, reading) }
        if let members, !members.contains(Int(token.count)) {
            let names = fields.map(\.name.description).joined(separator: ", ")
            let bounds = members.count == 1 ? "\(members.lowerBound)" : "\(members.lowerBound) to \(members.upperBound)"
            reading.refuse("expected exactly \(bounds) of \(names), found \(token.count) members")
        }
        return value
    }

    private func refuseStrangers(_ object: Int, _ reading: JSONReading) {
        var seen = [Bool](repeating: false, count: fields.count)
        var at = object + 1
        for _ in 0..<Int(reading.tokens[object].count) where !reading.isExhausted {
            let name = reading.text(reading.tokens[at])
            if let index = fields.firstIndex(where: { $0.name.description == name }) {
                if seen[index] { reading.refuse(member: name, "expected each member once, found it again") }
                seen[index] = true
            } else {
                let known = fields.map(\.name.description).joined(separator: ", ")
                reading.refuse(member: name, "expected one of \(known), found \(shown(name))")
            }
            at = Int(reading.tokens[at + 1].next)
        }
    }
}

/// A member that an object shape asks for.
struct DescribedMember: Sendable {
    let name: StaticString
    let schema: Schema
    let isRequired: Bool
    let about: String
    var standard: Schema?

    var described: Schema {
        var more: [Schema.Member] = []
        if !about.isEmpty { more.append(Schema.Member("description", .text(about))) }
        if let standard { more.append(Schema.Member("default", standard)) }
        if case .named = schema, !more.isEmpty { return .object([Schema.Member("allOf", .list([schema]))] + more) }
        return schema.adding(more)
    }
}

/// Hands out the members of one object by their names.
public struct ObjectReader {
    /// nil while the shape learns what is asked for.
    private let reading: JSONReading?
    private let object: Int
    /// Most callers write the members in the order in which we ask.
    private var next: Int
    private var passed = 0
    fileprivate var found = 0
    fileprivate var fields: [DescribedMember] = []

    fileprivate init() {
        reading = nil
        object = 0
        next = 0
    }

    fileprivate init(_ reading: JSONReading, _ object: Int) {
        self.reading = reading
        self.object = object
        next = object + 1
    }

    /// A member that must be there.
    public mutating func required<S: Shape>(_ name: StaticString, _ shape: S, _ about: String = "") -> S.Value {
        guard let reading else {
            fields.append(DescribedMember(name: name, schema: shape.schema, isRequired: true, about: about))
            return shape.standIn
        }
        guard let place = find(name, reading) else {
            reading.within(.name(name)) { reading.refuse("expected a value, found nothing") }
            return shape.standIn
        }
        return reading.within(.name(name)) { shape.read(JSONPlace(token: place), reading) }
    }

    /// A member that may be left out; `null` is not leaving it out.
    public mutating func optional<S: Shape>(_ name: StaticString, _ shape: S, _ about: String = "") -> S.Value? {
        guard let reading else {
            fields.append(DescribedMember(name: name, schema: shape.schema, isRequired: false, about: about))
            return nil
        }
        guard let place = find(name, reading) else { return nil }
        return reading.within(.name(name)) { shape.read(JSONPlace(token: place), reading) }
    }

    /// A member with a value for where it is left out.
    public mutating func value<S: Shape>(
        _ name: StaticString, _ shape: S, otherwise: S.Value, _ about: String = ""
    ) -> S.Value where S.Value: JSONWritable {
        guard reading != nil else {
            var field = DescribedMember(name: name, schema: shape.schema, isRequired: false, about: about)
            field.standard = .literal(String(decoding: JSONWriter.bytes(of: otherwise), as: UTF8.self))
            fields.append(field)
            return otherwise
        }
        return optional(name, shape, about) ?? otherwise
    }

    /// The token of a member's value.
    private mutating func find(_ name: StaticString, _ reading: JSONReading) -> Int? {
        let count = Int(reading.tokens[object].count)
        if passed < count, matches(next, name, reading) { return pass(reading) }
        var at = object + 1
        for index in 0..<count {
            if matches(at, name, reading) {
                (next, passed) = (at, index)
                return pass(reading)
            }
            at = Int(reading.tokens[at + 1].next)
        }
        return nil
    }

    private mutating func pass(_ reading: JSONReading) -> Int {
        let value = next + 1
        next = Int(reading.tokens[value].next)
        passed += 1
        found += 1
        return value
    }

    @inline(__always) private func matches(_ token: Int, _ name: StaticString, _ reading: JSONReading) -> Bool {
        let token = reading.tokens[token]
        if token.escaped { return reading.text(token) == name.description }
        let count = Int(token.end - token.start)
        guard count == name.utf8CodeUnitCount else { return false }
        for index in 0..<count where reading.bytes[Int(token.start) + index] != name.utf8Start[index] { return false }
        return true
    }
}
