import Definitions
import Glibc
import Host

/// The secrets of signed webhooks: in files of the data directory or in the environment, read anew each time.
struct Secrets: Sendable {
    let data: String
    let hooks: [TriageDefinition.Hook]

    /// Nil for a hook that is not known, and for one whose secret is not there.
    func secret(of name: String) -> [UInt8]? {
        guard let hook = hooks.first(where: { $0.name == name }) else { return nil }
        switch hook.secret {
        case .file(let file):
            guard let text = ProcessFiles.text("\(data)/secrets/\(file)") else { return nil }
            let bytes = Array(text.utf8)
            let trimmed = bytes.reversed().drop { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }.reversed()
            return trimmed.isEmpty ? nil : Array(trimmed)
        case .environment(let variable):
            guard let value = getenv(variable) else { return nil }
            let bytes = Array(String(cString: value).utf8)
            return bytes.isEmpty ? nil : bytes
        }
    }
}
