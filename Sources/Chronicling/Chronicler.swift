public import Archive
public import Contracts
public import Incidents
import Postmortems

/// Writes the post-mortems of incidents that are over, and what is said of them later, into the archive: each exactly once,
/// however often it is asked, and whenever it died before.
///
/// All of it follows from the journal; so what a death has left undone is done when it is asked again.
public actor Chronicler {
    /// What the archive has of an incident.
    public struct Chronicle: Sendable, Equatable {
        /// The last of them is the one that holds; those before it were written when a person had to act.
        public var documents: [ArchiveRecord] = []
        public var addenda: [ArchiveRecord] = []
        /// How many of both were written just now.
        public var written = 0
    }

    /// What a person says later, and not through the incident.
    public struct FollowUp: Sendable, Equatable {
        /// It is one under this id, however often it is told.
        public var id: String
        public var incident: String
        public var person: String
        public var text: String
        /// Nanoseconds since 1970.
        public var at: Int64

        public init(id: String, incident: String, person: String, text: String, at: Int64) {
            self.id = id
            self.incident = incident
            self.person = person
            self.text = text
            self.at = at
        }
    }

    private let lifecycle: Lifecycle
    private let archive: any WriteOnceStore
    private let retention: Int64
    private let now: @Sendable () -> Int64
    private let journal: @Sendable (String) async throws -> [JournalEntry]
    private let sources: GroundSources
    private var turn: Task<Void, Never>?

    /// `retention` in nanoseconds. `journal` gives all entries of an incident, from its first on; `lifecycle` is the one
    /// by which they came about. `sources` give what decisions depended on beside the journal; what they do not give is
    /// named in the document, and cannot be replayed.
    public init(
        _ lifecycle: Lifecycle, archive: any WriteOnceStore, retention: Int64, now: @escaping @Sendable () -> Int64,
        sources: GroundSources = .none, journal: @escaping @Sendable (String) async throws -> [JournalEntry]
    ) {
        self.lifecycle = lifecycle
        self.archive = archive
        self.retention = retention
        self.now = now
        self.journal = journal
        self.sources = sources
    }

    /// Writes what there is to write about an incident; nothing while it is not over.
    public func chronicle(_ incident: String) async throws -> Chronicle {
        try await inTurn { try await self.write(incident) }
    }

    /// Adds to the last document of an incident what a person says.
    public func add(_ followUp: FollowUp) async throws -> Chronicle {
        try await inTurn {
            var chronicle = try await self.write(followUp.incident)
            guard let document = chronicle.documents.last?.digest else {
                throw ChronicleFault.noDocument(incident: followUp.incident)
            }
            let source = "follow-up/\(followUp.id)"
            try await self.add(to: document, of: followUp.incident, source: source, &chronicle) { previous, number in
                Addendum(
                    .followUp, incident: followUp.incident, document: document, previous: previous, number: number,
                    source: source, person: followUp.person, at: followUp.at, text: followUp.text)
            }
            return chronicle
        }
    }

    /// One after the other, in the order in which they came.
    private func inTurn<Answer: Sendable>(_ work: @escaping @Sendable () async throws -> Answer) async throws -> Answer
    {
        let before = turn
        let mine = Task {
            await before?.value
            return try await work()
        }
        turn = Task { _ = await mine.result }
        return try await mine.value
    }

    private func write(_ incident: String) async throws -> Chronicle {
        let entries = try await journal(incident)
        guard !entries.isEmpty else { return Chronicle() }
        let items = try Replaying.items(entries, by: lifecycle)
        let ends = Replaying.ends(items)
        var chronicle = try await known(incident)
        var kept = chronicle
        kept.documents = []
        for (order, end) in ends.enumerated() {
            let record = try await document(Array(items[...end]), after: kept.documents.last, &chronicle)
            kept.documents.append(record)
            let next = order + 1 < ends.count ? ends[order + 1] : items.count
            for item in items[(end + 1)..<next] {
                let document = record.digest
                guard Addendum.late(item, document: document, previous: document, number: 1) != nil else { continue }
                try await add(to: document, of: incident, source: "entry/\(item.entry.number)", &chronicle) {
                    Addendum.late(item, document: document, previous: $0, number: $1)
                }
            }
        }
        return chronicle
    }

    private func known(_ incident: String) async throws -> Chronicle {
        let records = try await archive.list().filter { $0.incident == incident }
        return Chronicle(
            documents: records.filter { $0.kind == ArchiveKinds.postmortem },
            addenda: records.filter { $0.kind == ArchiveKinds.addendum })
    }

    /// The document of the journal up to an end: the one that is kept already, or a new one.
    private func document(_ items: [ReplayedEntry], after earlier: ArchiveRecord?, _ chronicle: inout Chronicle)
        async throws -> ArchiveRecord
    {
        let head = items.last?.entry.digest
        for record in chronicle.documents {
            guard let bytes = try await archive.get(record.digest) else { continue }
            // One that an earlier version of the writer wrote of the same journal is it as well.
            if try DocumentBytes.read(Postmortem.self, bytes).journalHead.digest == head { return record }
        }
        let grounds = await GroundGathering.grounds(of: items.map(\.entry), under: lifecycle.terms, from: sources)
        let document = try PostmortemWriter.write(items, grounds: grounds, supersedes: earlier?.digest)
        let faults = PostmortemLint(items).faults(of: document)
        guard faults.isEmpty else { throw ChronicleFault.unfaithful(incident: document.incident, faults: faults) }
        let record = try await put(document, ArchiveKinds.postmortem, document.incident)
        chronicle.documents.append(record)
        chronicle.written += 1
        return record
    }

    /// Adds to a document, unless it was added already.
    private func add(
        to document: Digest, of incident: String, source: String, _ chronicle: inout Chronicle,
        _ make: (_ previous: Digest, _ number: Int) -> Addendum?
    ) async throws {
        var previous = document
        var count = 0
        for record in chronicle.addenda {
            guard let bytes = try await archive.get(record.digest) else { continue }
            let known = try DocumentBytes.read(Addendum.self, bytes)
            if known.source == source { return }
            guard known.document == document else { continue }
            previous = record.digest
            count += 1
        }
        guard let addendum = make(previous, count + 1) else { return }
        chronicle.addenda.append(try await put(addendum, ArchiveKinds.addendum, incident))
        chronicle.written += 1
    }

    private func put(_ document: some Encodable, _ kind: String, _ incident: String) async throws -> ArchiveRecord {
        let at = now()
        let (until, overflow) = at.addingReportingOverflow(retention)
        return try await archive.put(
            ArchiveItem(
                try DocumentBytes.write(document), kind: kind, incident: incident, at: at,
                retainUntil: overflow ? .max : until))
    }
}
