import Building
import Contracts
import Definitions
import Forge
import Glibc
import Host
import Remedies
import Signals

/// Finds the commit that an incident about the code may come from: by what the diagnosis names, by the lines that errors and
/// crashes name, and, where nothing else tells, by a search.
actor Detective {
    private let workshop: Workshop
    private let pipeline: Pipeline
    private let data: String
    private let config: String
    private let log: Log
    private let now: @Sendable () -> Int64
    private var searching: [String] = []
    private var askedFirst: [(step: String, at: Int64)] = []

    /// Lines of older commits than these are nobody's doing of late.
    private static let reach = 20
    private static let mostSearched = 10
    private static let logTail = 64 << 10
    private static let mostLogs = 8
    /// A plan is waited for a minute: what is not found by then goes into the next one.
    private static let patience = Int64.seconds(40)

    init(
        _ workshop: Workshop, _ pipeline: Pipeline, data: String, config: String, log: Log,
        now: @escaping @Sendable () -> Int64
    ) {
        self.workshop = workshop
        self.pipeline = pipeline
        self.data = data
        self.config = config
        self.log = log
        self.now = now
    }

    // MARK: - What is known at once

    /// The facts, each with how far it is suspected; those that a line names are among them, though they be older.
    func weighed(_ question: PlanQuestion, plan: PlanFacts) async -> [ForgeFact] {
        let lines = await lines(question)
        let facts = await plan(lines.map(\.commit) + found(question))
        return Suspicion.weighed(
            facts, named: named(question), lines: lines, bisected: found(question), onset: question.diagnosis.onset)
    }

    /// Makes the facts of the latest commits, and of these.
    typealias PlanFacts = @Sendable (_ also: [String]) async -> [ForgeFact]

    private func named(_ question: PlanQuestion) -> [String] {
        question.diagnosis.hypotheses.prefix(Planning.mostHypotheses).compactMap { $0.change?.commit }
    }

    /// Who last changed the lines that the evidence names, if that is not long ago.
    private func lines(_ question: PlanQuestion) async -> [BlamedLine] {
        let places = Suspicion.places(in: texts(question))
        guard !places.isEmpty else { return [] }
        let found = try? await workshop.repository.aside { (repository) throws(ForgeFault) -> [BlamedLine] in
            let main = try repository.main()
            let paths = try repository.files(under: "Sources", at: main).map(\.path)
            let recent = try repository.log(limit: Self.reach).map(\.hash)
            var lines: [BlamedLine] = []
            for place in places {
                guard let path = Suspicion.path(of: place, among: paths),
                    let blame = try? repository.blame(path, line: place.line, at: main),
                    recent.contains(blame.commit)
                else { continue }
                lines.append(BlamedLine(SourcePlace(path, place.line), commit: blame.commit))
            }
            return lines
        }
        return found ?? []
    }

    /// What the diagnosis says, and what the suspects wrote last.
    private func texts(_ question: PlanQuestion) -> [String] {
        let diagnosis = question.diagnosis
        var texts = diagnosis.hypotheses.flatMap { $0.supporting.map(\.text) + $0.opposing.map(\.text) }
        texts += diagnosis.suspects.flatMap { $0.shares.map(\.text) }
        texts += question.feedback
        var nodes: [String] = []
        for node in diagnosis.hypotheses.map(\.node) + diagnosis.suspects.map(\.node) where !nodes.contains(node) {
            nodes.append(node)
        }
        for node in nodes.prefix(2) {
            let names = ProcessFiles.entries("\(data)/log").filter { $0.hasPrefix("\(node).") && $0.hasSuffix(".log") }
            for name in names.sorted().prefix(Self.mostLogs) { texts += Self.errors("\(data)/log/\(name)") }
        }
        return texts
    }

    /// The lines at the end of a log that speak of an error, or are of a backtrace.
    private static func errors(_ path: String) -> [String] {
        guard let file = try? Descriptor.open(path, flags: O_RDONLY) else { return [] }
        let size = lseek(file.number, 0, SEEK_END)
        guard lseek(file.number, max(0, size - off_t(logTail)), SEEK_SET) >= 0 else { return [] }
        var bytes: [UInt8] = []
        while bytes.count < logTail, let part = try? file.read(upTo: logTail - bytes.count), !part.isEmpty {
            bytes += part
        }
        return bytes.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }.filter { line in
            line.contains(".swift:") && (!line.hasPrefix("{") || line.contains("\"error\""))
        }
    }

    // MARK: - A search

    private func id(_ question: PlanQuestion) -> String {
        question.incident.filter { $0.isLetter || $0.isNumber || $0 == "-" }
    }

    private func found(_ question: PlanQuestion) -> [String] {
        switch pipeline.files.search(id(question))?.answer {
        case .found(let commit): [commit]
        case .among(let commits): commits
        case .test, .nothing, nil: []
        }
    }

    /// Begins a search, or goes on with one, where nothing else tells which commit it was; why a plan must wait for it, if it
    /// must.
    func search(_ question: PlanQuestion) async -> String? {
        guard let step = (try? Definitions.pipeline(path: "\(config)/pipeline.yaml"))?.bisect,
            question.diagnosis.hypotheses.first?.category == "Code_Bug", named(question).isEmpty
        else { return nil }
        let id = id(question)
        var known = pipeline.files.search(id)
        if known == nil {
            guard await lines(question).isEmpty else { return nil }
            let candidates = await candidates(question)
            guard candidates.count > 1 else { return nil }
            let begun = Bisect(candidates)
            do { try pipeline.files.keep(begun, as: id) } catch {
                log.limited("search", .warning, "a search for the commit to blame cannot begin", ["why": "\(error)"])
                return nil
            }
            known = begun
        }
        guard let bisect = known, case .test = bisect.answer else { return nil }
        begin(id, bisect, step)
        return wait(question, "\(bisect.commits.count) commits are searched, \(bisect.marks.count) are tried")
    }

    private func wait(_ question: PlanQuestion, _ text: String) -> String? {
        let first = askedFirst.first { $0.step == question.step }?.at
        if first == nil { askedFirst = Array(askedFirst.suffix(50)) + [(question.step, now())] }
        return now() - (first ?? now()) < Self.patience ? text : nil
    }

    /// The latest commits before the onset that changed the sources, the oldest first.
    private func candidates(_ question: PlanQuestion) async -> [String] {
        let end = question.diagnosis.onset.map { $0 + Planning.slack } ?? now()
        let found = try? await workshop.repository.aside { (repository) throws(ForgeFault) in
            try repository.log(limit: 2 * Self.mostSearched, path: "Sources").filter {
                $0.at <= end && !$0.parents.isEmpty
            }
        }
        return Array((found ?? []).map(\.hash).prefix(Self.mostSearched).reversed())
    }

    private func begin(_ id: String, _ bisect: Bisect, _ step: PipelinePlan.Step) {
        guard !searching.contains(id) else { return }
        searching.append(id)
        Task.detached { [self] in
            var bisect = bisect
            while case .test(let commit) = bisect.answer {
                let mark = await pipeline.trial(commit, step, keeping: [".build"], log: "\(id)-\(commit)")
                _ = bisect.take(commit, mark)
                log.info(
                    "a commit was tried", ["commit": .text(String(commit.prefix(10))), "mark": .text(mark.rawValue)])
                do { try pipeline.files.keep(bisect, as: id) } catch {
                    log.error("a search for the commit to blame was given up", ["why": "\(error)"])
                    break
                }
            }
            await ended(id)
        }
    }

    private func ended(_ id: String) { searching.removeAll { $0 == id } }
}
