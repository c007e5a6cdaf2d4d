/// A piece of JSON Schema (2020-12, as OpenAPI 3.1 has it), in the order in which it is to be written.
public indirect enum Schema: Sendable, Equatable {
    case text(String)
    /// A number, `true` or `false`, as JSON writes it.
    case literal(String)
    case list([Schema])
    case object([Member])
    /// A schema that has a name: written once for all, and pointed at wherever it is used.
    case named(String, Schema)

    /// `"name": value`
    public struct Member: Sendable, Equatable {
        public let name: String
        public let value: Schema
        public init(_ name: String, _ value: Schema) {
            self.name = name
            self.value = value
        }
    }

    /// An object from pairs.
    public static func of(_ members: KeyValuePairs<String, Schema>) -> Schema {
        .object(members.map { Member($0.key, $0.value) })
    }

    /// The same with more members; of a named schema what its name stands for stays as it is.
    func adding(_ more: [Member]) -> Schema {
        guard !more.isEmpty, case .object(let members) = self else { return self }
        return .object(members + more)
    }

    /// All named schemas in this one, each before those that use it.
    func collectNamed(into found: inout [Member]) {
        switch self {
        case .text, .literal: return
        case .list(let items): for item in items { item.collectNamed(into: &found) }
        case .object(let members): for member in members { member.value.collectNamed(into: &found) }
        case .named(let name, let schema):
            guard !found.contains(where: { $0.name == name }) else { return }
            schema.collectNamed(into: &found)
            found.append(Member(name, schema))
        }
    }
}

extension Schema: JSONWritable {
    public func write(to writer: inout JSONWriter) {
        switch self {
        case .text(let text): writer.text(text)
        case .literal(let literal): writer.literal(literal.utf8)
        case .list(let items): writer.list(items)
        case .object(let members):
            writer.object { writer in
                for member in members { writer.member(named: member.name, member.value) }
            }
        case .named(let name, _):
            writer.object { $0.member("$ref", "#/components/schemas/\(name)") }
        }
    }
}
extension Schema: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
    public init(stringLiteral value: String) { self = .text(value) }
    public init(integerLiteral value: Int) { self = .literal("\(value)") }
    public init(booleanLiteral value: Bool) { self = .literal("\(value)") }
}
