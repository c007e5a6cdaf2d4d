import Contracts
import Definitions
import FoundationEssentials
import Postmortems
import Risk

@testable import Replaying

/// The documents that are kept beside the tests.
enum Cases {
    static let names = [
        "helped", "agreed", "rejected", "rolled-back", "escalated", "mended-by-a-person", "suppressed", "given-up",
    ]

    static func bytes(_ name: String) throws -> [UInt8] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Golden/postmortems")
        return [UInt8](try Data(contentsOf: folder.appendingPathComponent("\(name).json")))
    }

    static func document(_ name: String) throws -> Postmortem {
        try DocumentBytes.read(Postmortem.self, try bytes(name))
    }

    static func replay(_ name: String) throws -> Replay { Replay(try ReplayCase(try document(name))) }

    /// Lets an action go, asks for it, or forbids it.
    static func policy(_ verdict: String) -> Policy? {
        let text = """
            version: 1
            name: other
            askers: [remediation]
            autonomy:
              - {actions: [configuration], verdict: \(verdict)}
            otherwise: approve
            confidence: {threshold: 0.1}

            """
        return Definitions.policy(texts: [(name: "other.yaml", bytes: Array(text.utf8))], at: "other").policy
    }
}

/// What replay says about a document: one of three.
enum Said: Equatable {
    case equal
    case divergent(entry: Int)
    case unreadable(entry: Int)

    init(_ document: Postmortem, followsSeals: Bool = true) {
        do throws(ContextFault) {
            let replay = Replay(try ReplayCase(document), followsSeals: followsSeals)
            self = replay.divergence.map { .divergent(entry: $0.entry) } ?? .equal
        } catch {
            switch error {
            case .changed(let entry, _): self = .divergent(entry: entry)
            case .unreadable(let entry, _): self = .unreadable(entry: entry)
            }
        }
    }

    var entry: Int? {
        switch self {
        case .equal: nil
        case .divergent(let entry), .unreadable(let entry): entry
        }
    }
}
