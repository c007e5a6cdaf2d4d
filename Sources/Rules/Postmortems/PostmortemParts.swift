public import Contracts

/// Who was hurt, and how much, as far as the journal tells.
public struct Impact: Codable, Sendable, Equatable {
    public var nodes: [String]
    /// Since it began, until nothing fired any more.
    public var seconds: Figure
    /// Calls that failed at the service that failed most.
    public var failedRequests: Figure
    public var orders: Figure
    public var budgetMinutes: Figure
    /// What Telemetry had noticed of it, in its own words.
    public var findings: [Finding]

    /// One of them.
    public struct Finding: Codable, Sendable, Equatable {
        public var key: String
        public var text: String
        public var entries: [Int]
    }

    enum CodingKeys: String, CodingKey {
        case nodes, seconds
        case failedRequests = "failed_requests"
        case orders
        case budgetMinutes = "budget_minutes"
        case findings
    }
}

/// How long it took, in seconds.
public struct Durations: Codable, Sendable, Equatable {
    /// From its beginning until it was an incident.
    public var mttd: Figure
    /// From then until somebody said that they know of it.
    public var mtta: Figure
    /// From its beginning until it was mended.
    public var mttr: Figure

    enum CodingKeys: String, CodingKey {
        case mttd = "mttd_seconds"
        case mtta = "mtta_seconds"
        case mttr = "mttr_seconds"
    }
}

/// A signal that would have helped.
public struct MissedSignal: Codable, Sendable, Equatable {
    public var signal: String
    public var reason: String
    public var worth: Double
    public var entries: [Int]
}

/// One entry of the journal, in a sentence.
public struct TimelineLine: Codable, Sendable, Equatable {
    public var entry: Int
    public var at: Instant
    public var actor: String
    public var stage: IncidentStage
    public var generation: Int
    public var text: String
}

/// The same for two readers.
public struct Summaries: Codable, Sendable, Equatable {
    /// What happened, why, and what was done.
    public var engineer: [Sentence]
    /// One paragraph.
    public var payer: [Sentence]
}

/// The last entry that the document was written from.
public struct JournalHead: Codable, Sendable, Equatable {
    public var sequence: Int64
    public var number: Int
    public var digest: Digest
}

/// An entry of the journal with what its input is, and the incident that follows from the inputs up to it.
public struct ReplayedEntry: Sendable, Equatable {
    public var entry: JournalEntry
    public var input: IncidentInput
    public var incident: Incident

    public init(_ entry: JournalEntry, _ input: IncidentInput, _ incident: Incident) {
        self.entry = entry
        self.input = input
        self.incident = incident
    }
}

/// Why there is no document.
public enum PostmortemFault: Error, Sendable, Equatable, CustomStringConvertible {
    case noEntries
    case notOver(String, IncidentStage)
    case notADocument(String)
    case notCanonical(String)

    public var description: String {
        switch self {
        case .noEntries: "expected the entries of an incident from its first on, found none"
        case .notOver(let incident, let stage):
            "\(incident) is \(stage.rawValue): a post-mortem is written when an incident is over"
        case .notADocument(let what): "expected a document, found none: \(what)"
        case .notCanonical(let what): "\(what): expected the one spelling that it has, found another"
        }
    }
}

/// Documents as bytes: the same value has the same bytes, and other bytes are refused.
public enum DocumentBytes {
    /// JSON with every field, in one order.
    public static func write(_ document: some Encodable) throws -> [UInt8] {
        try JSONText.unpack(try Packed.encode(document)) + [UInt8(ascii: "\n")]
    }

    /// The value of such bytes.
    public static func read<Document: Codable>(_ type: Document.Type, _ bytes: [UInt8]) throws(PostmortemFault)
        -> Document
    {
        let document: Document
        do {
            document = try Packed.decode(Document.self, from: try JSONText.pack(bytes))
        } catch { throw .notADocument("\(error)") }
        guard (try? write(document)) == bytes else { throw .notCanonical("\(Document.self)") }
        return document
    }
}
