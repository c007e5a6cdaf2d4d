import Glibc
public import Settings

/// Where pull requests are kept, when that is not the cluster's own repository.
public struct ForgeDefinition: Sendable, Equatable {
    /// Of the forge's API.
    public var url: String
    public var owner: String
    public var name: String
    /// Where git fetches from.
    public var clone: String
    /// The file with the token.
    public var tokenFile: String
    /// How often `main` is fetched.
    public var every: Duration
}

extension Definitions {
    /// Reads `forge.yaml`; nil where there is none, or where it says `kind: local`.
    public static func forge(file path: String) throws(ConfigurationError) -> ForgeDefinition? {
        guard access(path, F_OK) == 0 else { return nil }
        return try Document(path: path).read { top in
            _ = top.required("version", .wholeNumber(in: 1...1))
            let kind = top.required("kind", .choice(of: ForgeKind.self))
            guard kind == .github else { return ForgeDefinition?.none }
            let web = Scalar<String>.matching("a URL that begins with https:// or http://", standIn: "https://") {
                $0.hasPrefix("https://") || $0.hasPrefix("http://")
            }
            let owner = top.required("owner", .text(length: 1...100))
            let name = top.required("repository", .text(length: 1...100))
            return ForgeDefinition(
                url: top.value("url", web, otherwise: "https://api.github.com"), owner: owner, name: name,
                clone: top.value("clone", .text(length: 1...500), otherwise: "https://github.com/\(owner)/\(name).git"),
                tokenFile: top.required("token-file", .text(length: 1...500)),
                every: top.value("every", .duration(in: .seconds(1)...(.seconds(3_600))), otherwise: .seconds(10)))
        }
    }

    private enum ForgeKind: String, CaseIterable, Sendable { case local, github }
}
