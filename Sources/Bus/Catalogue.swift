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
        /// What the runtime finds the function by.
        let identifier: String
        let signature: UInt32
    }

    private(set) var byName: [String: Method] = [:]
    private(set) var byIdentifier: [String: Method] = [:]
    /// Two methods that would share a name on the wire.
    private(set) var clashes: [String] = []

    static let shared = Catalogue(identifiers: Catalogue.identifiersOfBinary())

    init(identifiers: [String]) {
        for identifier in identifiers {
            guard let (contract, name) = Catalogue.parse(Catalogue.demangle(identifier)) else { continue }
            let method = Method(
                name: "\(contract).\(name)", contract: contract, identifier: identifier,
                signature: Catalogue.hash(identifier))
            if let other = byName[method.name], other.identifier != identifier { clashes.append(method.name) }
            byName[method.name] = method
            byIdentifier[identifier] = method
        }
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

    /// Of `distributed thunk Contracts.$Echo.say(Swift.String) async throws -> …` the contract and the method. Only
    /// the stubs of `@Resolvable` protocols count: their names begin with a dollar.
    static func parse(_ text: String) -> (contract: String, method: String)? {
        guard let dollar = text.firstIndex(of: "$"), let open = text[dollar...].firstIndex(of: "(") else { return nil }
        let parts = text[text.index(after: dollar)..<open].split(separator: ".")
        guard parts.count == 2 else { return nil }
        return (String(parts[0]), String(parts[1]))
    }

    /// FNV-1a, folded to 32 bits and never 0, which stands for "unknown".
    static func hash(_ identifier: String) -> UInt32 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in identifier.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        let folded = UInt32(truncatingIfNeeded: hash ^ hash >> 32)
        return folded == 0 ? 1 : folded
    }
}
