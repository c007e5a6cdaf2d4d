import CHost
import Glibc

/// The distributed methods that this binary knows, under the names they have on the wire.
///
/// The compiler lists every distributed function in a section of the binary; the catalogue is read from there, so
/// that nobody keeps a list by hand and nothing outside it can be called. A method's name is `Protocol.method`, and
/// its signature a hash of the mangled name, which changes when a parameter's type does.
struct Catalogue: Sendable {
    struct Method: Sendable {
        /// `Echo.say`.
        let name: String
        let contract: String
        /// What the runtime finds the stub's function by.
        let identifier: String
        let signature: UInt32
        /// The types of its parameters, to find the same method of an actor.
        fileprivate let parameters: String
    }

    private(set) var byName: [String: Method] = [:]
    private(set) var byIdentifier: [String: Method] = [:]
    /// Two methods that would share a name on the wire.
    private(set) var clashes: [String] = []
    /// The functions of actors, by `Module.Type.method(parameters)`.
    private var concrete: [String: String] = [:]

    static let shared = Catalogue(identifiers: Catalogue.identifiersOfBinary())

    init(identifiers: [String]) {
        for identifier in identifiers {
            guard let function = Function(Catalogue.demangle(identifier)) else { continue }
            guard function.type.contains(".$") else {
                concrete["\(function.type).\(function.name)(\(function.parameters))"] = identifier
                continue
            }
            let contract = String(function.type.split(separator: "$").last ?? "")
            let method = Method(
                name: "\(contract).\(function.name)", contract: contract, identifier: identifier,
                signature: Catalogue.hash(identifier), parameters: function.parameters)
            if let other = byName[method.name], other.identifier != identifier { clashes.append(method.name) }
            byName[method.name] = method
            byIdentifier[identifier] = method
        }
    }

    /// How the methods of a contract are carried out on an actor of that type: by its own functions where the binary
    /// has them, which spares the runtime to look through the protocol, and by the stub's otherwise.
    func entries(contract: String, stub: any Any.Type, actor: String) -> [String: Entry] {
        var entries: [String: Entry] = [:]
        for method in byName.values where method.contract == contract {
            let short = method.name.dropFirst(contract.count + 1)
            if let own = concrete["\(actor).\(short)(\(method.parameters))"] {
                entries[method.name] = Entry(identifier: own, stub: nil, signature: method.signature)
            } else {
                entries[method.name] = Entry(identifier: method.identifier, stub: stub, signature: method.signature)
            }
        }
        return entries
    }

    /// How one method is carried out on one actor.
    struct Entry: Sendable {
        let identifier: String
        /// The type over which the stub's function is generic; nil for the actor's own.
        let stub: (any Any.Type)?
        let signature: UInt32
    }

    /// Each record is five 32-bit words, the first of them the distance to the mangled name.
    private static func identifiersOfBinary() -> [String] {
        guard let begin = host_distributed_begin(), let end = host_distributed_end() else { return [] }
        return stride(from: 0, to: end - begin, by: 20).map { offset in
            let record = begin + offset
            return String(cString: (record + Int(record.load(as: Int32.self))).assumingMemoryBound(to: CChar.self))
        }
    }

    private static func demangle(_ identifier: String) -> String {
        guard let text = host_demangle(identifier) else { return "" }
        defer { free(text) }
        return String(cString: text)
    }

    /// `distributed thunk Contracts.$Echo.say(Swift.String) async throws -> …`, taken apart.
    struct Function: Equatable {
        var type: String
        var name: String
        var parameters: String

        init?(_ text: String) {
            let prefix = "distributed thunk "
            guard text.hasPrefix(prefix), let open = text.firstIndex(of: "(") else { return nil }
            let path = text[text.index(text.startIndex, offsetBy: prefix.count)..<open]
            guard let dot = path.lastIndex(of: ".") else { return nil }
            type = String(path[..<dot])
            name = String(path[path.index(after: dot)...])
            // Up to the parenthesis that closes the first: types hold parentheses of their own.
            var depth = 0
            var end = open
            for index in text[open...].indices {
                if text[index] == "(" { depth += 1 }
                if text[index] == ")" { depth -= 1 }
                end = index
                if depth == 0 { break }
            }
            guard depth == 0, !type.isEmpty, !name.isEmpty else { return nil }
            parameters = String(text[text.index(after: open)..<end])
        }
    }

    /// FNV-1a, folded to 32 bits and never 0, which stands for "unknown".
    static func hash(_ identifier: String) -> UInt32 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in identifier.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        let folded = UInt32(truncatingIfNeeded: hash ^ hash >> 32)
        return folded == 0 ? 1 : folded
    }
}
