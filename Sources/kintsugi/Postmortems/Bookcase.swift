import Archive
import Contracts
import Postmortems

/// The archive as the commands read it.
struct Bookcase {
    private let archive: ArchiveFolder
    let records: [ArchiveRecord]

    init(_ path: String) throws(Failure) {
        do {
            archive = try ArchiveFolder(reading: path)
            records = archive.listNow()
        } catch { throw Self.failure(error) }
    }

    var documents: [ArchiveRecord] { records.filter { $0.kind == ArchiveKinds.postmortem } }

    /// The last document of an incident, or the one whose hash begins so.
    func find(_ name: String) throws(Failure) -> ArchiveRecord {
        if let record = documents.last(where: { $0.incident == name }) { return record }
        let found = documents.filter { name.utf8.count >= 6 && "\($0.digest)".hasPrefix(name) }
        guard let record = found.first else {
            throw Failure(
                "there is no post-mortem of \(harmless(name)): one is written when an incident is over "
                    + "(see: kintsugi postmortem list)", exit: ExitCode.noInput)
        }
        guard found.count == 1 else {
            throw Failure("\(harmless(name)) is the beginning of \(found.count) hashes: write more of it")
        }
        return record
    }

    func bytes(_ record: ArchiveRecord) throws(Failure) -> [UInt8] {
        do {
            guard let bytes = try archive.getNow(record.digest) else {
                throw Failure("\(record.digest) is not in the archive", exit: ExitCode.data)
            }
            return bytes
        } catch { throw Self.failure(error) }
    }

    func document(_ record: ArchiveRecord) throws(Failure) -> Postmortem {
        let bytes = try bytes(record)
        do { return try DocumentBytes.read(Postmortem.self, bytes) } catch { throw Self.failure(error) }
    }

    func addenda(to record: ArchiveRecord) throws(Failure) -> [Addendum] {
        try read(to: record).map(\.addendum)
    }

    func addendumRecords(to record: ArchiveRecord) throws(Failure) -> [ArchiveRecord] {
        try read(to: record).map(\.record)
    }

    private func read(to document: ArchiveRecord) throws(Failure) -> [(record: ArchiveRecord, addendum: Addendum)] {
        var found: [(record: ArchiveRecord, addendum: Addendum)] = []
        for record in records where record.kind == ArchiveKinds.addendum && record.incident == document.incident {
            let bytes = try bytes(record)
            do {
                let addendum = try DocumentBytes.read(Addendum.self, bytes)
                if addendum.document == document.digest { found.append((record, addendum)) }
            } catch { throw Self.failure(error) }
        }
        return found
    }

    /// The incident's name where it can be a file's, and the beginning of the hash.
    static func fileName(_ record: ArchiveRecord) -> String {
        let isPlain = record.incident.utf8.allSatisfy {
            (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 45
        }
        return isPlain ? "\(record.incident)-\(record.digest.brief)" : record.digest.brief
    }

    static func failure(_ error: any Error) -> Failure {
        switch error {
        case let failure as Failure: failure
        case ArchiveFault.notThere(let path):
            Failure(
                "there is no archive in \(harmless(path)): it is made when the first incident is over",
                exit: ExitCode.noInput)
        case ArchiveFault.broken(let found):
            Failure(
                "the archive does not hold: \(harmless("\(found)")) (see: kintsugi postmortem verify)",
                exit: ExitCode.data)
        case let fault as PostmortemFault: Failure(harmless("\(fault)"), exit: ExitCode.data)
        default: Failure(harmless("\(error)"))
        }
    }
}

/// One document in a line.
struct PostmortemLine: Encodable, Equatable {
    let incident: String
    let hash: Digest
    let title: String
    let outcome: IncidentStage
    let category: String?
    let ended: String
    let score: Int?
    let addenda: Int
    /// Nanoseconds since 1970.
    let retainUntil: Int64

    init(_ record: ArchiveRecord, _ document: Postmortem, _ addenda: Int) {
        incident = record.incident
        hash = record.digest
        title = document.title
        outcome = document.outcome
        category = document.rootCauseCategory
        ended = document.ended.description
        score = document.humanFeedbackScore
        self.addenda = addenda
        retainUntil = record.retainUntil
    }

    var cells: [String] {
        [
            incident, String(ended.prefix(19)), outcome.rawValue, category ?? "", score.map { "\($0)" } ?? "",
            "\(addenda)", hash.brief, title,
        ]
    }

    static func proof(_ proof: ArchiveProof, _ paint: Paint) -> String {
        let expired = proof.expired.isEmpty ? "" : "\(proof.expired.count) files are gone, after they had to be kept.\n"
        guard proof.holds else {
            return paint("The archive does not hold:", .red) + "\n"
                + proof.breaks.map { "    \(harmless("\($0)"))\n" }.joined() + expired
        }
        guard let head = proof.head else { return "The archive is empty.\n" }
        return paint("The archive holds: ", .green)
            + "\(proof.lines) lines, each tied to the one before it, and \(proof.files) files. Its head is:\n    \(head)\n"
            + expired
    }
}
