import Archive
import Chronicling
import Contracts
import Definitions
import Knowledge
import Postmortems
import Reckoning
import Signals
import Store

/// What is known from before: post-mortems and runbooks, found by their words and by their signals.
///
/// The index stands in this agent's own file and follows from the archive and the configuration: it can be made anew.
struct Library: Sendable {
    let store: Store
    let archive: String
    let config: String
    let log: Log

    private static let mark = "archive"

    /// Takes in what the archive has that the index has not; in the replica that writes.
    func follow() async {
        do {
            let runbooks = Definitions.runbooks(in: "\(config)/runbooks").runbooks.map { KnowledgeDocument($0) }
            try await put(runbooks)
            let shelf = try Shelf(archive)
            guard let last = shelf.records.last?.sequence else { return }
            let known = try await store.read { try KnowledgeTables.mark(Self.mark, $0) }
            let changed = shelf.records.filter { $0.sequence > (known > last ? 0 : known) }.map(\.incident)
            for record in shelf.documents where changed.contains(record.incident) {
                try await put([KnowledgeDocument(try shelf.document(record), addenda: try shelf.addenda(to: record))])
            }
            try await store.write { try KnowledgeTables.setMark(Self.mark, last, $0) }
        } catch ArchiveFault.notThere {
            return
        } catch {
            log.limited("library", .warning, "what was written is not indexed", ["why": "\(error)"])
        }
    }

    private func put(_ documents: [KnowledgeDocument]) async throws {
        try await store.write { context in
            for document in documents { _ = try KnowledgeTables.put(document, context) }
        }
    }

    func search(_ question: KnowledgeQuestion) async throws -> [KnowledgeHit] {
        try await store.read { try KnowledgeSearch.hits(question, $0) }
    }

    /// Of each incident what its last document says.
    func figures() throws -> [IncidentFigures] {
        let shelf: Shelf
        do { shelf = try Shelf(archive) } catch ArchiveFault.notThere { return [] }
        var found: [IncidentFigures] = []
        for record in shelf.documents where shelf.documents.last(where: { $0.incident == record.incident }) == record {
            found.append(IncidentFigures(try shelf.document(record), addenda: try shelf.addenda(to: record)))
        }
        return found
    }
}

/// The archive as it is at one moment.
struct Shelf {
    let archive: ArchiveFolder
    let records: [ArchiveRecord]

    init(_ path: String) throws {
        archive = try ArchiveFolder(reading: path)
        records = archive.listNow()
    }

    var documents: [ArchiveRecord] { records.filter { $0.kind == ArchiveKinds.postmortem } }

    func bytes(_ record: ArchiveRecord) throws -> [UInt8] {
        guard let bytes = try archive.getNow(record.digest) else {
            throw ArchiveFault.notThere(path: "\(record.digest)")
        }
        return bytes
    }

    func document(_ record: ArchiveRecord) throws -> Postmortem {
        try DocumentBytes.read(Postmortem.self, try bytes(record))
    }

    func addenda(to record: ArchiveRecord) throws -> [Addendum] {
        try records.filter { $0.kind == ArchiveKinds.addendum && $0.incident == record.incident }.map {
            try DocumentBytes.read(Addendum.self, try bytes($0))
        }.filter { $0.document == record.digest }
    }
}
