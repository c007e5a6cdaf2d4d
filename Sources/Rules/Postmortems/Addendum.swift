public import Contracts

/// What became known after a document was written. The document stays as it is: an addendum is tied to it, and to the one
/// before it.
public struct Addendum: Codable, Sendable, Equatable {
    /// What it adds.
    public enum Kind: String, Codable, Sendable, Equatable, CaseIterable {
        case score, comment
        case followUp = "follow_up"
    }

    public static let schemaName = "urn:kintsugi:schema:addendum:1"
    public static let currentVersion = 1

    public var schema = Self.schemaName
    public var version = Self.currentVersion
    public var incident: String
    /// The document that it belongs to.
    public var document: Digest
    /// The addendum before it, or the document itself.
    public var previous: Digest
    /// From 1, for each document.
    public var number: Int
    public var kind: Kind
    /// What makes it one, however often it is told: `entry/NUMBER`, or an id of whoever tells it.
    public var source: String
    public var person: String
    public var at: Instant
    @Nullable public var score: Int?
    public var text: String
    /// The entry of the journal that it follows from; null where it came by another way.
    @Nullable public var entry: JournalHead?

    enum CodingKeys: String, CodingKey {
        case schema, version, incident, document, previous, number, kind, source, person, at, score, text, entry
    }

    /// One tied to a document and to what was added before it.
    public init(
        _ kind: Kind, incident: String, document: Digest, previous: Digest, number: Int, source: String, person: String,
        at: Int64, score: Int? = nil, text: String, entry: JournalHead? = nil
    ) {
        self.kind = kind
        self.incident = incident
        self.document = document
        self.previous = previous
        self.number = number
        self.source = source
        self.person = person
        self.at = Instant(at)
        self.score = score
        self.text = text
        self.entry = entry
    }

    /// What an entry that came after a document says; nil where it adds nothing.
    public static func late(_ item: ReplayedEntry, document: Digest, previous: Digest, number: Int) -> Addendum? {
        guard case .command(let command) = item.input.event else { return nil }
        let head = JournalHead(item)
        func addendum(_ kind: Kind, score: Int?, _ text: String) -> Addendum {
            Addendum(
                kind, incident: item.entry.incident, document: document, previous: previous, number: number,
                source: "entry/\(item.entry.number)", person: command.person, at: item.input.at, score: score,
                text: text, entry: head)
        }
        switch command.kind {
        case .score(let score): return addendum(.score, score: score, command.text)
        case .comment(let text): return addendum(.comment, score: nil, text)
        default: return nil
        }
    }
}

extension JournalHead {
    init(_ item: ReplayedEntry) {
        sequence = item.entry.sequence
        number = item.entry.number
        digest = item.entry.digest
    }
}
