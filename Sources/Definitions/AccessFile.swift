public import Routing
public import Settings

/// Reads `acl.yaml`: which role may call, deliver to, publish and listen to what, and which public keys stand for
/// which role.
public struct AccessFile: Sendable {
    public var access: AccessList
    /// CURVE public keys in Z85, and the role that each stands for.
    public var keys: [(key: String, role: String)]

    public static func read(path: String) throws(ConfigurationError) -> AccessFile {
        try read(Document(path: path))
    }

    public static func read(_ document: Document) throws(ConfigurationError) -> AccessFile {
        try document.read { file in
            _ = file.required("version", .wholeNumber(in: 1...1))
            let roles = file.namedSections("roles") { _, role in
                AccessList.Entry(
                    call: role.list("call", of: .text(length: 1...32)),
                    deliver: role.list("deliver", of: .text(length: 1...32)),
                    publish: role.list("publish", of: .text(length: 0...128)),
                    listen: role.list("listen", of: .text(length: 0...128)))
            }
            let known = Set(roles.map(\.name))
            for (name, entry) in roles {
                for callee in entry.call + entry.deliver where callee != "*" && !known.contains(callee) {
                    file.refuse("roles", "\"\(name)\" names the role \"\(callee)\", which is not listed")
                }
            }
            let keys = file.sections("keys", atMost: 1_000) { key in
                let role = key.required("role", .name)
                if !known.contains(role) { key.refuse("role", "no such role is listed") }
                return (key: key.required("public", .text(length: 40...40)), role: role)
            }
            return AccessFile(access: AccessList(roles.map { ($0.name, $0.value) }), keys: keys)
        }
    }
}
