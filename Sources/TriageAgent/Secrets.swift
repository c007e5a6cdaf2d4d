import Definitions

/// The secrets of signed webhooks: in files of the data directory or in the environment, read anew each time.
struct Secrets: Sendable {
    let data: String
    let hooks: [TriageDefinition.Hook]

    /// Nil for a hook that is not known, and for one whose secret is not there.
    func secret(of name: String) -> [UInt8]? {
        hooks.first { $0.name == name }?.secret.bytes(data: data)
    }
}
