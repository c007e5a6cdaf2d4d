import Glibc
public import Settings

/// Where a secret is; no file of the repository has it.
public enum SecretPlace: Sendable, Equatable {
    /// The file of this name in the folder `secrets` of the data directory.
    case file(String)
    /// A variable of the environment.
    case environment(String)

    /// The secret as it is now, without the line break at its end; nil where there is none.
    public func bytes(data: String) -> [UInt8]? {
        switch self {
        case .file(let name):
            guard let bytes = try? Definitions.bytes("\(data)/secrets/\(name)") else { return nil }
            let trimmed = bytes.reversed().drop { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }.reversed()
            return trimmed.isEmpty ? nil : Array(trimmed)
        case .environment(let variable):
            guard let value = getenv(variable) else { return nil }
            let bytes = Array(String(cString: value).utf8)
            return bytes.isEmpty ? nil : bytes
        }
    }

    /// As a message names it.
    public var description: String {
        switch self {
        case .file(let name): "DATA/secrets/\(name)"
        case .environment(let variable): "$\(variable)"
        }
    }

    /// `secret-file` or `secret-variable`, exactly one of them.
    public static func read(_ section: Section, otherwise name: String) -> SecretPlace {
        if let place = readOptional(section) { return place }
        section.refuse("name", "expected either secret-file or secret-variable")
        return .file(name)
    }

    /// Nil where neither stands there.
    public static func readOptional(_ section: Section) -> SecretPlace? {
        let file = section.optional("secret-file", .name)
        let variable = section.optional(
            "secret-variable",
            .matching("the name of a variable of the environment", standIn: "A") { text in
                (1...100).contains(text.utf8.count)
                    && text.utf8.allSatisfy { (65...90).contains($0) || (48...57).contains($0) || $0 == 95 }
            })
        if file != nil, variable != nil {
            section.refuse("secret-variable", "expected either secret-file or secret-variable, found both")
        }
        return file.map { .file($0) } ?? variable.map { .environment($0) }
    }
}
