public import Contracts

/// The end of the journal, to which the next entry is tied.
public struct JournalEnd: Codable, Sendable, Equatable {
    /// The last entry of all: its sequence and digest.
    public var sequence: Int64
    public var last: Digest?

    public init(sequence: Int64 = 0, last: Digest? = nil) {
        self.sequence = sequence
        self.last = last
    }

    /// The next entry: `number` and `before` are those of its incident.
    public mutating func append(
        _ input: IncidentInput, _ incident: Incident, number: Int, before: Digest?
    ) throws -> JournalEntry {
        let result = JournalResult(incident, digest: try incident.digest)
        let entry = JournalEntry(
            sequence: sequence + 1, incident: incident.id, number: number, input: try Packed.encode(input),
            result: try Packed.encode(result), previous: last, before: before)
        sequence = entry.sequence
        last = entry.digest
        return entry
    }
}

extension Incident {
    /// What stands for all of it.
    public var digest: Digest {
        get throws { Digest("kintsugi incident 1", of: try Packed.encode(self)) }
    }
}

/// The first link that does not hold.
public struct JournalFault: Codable, Sendable, Equatable, Error, CustomStringConvertible {
    public var sequence: Int64
    public var incident: String
    public var text: String

    public var description: String { "entry \(sequence) (\(incident)): \(text)" }
}

/// Follows the links of the journal, entry by entry, with nothing but the entries.
public struct JournalCheck: Sendable {
    private let isWhole: Bool
    private var sequence: Int64 = 0
    private var last: Digest?
    private var ends: [String: (number: Int, digest: Digest)] = [:]
    public private(set) var entries = 0

    /// `isWhole` where all entries come, from the first; else those of some incidents.
    public init(isWhole: Bool) { self.isWhole = isWhole }

    /// Takes the next entry; what is wrong with it.
    public mutating func take(_ entry: JournalEntry) -> JournalFault? {
        func fault(_ text: String) -> JournalFault {
            JournalFault(sequence: entry.sequence, incident: entry.incident, text: text)
        }
        guard entry.digest == entry.ownDigest else { return fault("its content is not what was written") }
        guard entry.sequence > sequence else { return fault("it stands behind entry \(sequence)") }
        if isWhole {
            guard entry.sequence == sequence + 1 else { return fault("entry \(sequence + 1) is not there") }
            guard entry.previous == last ?? JournalEntry.beginning else {
                return fault("it was not written behind the entry before it")
            }
        }
        let end = ends[entry.incident]
        guard entry.number == (end?.number ?? 0) + 1 else {
            return fault("number \((end?.number ?? 0) + 1) of its incident is not there")
        }
        guard entry.before == end?.digest ?? JournalEntry.beginning else {
            return fault("it was not written behind the entry before it of its incident")
        }
        sequence = entry.sequence
        last = entry.digest
        ends[entry.incident] = (entry.number, entry.digest)
        entries += 1
        return nil
    }

    /// The digest of the last entry.
    public var head: Digest? { last }
}

extension Lifecycle {
    /// Makes the incident anew from the inputs of its journal, and says where the journal tells otherwise. Of what the
    /// journal says that followed nothing is used.
    public func replayed(_ entries: [JournalEntry]) throws -> (incident: Incident?, fault: JournalFault?) {
        var incident: Incident?
        for entry in entries {
            let input = try Packed.decode(IncidentInput.self, from: entry.input)
            let next: Incident
            if case .opened(let opening) = input.event {
                guard incident == nil else { throw LifecycleRefusal.openedAlready }
                next = open(entry.incident, opening, at: input.at, holder: input.actor).incident
            } else {
                guard let known = incident else { throw LifecycleRefusal.notOpened }
                next = try take(input, known)?.incident ?? known
            }
            let result = try Packed.decode(JournalResult.self, from: entry.result)
            let now = JournalResult(next, digest: try next.digest)
            incident = next
            guard result == now else {
                let text =
                    "it says \(result.stage.rawValue) (\(result.note)); from the inputs follows "
                    + "\(now.stage.rawValue) (\(now.note))"
                return (next, JournalFault(sequence: entry.sequence, incident: entry.incident, text: text))
            }
        }
        return (incident, nil)
    }
}
