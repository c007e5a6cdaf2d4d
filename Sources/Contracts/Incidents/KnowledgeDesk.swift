public import Distributed

/// Who remembers what happened before, under the actor name `knowledge`. Triage asks it for incidents like one at hand,
/// Remediation for what has helped then.
@Resolvable
public protocol KnowledgeDesk: DistributedActor where ActorSystem: DistributedActorSystem<any Codable> {
    /// What is known about it, the nearest first.
    distributed func search(_ question: KnowledgeQuestion) async throws -> [KnowledgeHit]
}

/// The name under which the desk is served.
public enum KnowledgeNames {
    public static let actor = "knowledge"
}

/// What there is to know of.
public enum KnowledgeKind: String, Codable, Sendable, Equatable, CaseIterable { case postmortem, runbook, note }

/// What is looked for: words, a signature, or both.
public struct KnowledgeQuestion: Codable, Sendable, Equatable {
    /// Words of anybody: nothing in them is an order to the search.
    public var text: String
    /// The normalised signals of an incident.
    public var signature: [SignatureTerm]
    /// Empty for all.
    public var kinds: [KnowledgeKind]
    public var limit: Int

    public init(
        text: String = "", signature: [SignatureTerm] = [], kinds: [KnowledgeKind] = [], limit: Int = 10
    ) {
        self.text = text
        self.signature = signature
        self.kinds = kinds
        self.limit = limit
    }
}

/// Something that is known.
public struct KnowledgeHit: Codable, Sendable, Equatable {
    /// `postmortem/I-12`, `runbook/NAME`, `note/NAME`
    public var id: String
    public var kind: KnowledgeKind
    public var title: String
    /// From 0 to 1: how well it fits among what was found.
    public var score: Double
    /// Cosine of the two signatures; nil where none was asked for, or it has none.
    public var similarity: Double?
    /// A piece of its text.
    public var snippet: String
    /// Why it was found, in a sentence.
    public var why: String
    /// Of a post-mortem: its signature, what it turned out to be, what was done and whether that helped.
    public var past: PastSignature?
    /// Nanoseconds since 1970.
    public var at: Int64

    public init(
        id: String, kind: KnowledgeKind, title: String, score: Double, similarity: Double?, snippet: String,
        why: String, past: PastSignature?, at: Int64
    ) {
        self.id = id
        self.kind = kind
        self.title = title
        self.score = score
        self.similarity = similarity
        self.snippet = snippet
        self.why = why
        self.past = past
        self.at = at
    }
}
