import Archive
import Commands
import Contracts
import Definitions
import FoundationEssentials
import Glibc
import Host
import Knowledge
import Postmortems
import Signals

extension Operator {
    func knowledge(_ invocation: Invocation, _ places: Places) throws(Failure) {
        switch invocation.path.last {
        case "add": try addKnowledge(invocation, places)
        case "list":
            let limit = invocation.number("limit") ?? 40
            let lines = try withKnowledge(invocation, places) { try await $0.list(limit) }
            guard !invocation.has("json") else { return terminal.write(json(lines)) }
            var table = Table(["WHEN", "KIND", "ID", "TITLE"])
            table.rows = lines.map { [$0.at > 0 ? TimeWords.date($0.at) : "", $0.kind, $0.id, $0.title] }
            terminal.write(table.text(terminal.paint))
        default: try searchKnowledge(invocation, places)
        }
    }

    private func searchKnowledge(_ invocation: Invocation, _ places: Places) throws(Failure) {
        var question = KnowledgeQuestion(
            text: invocation.texts("WORDS").joined(separator: " "), limit: invocation.number("limit") ?? 10)
        if let kind = invocation.text("kind").flatMap(KnowledgeKind.init) { question.kinds = [kind] }
        if let incident = invocation.text("like") {
            let bookcase = try Bookcase("\(places.data)/postmortems")
            question.signature = try bookcase.document(try bookcase.find(incident)).incidentSignature.vector
        }
        guard !question.text.isEmpty || !question.signature.isEmpty else {
            throw Failure("expected words, or --like INCIDENT, found neither", exit: ExitCode.usage)
        }
        let asked = question
        let hits = try withKnowledge(invocation, places) { try await $0.search(asked) }
        guard !invocation.has("json") else { return terminal.write(json(hits)) }
        guard !hits.isEmpty else { return terminal.write("Nothing is known about it.\n") }
        for hit in hits {
            terminal.write(
                terminal.paint(harmless("\(hit.id)  \(hit.title)"), .bold) + "\n"
                    + harmless("    " + hit.snippet.split(separator: "\n").joined(separator: " ")) + "\n"
                    + harmless("    \(hit.why)") + "\n")
        }
    }

    /// Notes are files: the index can be made anew from them.
    private func addKnowledge(_ invocation: Invocation, _ places: Places) throws(Failure) {
        let title = invocation.text("TITLE") ?? ""
        let text: String
        switch (invocation.text("text"), invocation.text("file")) {
        case (let given?, nil): text = given
        case (nil, let path?):
            guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)), data.count <= 1 << 20 else {
                throw Failure(
                    "the file \(harmless(path)) cannot be read, or has more than 1 MiB", exit: ExitCode.noInput)
            }
            text = String(decoding: data, as: UTF8.self)
        default: throw Failure("expected --text TEXT or --file FILE", exit: ExitCode.usage)
        }
        let note = KnowledgeDocument(note: title, text: text, at: WallTime.now.nanoseconds)
        let folder = "\(places.data)/notes"
        guard mkdir(folder, 0o755) == 0 || errno == EEXIST else {
            throw Failure("the folder \(harmless(folder)) cannot be made: \(reason(errno))")
        }
        // Titles may be in any letters; the file is named by what stands in it.
        let name = Digest(of: Array(note.id.utf8)).brief
        let bytes = try failing { try JSONText.unpack(try Packed.encode(note)) }
        try failing {
            try WholeFile.write(String(decoding: bytes, as: UTF8.self), to: "\(folder)/\(name).json", durable: true)
        }
        _ = try withKnowledge(invocation, places) { try await $0.list(1) }
        terminal.write(invocation.has("json") ? json(["id": note.id]) : harmless(note.id) + "\n")
    }

    /// The index, with what is new since it was last opened.
    private func withKnowledge<Answer: Sendable>(
        _ invocation: Invocation, _ places: Places,
        _ body: @escaping @Sendable (KnowledgeFile) async throws -> Answer
    ) throws(Failure) -> Answer {
        let path = "\(places.data)/knowledge.sqlite"
        guard mkdir(places.data, 0o755) == 0 || errno == EEXIST else {
            throw Failure("the folder \(harmless(places.data)) cannot be made: \(reason(errno))")
        }
        let others = try notes("\(places.data)/notes") + runbooks(invocation)
        let archive = "\(places.data)/postmortems"
        return try failing {
            try waiting {
                let file = try await KnowledgeFile(path)
                do {
                    try await file.put(others)
                    try await Self.read(archive, into: file)
                    let answer = try await body(file)
                    await file.close()
                    return answer
                } catch {
                    await file.close()
                    throw error
                }
            }
        }
    }

    private func runbooks(_ invocation: Invocation) -> [KnowledgeDocument] {
        Definitions.runbooks(in: invocation.text("runbooks") ?? "config/runbooks").runbooks.map {
            KnowledgeDocument($0)
        }
    }

    private func notes(_ folder: String) throws(Failure) -> [KnowledgeDocument] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        var found: [KnowledgeDocument] = []
        for name in names.sorted() where name.hasSuffix(".json") {
            found.append(
                try failing {
                    let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
                    return try Packed.decode(KnowledgeDocument.self, from: try JSONText.pack([UInt8](data)))
                })
        }
        return found
    }

    /// What came into the archive since it was read last; a cluster without one has had no incident yet.
    private static func read(_ archive: String, into file: KnowledgeFile) async throws {
        guard let bookcase = try? Bookcase(archive), let last = bookcase.records.last?.sequence else { return }
        var mark = try await file.mark("archive")
        // Another archive than the one that was read.
        if mark > last { mark = 0 }
        let changed = Set(bookcase.records.filter { $0.sequence > mark }.map(\.incident))
        var batch: [KnowledgeDocument] = []
        for record in bookcase.documents where changed.contains(record.incident) {
            batch.append(KnowledgeDocument(try bookcase.document(record), addenda: try bookcase.addenda(to: record)))
            if batch.count == 1_000 {
                try await file.put(batch)
                batch = []
            }
        }
        try await file.put(batch)
        if mark != last { try await file.setMark("archive", last) }
    }
}
