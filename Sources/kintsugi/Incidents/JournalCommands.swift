import Bus
import Commands
import Contracts
import FoundationEssentials
import Glibc
import Host

/// Reads the journal a page after the other.
struct JournalPages {
    let triage: Operator
    let places: Places
    var query: JournalQuery

    init(_ triage: Operator, _ places: Places, incident: String?, after: Int64 = 0, limit: Int = 1_000) {
        self.triage = triage
        self.places = places
        query = JournalQuery()
        query.incident = incident
        query.after = after
        query.limit = limit
    }

    /// The next entries; none where there are no more yet.
    mutating func next() throws(Failure) -> [JournalEntry] {
        while true {
            let question = query
            let page: [JournalEntry]? = try triage.triage(places) { desk in
                do { return try await desk.journal(question) } catch let error as BusError {
                    guard case .tooLarge = error, question.limit > 1 else { throw error }
                    return nil
                }
            }
            if let page {
                query.after = page.last?.sequence ?? query.after
                return page
            }
            // Entries with evidence are large: fewer of them go into one answer.
            query.limit = max(1, query.limit / 4)
        }
    }
}

extension Operator {
    func journal(_ invocation: Invocation, _ places: Places) throws(Failure) -> Int32 {
        switch invocation.path.last {
        case "verify": return try verifyJournal(invocation, places)
        case "export": try exportJournal(invocation, places)
        default: try showJournal(invocation, places)
        }
        return ExitCode.success
    }

    private func showJournal(_ invocation: Invocation, _ places: Places) throws(Failure) {
        let limit = invocation.number("limit") ?? 200
        var pages = JournalPages(
            self, places, incident: invocation.text("INCIDENT"), after: Int64(invocation.number("after") ?? 0),
            limit: limit)
        var lines: [JournalLine] = []
        while lines.count < limit {
            let page = try pages.next()
            guard !page.isEmpty else { break }
            for entry in page.prefix(limit - lines.count) { lines.append(try JournalLine(entry)) }
        }
        guard !invocation.has("json") else { return terminal.write(json(lines)) }
        guard let last = lines.last else { return terminal.write("The journal has no such entry.\n") }
        terminal.write(lines.map { $0.text(terminal.paint) }.joined())
        if lines.count == limit { terminal.write("There may be more: --after \(last.sequence)\n") }
    }

    private func exportJournal(_ invocation: Invocation, _ places: Places) throws(Failure) {
        var pages = JournalPages(self, places, incident: invocation.text("INCIDENT"))
        let path = invocation.text("out")
        var descriptor = STDOUT_FILENO
        if let path {
            descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw Failure("the file \(path) cannot be written: \(reason(errno))") }
        }
        var count = 0
        while true {
            let page = try pages.next()
            guard !page.isEmpty else { break }
            let lines = try failing { try page.map(JournalFile.line).joined() }
            terminal.write(lines, to: descriptor)
            count += page.count
        }
        guard let path else { return }
        guard fsync(descriptor) == 0, close(descriptor) == 0 else {
            throw Failure("the file \(path) cannot be written: \(reason(errno))")
        }
        terminal.write(
            invocation.has("json")
                ? json(["entries": "\(count)", "file": path]) : "\(count) entries are in \(harmless(path)).\n")
    }

    private func verifyJournal(_ invocation: Invocation, _ places: Places) throws(Failure) -> Int32 {
        var wanted: Digest?
        if let text = invocation.text("head") {
            guard let digest = Digest(text) else {
                throw Failure(
                    "--head: expected 64 digits of 0-9 and a-f, found \"\(harmless(text))\"", exit: ExitCode.usage)
            }
            wanted = digest
        }
        let incident = invocation.text("INCIDENT")
        var proof = JournalProof(isWhole: incident == nil, wanted: wanted)
        if let path = invocation.text("file") {
            try follow(path, incident, &proof)
        } else {
            var pages = JournalPages(self, places, incident: incident)
            var holds = true
            while holds {
                let page = try pages.next()
                guard !page.isEmpty else { break }
                holds = page.allSatisfy { proof.take($0) }
            }
        }
        let outcome = proof.outcome
        terminal.write(invocation.has("json") ? json(outcome) : outcome.text(terminal.paint))
        return outcome.holds ? ExitCode.success : ExitCode.failure
    }

    private func follow(_ path: String, _ incident: String?, _ proof: inout JournalProof) throws(Failure) {
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)) else {
            throw Failure("the file \(path) cannot be read", exit: ExitCode.noInput)
        }
        for (index, line) in data.split(separator: UInt8(ascii: "\n")).enumerated() {
            let entry = try JournalFile.entry(line, number: index + 1, of: path)
            guard incident == nil || entry.incident == incident else { continue }
            guard proof.take(entry) else { return }
        }
    }
}
