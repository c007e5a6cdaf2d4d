public import Contracts

/// What replays the incident offline: every input, in order, and what stands for what followed.
public struct SimulationContext: Codable, Sendable, Equatable {
    public static let currentVersion = 2

    public var version: Int
    /// The packed input of each entry of the journal, in base64, in their order.
    public var entries: [String]
    /// The rest of each of these entries. What followed is in it to be compared, and for nothing else.
    public var journal: [JournalSeal]
    /// What decisions depended on beside the journal.
    public var grounds: DecisionGrounds

    public init(_ entries: [JournalEntry], _ grounds: DecisionGrounds) {
        version = Self.currentVersion
        self.entries = entries.map { Base64Text.write($0.input) }
        journal = entries.map(JournalSeal.init)
        self.grounds = grounds
    }

    /// The entries as they stood in the journal of an incident.
    public func journalEntries(of incident: String) throws(ContextFault) -> [JournalEntry] {
        guard version == Self.currentVersion else {
            throw .unreadable(entry: 0, "expected a context of version \(Self.currentVersion), found \(version)")
        }
        guard entries.count == journal.count, !entries.isEmpty else {
            throw .unreadable(
                entry: min(entries.count, journal.count) + 1,
                "expected as many inputs as entries, found \(entries.count) and \(journal.count)")
        }
        var found: [JournalEntry] = []
        for (index, seal) in journal.enumerated() {
            guard let input = Base64Text.read(entries[index]), let result = Base64Text.read(seal.result) else {
                throw .unreadable(entry: index + 1, "expected base64, found none")
            }
            var entry = JournalEntry(
                sequence: seal.sequence, incident: incident, number: index + 1, input: input, result: result,
                previous: seal.previous, before: found.last?.digest)
            // What it should be is computed; what it was is told.
            entry.digest = seal.digest
            found.append(entry)
        }
        return found
    }
}

/// An entry of the journal without its input.
public struct JournalSeal: Codable, Sendable, Equatable {
    public var sequence: Int64
    /// What followed, packed, in base64.
    public var result: String
    /// Of the entry before it, of all.
    public var previous: Digest
    public var digest: Digest

    init(_ entry: JournalEntry) {
        sequence = entry.sequence
        result = Base64Text.write(entry.result)
        previous = entry.previous
        digest = entry.digest
    }
}

/// What decisions depended on beside the journal, as the agents that made them have kept it.
public struct DecisionGrounds: Codable, Sendable, Equatable {
    /// The terms of the lifecycle, packed.
    @Nullable public var terms: SealedBytes?
    public var plans: [PlanGround] = []
    public var verdicts: [VerdictGround] = []
    /// The policies that were in force, each once.
    public var policies: [PolicyGround] = []
    public var missing: [MissingGround] = []

    public init() { _terms = Nullable(wrappedValue: nil) }
}

/// What the plans of a step were made from.
public struct PlanGround: Codable, Sendable, Equatable {
    public var step: String
    /// The entry that has them.
    public var entry: Int
    /// Question, world and runbooks, packed.
    public var made: SealedBytes

    public init(step: String, entry: Int, made: SealedBytes) {
        self.step = step
        self.entry = entry
        self.made = made
    }
}

/// What the verdict of a step was made from.
public struct VerdictGround: Codable, Sendable, Equatable {
    public var step: String
    /// The entry that has it.
    public var entry: Int
    /// The plan with its circumstances, packed.
    public var proposal: SealedBytes
    /// What an engine outside said to it, packed; null where none was asked.
    @Nullable public var opinion: SealedBytes?
    /// The version of the policy; null where there was none.
    @Nullable public var policy: String?

    public init(step: String, entry: Int, proposal: SealedBytes, opinion: SealedBytes?, policy: String?) {
        self.step = step
        self.entry = entry
        self.proposal = proposal
        _opinion = Nullable(wrappedValue: opinion)
        _policy = Nullable(wrappedValue: policy)
    }
}

/// A policy as it was in force, packed.
public struct PolicyGround: Codable, Sendable, Equatable {
    public var version: String
    public var record: SealedBytes

    public init(version: String, record: SealedBytes) {
        self.version = version
        self.record = record
    }
}

/// What could not be had, and why: the decision of that entry cannot be made again.
public struct MissingGround: Codable, Sendable, Equatable {
    public enum Ground: String, Codable, Sendable, Equatable, CaseIterable { case plan, verdict, policy }

    public var entry: Int
    public var ground: Ground
    public var text: String

    public init(entry: Int, ground: Ground, text: String) {
        self.entry = entry
        self.ground = ground
        self.text = text
    }
}

/// Bytes in base64, with their hash: a change shows in one that no decision depends on, too.
public struct SealedBytes: Codable, Sendable, Equatable {
    public var bytes: String
    public var digest: Digest

    public init(_ bytes: [UInt8]) {
        self.bytes = Base64Text.write(bytes)
        digest = Digest(of: bytes)
    }

    /// The bytes, where they are those that were sealed.
    public func opened(entry: Int, _ name: String) throws(ContextFault) -> [UInt8] {
        guard let found = Base64Text.read(bytes) else {
            throw .unreadable(entry: entry, "\(name): expected base64, found none")
        }
        guard Digest(of: found) == digest else {
            throw .changed(entry: entry, "\(name): its bytes are not those that were kept")
        }
        return found
    }
}

/// Why a context cannot be replayed; `entry` is the one that it shows at, or 0.
public enum ContextFault: Error, Sendable, Equatable, CustomStringConvertible {
    case unreadable(entry: Int, String)
    case changed(entry: Int, String)

    public var description: String {
        switch self {
        case .unreadable(let entry, let text), .changed(let entry, let text): "entry \(entry): \(text)"
        }
    }
}

/// Bytes as text of one spelling.
enum Base64Text {
    static func write(_ bytes: [UInt8]) -> String { String(decoding: Base64.encode(bytes), as: UTF8.self) }

    static func read(_ text: String) -> [UInt8]? {
        guard let bytes = Base64.decode(text.utf8), write(bytes) == text else { return nil }
        return bytes
    }
}
