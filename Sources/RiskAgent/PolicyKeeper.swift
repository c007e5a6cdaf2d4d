import Contracts
import Definitions
import Risk
import Settings
import Store

/// The policy in force, and what is wrong with the files as they are now. A mistake anywhere refuses all files; then the
/// last good policy stays in force, over restarts too.
struct PolicyKeeper: Sendable {
    let folder: String
    private(set) var policy: Policy?
    private(set) var mistakes: [String] = []
    /// Of the bytes that were read last.
    private var seen: Digest?

    /// What a look at the folder has brought.
    enum Turn: Sendable {
        case nothing
        /// Another policy is in force: to be kept.
        case changed([Tables.PolicyText], zones: [KeptFile], version: String)
        /// The files were refused, for these mistakes.
        case refused
    }

    init(folder: String) { self.folder = folder }

    /// Takes over the policy that was in force before a restart.
    mutating func restore(_ texts: [Tables.PolicyText]) {
        let found = Definitions.policy(texts: texts.map { ($0.name, $0.bytes) }, at: folder)
        policy = found.policy
        if found.policy == nil { mistakes = found.mistakes.map(\.description) }
    }

    /// Reads the files; what follows where they are other ones than before.
    mutating func look() -> Turn {
        let texts: [Tables.PolicyText]
        do throws(ConfigurationError) {
            texts = try Definitions.texts(in: folder).map { Tables.PolicyText(name: $0.name, bytes: $0.bytes) }
        } catch {
            return refuse(error.mistakes.map(\.description), Digest(of: []))
        }
        let digest = Self.digest(texts)
        guard digest != seen else { return .nothing }
        let found = Definitions.policy(texts: texts.map { ($0.name, $0.bytes) }, at: folder)
        guard let good = found.policy else { return refuse(found.mistakes.map(\.description), digest) }
        seen = digest
        mistakes = []
        guard good != policy else { return .nothing }
        policy = good
        return .changed(texts, zones: found.zones, version: good.version)
    }

    private mutating func refuse(_ found: [String], _ digest: Digest) -> Turn {
        guard seen != digest || mistakes != found else { return .nothing }
        seen = digest
        mistakes = found
        return .refused
    }

    private static func digest(_ texts: [Tables.PolicyText]) -> Digest {
        var writer = PackedWriter()
        for text in texts {
            writer.text(text.name)
            writer.data(text.bytes)
        }
        return Digest("kintsugi policy files 1", of: writer.bytes)
    }
}
