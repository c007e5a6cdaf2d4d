import Archive
import Contracts
import Postmortems
import Web

/// What was written of incidents that are over.
struct RecordDoors: Sendable {
    /// The folder of the archive; it is made when the first incident is over.
    let folder: String

    var routes: [Route] { [list, show, markdown] }

    private static let id: TextShape = .text(1...64, .word)

    /// The archive as it is now; nil while there is none.
    private func archive() throws -> ArchiveFolder? {
        do { return try ArchiveFolder(reading: folder) } catch ArchiveFault.notThere { return nil } catch {
            throw Problem(500, "The archive does not hold: see kintsugi postmortem verify.")
        }
    }

    private var list: Route {
        Route(
            .get, "/api/postmortems", "Lists post-mortems, the latest first", roles: Acting.see,
            asks: Parameters { $0.query("limit", .integer(1...1_000), otherwise: 100) },
            answers: [.ok(ObjectOf("postmortems: a list, each in a line"))]
        ) { _, limit in
            guard let archive = try archive() else { return .value(["postmortems": [Line]()]) }
            let records = archive.listNow()
            let documents = records.filter { $0.kind == ArchiveKinds.postmortem }
            let lines = try documents.suffix(limit).reversed().map { record -> Line in
                let addenda = records.count { $0.kind == ArchiveKinds.addendum && $0.incident == record.incident }
                return Line(record, try document(record, archive), addenda)
            }
            return .value(["postmortems": lines])
        }
    }

    private struct Line: Encodable {
        var incident: String
        var digest: Digest
        var title: String
        var outcome: IncidentStage
        var category: String?
        var ended: String
        var written: Int64
        var score: Int?
        var addenda: Int

        init(_ record: ArchiveRecord, _ document: Postmortem, _ addenda: Int) {
            incident = record.incident
            digest = record.digest
            title = document.title
            outcome = document.outcome
            category = document.rootCauseCategory
            ended = document.ended.description
            written = record.at
            score = document.humanFeedbackScore
            self.addenda = addenda
        }
    }

    private func document(_ record: ArchiveRecord, _ archive: ArchiveFolder) throws -> Postmortem {
        try DocumentBytes.read(Postmortem.self, try bytes(record, archive))
    }

    private func bytes(_ record: ArchiveRecord, _ archive: ArchiveFolder) throws -> [UInt8] {
        guard let bytes = try archive.getNow(record.digest) else {
            throw Problem(500, "The archive does not hold: see kintsugi postmortem verify.")
        }
        return bytes
    }

    private func found(_ incident: String) throws -> (record: ArchiveRecord, archive: ArchiveFolder) {
        guard let archive = try archive(),
            let record = archive.listNow().last(where: {
                $0.kind == ArchiveKinds.postmortem && $0.incident == incident
            })
        else { throw Problem.notFound("\(incident) has no post-mortem: one is written when an incident is over.") }
        return (record, archive)
    }

    private var show: Route {
        Route(
            .get, "/api/postmortems/{incident}", "A post-mortem, as docs/schemas/postmortem.schema.json has it",
            roles: Acting.see, asks: .path("incident", Self.id),
            answers: [.ok(ObjectOf("the document")), .notFound("There is none.")]
        ) { _, incident in
            let (record, archive) = try found(incident)
            return Response(.json, try bytes(record, archive))
        }
    }

    private var markdown: Route {
        Route(
            .get, "/api/postmortems/{incident}/markdown", "A post-mortem for people", roles: Acting.see,
            asks: .path("incident", Self.id), answers: [.text("Markdown."), .notFound("There is none.")]
        ) { _, incident in
            let (record, archive) = try found(incident)
            let addenda = try archive.listNow().filter {
                $0.kind == ArchiveKinds.addendum && $0.incident == incident
            }.map { try DocumentBytes.read(Addendum.self, try bytes($0, archive)) }
            return .text(
                PostmortemText.markdown(
                    try document(record, archive), addenda: addenda.filter { $0.document == record.digest }))
        }
    }
}
