import Contracts
import Definitions
import Forge
import Host
import Remedies
import Settings
import Signals
import Supervision

/// What can be said of the cluster's repository: which commits may be to blame, what reverting them would do, whether a commit can
/// be run.
struct Workshop: Sendable {
    let repository: Repository
    let data: String
    let log: Log

    private static let mostFacts = 8
    private static let mostNamed = 40
    private static let reach = Int64.seconds(86_400)

    // MARK: facts for plans

    /// The latest commits of `main` and those that are named, each with what taking it back would change; empty where the
    /// repository cannot be read.
    func facts(now: Int64, plan: ClusterPlan?, also named: [String] = []) async -> [ForgeFact] {
        do {
            return try await repository.aside { (repository) throws(ForgeFault) in
                let main = try repository.main()
                var facts: [ForgeFact] = []
                for (place, commit) in try repository.log(limit: Self.mostNamed).enumerated() {
                    let isLate = place < Self.mostFacts && commit.at > now - Self.reach
                    // What mends is not to blame: it has a way back of its own.
                    guard let parent = commit.parents.first, isLate || named.contains(commit.hash),
                        commit.trailer("Takes-Back") == nil, commit.trailer("Plan") == nil
                    else { continue }
                    facts.append(try Self.fact(commit, parent, main, plan, repository))
                }
                return facts
            }
        } catch {
            log.limited(
                "facts", .warning, "the repository cannot be read; nothing of it can be planned with",
                ["why": "\(error)"])
            return []
        }
    }

    private static func fact(
        _ commit: Commit, _ parent: String, _ main: String, _ plan: ClusterPlan?, _ repository: Repository
    ) throws(ForgeFault) -> ForgeFact {
        let touched = try repository.changedPaths(from: parent, to: commit.hash).map(\.path)
        let isCode = touched.contains { !$0.hasPrefix("config/") }
        var fact = ForgeFact(
            commit: commit.hash, kind: isCode ? .code : .configuration, at: commit.at, author: commit.author,
            title: commit.subject, touched: touched, roles: roles(touched, plan), diff: nil,
            state: try state(touched, at: main, repository), stateAfter: Digest(of: []))
        do throws(ForgeFault) {
            let revert = try repository.revert(
                commit.hash, onto: main, CommitNote(author: "remediation", at: commit.at, title: "dry run"))
            let diff = try repository.diff(from: main, to: revert)
            if diff.isEmpty { fact.refusal = "it is taken back already" } else { fact.diff = diff }
            fact.stateAfter = try state(touched, at: revert, repository)
        } catch {
            fact.refusal = error.description
        }
        guard !isCode else { return fact }
        do throws(ForgeFault) {
            let whole = try repository.restore(
                "config", from: parent, onto: main, CommitNote(author: "remediation", at: commit.at, title: "dry run"))
            fact.wayBack = try repository.diff(from: main, to: whole)
            (fact.before, fact.main) = (parent, main)
            fact.wholeState = try wholeState(at: main, repository)
        } catch {
            // Then there is nothing to go back to.
            fact.wayBack = nil
        }
        return fact
    }

    /// The roles whose workers a change reaches; empty where that may be all of them.
    static func roles(_ touched: [String], _ plan: ClusterPlan?) -> [String] {
        guard let plan else { return [] }
        var found: [String] = []
        for path in touched {
            let reached: [String]
            if path.hasPrefix("config/") {
                reached = Reach.roles(touched: [String(path.dropFirst("config/".count))], old: plan, new: plan)
                // What a plan says of a role is told by its text alone.
                if path == "config/cluster.yaml" { return [] }
            } else {
                let parts = path.split(separator: "/").map { $0.lowercased() }
                reached = plan.roles.filter { role in
                    parts.contains(role.executable.lowercased()) || parts.contains(role.name)
                }.map(\.name)
                if reached.isEmpty, path.hasPrefix("Sources/") { return [] }
            }
            for role in reached where !found.contains(role) { found.append(role) }
        }
        return found
    }

    private static func wholeState(at commit: String, _ repository: Repository) throws(ForgeFault) -> Digest {
        ForgeState.digest(
            target: "main", contents: [ActionArgument("config", try repository.treeHash("config", at: commit))])
    }

    private static func state(_ paths: [String], at commit: String, _ repository: Repository) throws(ForgeFault)
        -> Digest
    {
        var contents: [ActionArgument] = []
        for path in paths {
            contents.append(ActionArgument(path, try repository.entry(path, at: commit)?.hash ?? "none"))
        }
        return ForgeState.digest(target: "main", contents: contents)
    }

    // MARK: orders

    /// The commit that an order is about, and whether it is taken back or put in again.
    private static func subject(_ order: ActionOrder) throws(ForgeFault) -> Subject {
        guard order.arguments.count == 1, let argument = order.arguments.first,
            let kind = Subject.Kind(rawValue: argument.name), argument.value.count == 40,
            (kind == .to) == (order.action == .rollback)
        else {
            throw .invalid(
                "expected one argument, revert, restore or to, with a whole commit, found \(order.arguments)")
        }
        return Subject(commit: argument.value, kind: kind)
    }

    private struct Subject {
        enum Kind: String { case revert, restore, to }
        var commit: String
        var kind: Kind
    }

    /// The state of what an order would change.
    func state(_ order: ActionOrder) async throws(ForgeFault) -> Digest {
        let subject = try Self.subject(order)
        return try await repository.aside { (repository) throws(ForgeFault) in
            if subject.kind == .to { return try Self.wholeState(at: try repository.main(), repository) }
            let touched = try repository.changedPaths(from: "\(subject.commit)^", to: subject.commit).map(\.path)
            return try Self.state(touched, at: try repository.main(), repository)
        }
    }

    /// What is to be proposed for an order; nil where `main` has it so already.
    func proposal(_ order: ActionOrder, _ words: PullWords, key: String) async throws(ForgeFault) -> PullProposal? {
        let subject = try Self.subject(order)
        return try await repository.aside { (repository) throws(ForgeFault) in
            let main = try repository.main()
            let commit = try repository.read(subject.commit)
            if subject.kind == .revert {
                return words.proposal(
                    .revert(commit: subject.commit), title: "Take back: \(commit.subject)", base: main)
            }
            var files: [FileChange] = []
            let changes =
                subject.kind == .to
                ? try repository.changedPaths(from: main, to: subject.commit, under: "config")
                : try repository.changedPaths(from: "\(subject.commit)^", to: subject.commit)
            for change in changes {
                let wanted = try repository.entry(change.path, at: subject.commit)?.hash
                guard wanted != (try repository.entry(change.path, at: main)?.hash) else { continue }
                files.append(
                    FileChange(
                        path: change.path,
                        content: wanted == nil ? nil : try repository.file(change.path, at: subject.commit)))
            }
            guard !files.isEmpty else { return nil }
            let title =
                subject.kind == .to ? "Go back to \(subject.commit.prefix(10))" : "Put in again: \(commit.subject)"
            return words.proposal(.files(files), title: title, base: main)
        }
    }

    // MARK: what it is made from

    /// What stands for the sources of a commit; nil where it has none.
    func sources(of commit: String) async throws(ForgeFault) -> Digest? {
        guard !commit.isEmpty else { return nil }
        return try await repository.aside { (repository) throws(ForgeFault) in
            var entries: [ActionArgument] = []
            for path in SourceHash.paths {
                if let entry = try repository.entry(path, at: commit) {
                    entries.append(ActionArgument(path, entry.hash))
                }
            }
            return SourceHash.digest(entries)
        }
    }

    /// Whether a commit has other sources than `main`.
    func changesSources(_ commit: String) async throws(ForgeFault) -> Bool {
        let main = try await repository.aside { (repository) throws(ForgeFault) in try repository.main() }
        return try await sources(of: commit) != sources(of: main)
    }

    // MARK: whether it can be run

    /// What checks say of a commit: each with what is wrong, or nil where nothing is.
    func objections(to commit: String) async -> [(name: String, mistake: String?)] {
        do {
            let folder = try await checkout(commit)
            let mistakes = ConfigurationCheck.mistakes(in: folder)
            return [("configuration", mistakes.isEmpty ? nil : mistakes.map(\.description).joined(separator: "\n"))]
        } catch { return [("configuration", error.description)] }
    }

    /// The configuration of a commit, as an immutable folder.
    func checkout(_ commit: String) async throws(ForgeFault) -> String {
        let folder = ReleaseFiles.configuration(data: data, commit: commit)
        return try await repository.aside { (repository) throws(ForgeFault) in
            try repository.checkout(commit, into: folder).folder
        }
    }
}
