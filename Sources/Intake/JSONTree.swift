import Contracts

/// Any JSON value, for formats that are other people's and may have more in them than is known here.
enum JSONTree: Sendable, Equatable {
    case null
    case flag(Bool)
    case number(Double)
    case text(String)
    case list([JSONTree])
    case map([Member])

    struct Member: Sendable, Equatable {
        var name: String
        var value: JSONTree
    }

    /// More members of one object are nobody's alert.
    static let mostMembers = 500

    /// Reads a body, or says in a sentence why it is none.
    static func read(_ bytes: [UInt8], _ limits: IntakeLimits) throws(IntakeRefusal) -> JSONTree {
        guard bytes.count <= limits.bytes else {
            throw IntakeRefusal(413, "Send at most \(limits.bytes) bytes at a time; these are \(bytes.count).")
        }
        do {
            return try Packed.decode(JSONTree.self, from: JSONText.pack(bytes))
        } catch let error as JSONError {
            throw IntakeRefusal(
                400, "The body is not JSON: expected \(error.expected) at byte \(error.at).\(hint(bytes))")
        } catch {
            throw IntakeRefusal(400, "The body cannot be read: \(error).")
        }
    }

    /// The usual reason why a body is nearly JSON.
    private static func hint(_ bytes: [UInt8]) -> String {
        let text = String(decoding: bytes.prefix(10_000), as: UTF8.self)
        guard text.contains("{{") || text.contains("${") || text.contains("<%") else { return "" }
        return " It looks like a template that was not filled in: let the sender render it, or send its own format."
    }

    subscript(name: String) -> JSONTree? {
        guard case .map(let members) = self, let found = members.last(where: { $0.name == name })?.value else {
            return nil
        }
        return found == .null ? nil : found
    }

    /// A text; nil for all else, and for an empty one.
    var text: String? {
        guard case .text(let text) = self, !text.isEmpty else { return nil }
        return text
    }

    /// What stands there as one word: texts, numbers and flags.
    var word: String? {
        switch self {
        case .text(let text): text
        case .flag(let flag): "\(flag)"
        case .number(let number):
            number == number.rounded() && abs(number) < 1e15 ? "\(Int64(number))" : "\(number)"
        case .null, .list, .map: nil
        }
    }

    var list: [JSONTree]? { if case .list(let items) = self { items } else { nil } }
    var members: [Member]? { if case .map(let members) = self { members } else { nil } }

    /// As a sentence names it.
    var kind: String {
        switch self {
        case .null: "null"
        case .flag: "true or false"
        case .number: "a number"
        case .text(let text): text.contains("{{") ? "a template that was not filled in" : "\"\(text.prefix(40))\""
        case .list: "a list"
        case .map: "an object"
        }
    }
}

extension JSONTree: Decodable {
    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { return nil }
    }

    init(from decoder: any Decoder) throws {
        if let object = try? decoder.container(keyedBy: Key.self) {
            let keys = object.allKeys
            guard keys.count <= Self.mostMembers else {
                throw PackedError.outOfRange(
                    "an object has \(keys.count) members, at most \(Self.mostMembers) are read")
            }
            self = .map(
                try keys.map { Member(name: $0.stringValue, value: try object.decode(JSONTree.self, forKey: $0)) })
            return
        }
        if var list = try? decoder.unkeyedContainer() {
            var items: [JSONTree] = []
            while !list.isAtEnd { items.append(try list.decode(JSONTree.self)) }
            self = .list(items)
            return
        }
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if let flag = try? value.decode(Bool.self) {
            self = .flag(flag)
        } else {
            self = .number(try value.decode(Double.self))
        }
    }
}
