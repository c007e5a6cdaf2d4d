import Archive
import Commands
import Contracts
import Glibc
import Host
import Postmortems
import Signals

extension Operator {
    func postmortem(_ invocation: Invocation, _ places: Places) throws(Failure) -> Int32 {
        let path = "\(places.data)/postmortems"
        switch invocation.path.last {
        case "verify": return try verifyArchive(invocation, path)
        case "show": try showPostmortem(invocation, try Bookcase(path))
        case "export": try exportPostmortem(invocation, try Bookcase(path))
        default: try listPostmortems(invocation, try Bookcase(path))
        }
        return ExitCode.success
    }

    private func listPostmortems(_ invocation: Invocation, _ bookcase: Bookcase) throws(Failure) {
        let incident = invocation.text("incident")
        let wanted = bookcase.documents.reversed().filter { incident == nil || $0.incident == incident }
        var lines: [PostmortemLine] = []
        for record in wanted.prefix(invocation.number("limit") ?? 40) {
            lines.append(PostmortemLine(record, try bookcase.document(record), try bookcase.addenda(to: record).count))
        }
        guard !invocation.has("json") else { return terminal.write(json(lines)) }
        guard !lines.isEmpty else { return terminal.write("There is no post-mortem yet.\n") }
        var table = Table(["INCIDENT", "ENDED", "OUTCOME", "CATEGORY", "SCORE", "ADDED", "HASH", "TITLE"])
        table.rows = lines.map(\.cells)
        terminal.write(table.text(terminal.paint))
    }

    private func showPostmortem(_ invocation: Invocation, _ bookcase: Bookcase) throws(Failure) {
        let record = try bookcase.find(invocation.text("ID") ?? "")
        if invocation.has("json") {
            guard !invocation.has("markdown") else {
                throw Failure("expected --json or --markdown, found both", exit: ExitCode.usage)
            }
            return terminal.write(String(decoding: try bookcase.bytes(record), as: UTF8.self))
        }
        let text = PostmortemText.markdown(try bookcase.document(record), addenda: try bookcase.addenda(to: record))
        terminal.write(
            text.split(separator: "\n", omittingEmptySubsequences: false).map { PullReport.harmlessLine($0) }
                .joined(separator: "\n"))
    }

    private func exportPostmortem(_ invocation: Invocation, _ bookcase: Bookcase) throws(Failure) {
        guard let folder = invocation.text("to") else {
            throw Failure("expected --to DIR, the folder to which it is to be written", exit: ExitCode.usage)
        }
        let record = try bookcase.find(invocation.text("ID") ?? "")
        guard mkdir(folder, 0o755) == 0 || errno == EEXIST else {
            throw Failure("the folder \(harmless(folder)) cannot be made: \(reason(errno))")
        }
        let name = Bookcase.fileName(record)
        let addenda = try bookcase.addendumRecords(to: record)
        var files: [(name: String, text: String)] = [
            ("\(name).json", String(decoding: try bookcase.bytes(record), as: UTF8.self))
        ]
        for (index, addendum) in addenda.enumerated() {
            files.append(
                ("\(name)-addendum-\(index + 1).json", String(decoding: try bookcase.bytes(addendum), as: UTF8.self)))
        }
        let markdown = PostmortemText.markdown(
            try bookcase.document(record), addenda: try bookcase.addenda(to: record))
        files.append(("\(name).md", markdown))
        for file in files {
            try failing { try WholeFile.write(file.text, to: "\(folder)/\(file.name)", durable: true) }
        }
        let names = files.map { "\(folder)/\($0.name)" }
        terminal.write(
            invocation.has("json") ? json(["files": names]) : names.map { harmless($0) + "\n" }.joined())
    }

    private func verifyArchive(_ invocation: Invocation, _ path: String) throws(Failure) -> Int32 {
        var wanted: Digest?
        if let text = invocation.text("head") {
            guard let digest = Digest(text) else {
                throw Failure(
                    "--head: expected 64 digits of 0-9 and a-f, found \"\(harmless(text))\"", exit: ExitCode.usage)
            }
            wanted = digest
        }
        var proof: ArchiveProof
        do {
            proof = try ArchiveFolder.verify(path, now: WallTime.now.nanoseconds)
            if let wanted, proof.breaks.isEmpty,
                try !ArchiveFolder(reading: path).listNow().contains(where: { $0.own == wanted })
            {
                proof.breaks.append(
                    ArchiveBreak(
                        kind: .brokenLink, place: "index",
                        text: "no line has the digest \(wanted): it was cut off, or is another archive"))
            }
        } catch { throw Bookcase.failure(error) }
        terminal.write(invocation.has("json") ? json(proof) : PostmortemLine.proof(proof, terminal.paint))
        return proof.holds ? ExitCode.success : ExitCode.failure
    }
}
