import Commands
import Contracts
import Definitions
import Forge
import Host
import Settings
import Signals

extension Operator {
    func configuration(_ invocation: Invocation, _ places: Places) throws(Failure) {
        let repository = try repository(places)
        switch invocation.path.last {
        case "history": try history(invocation, repository)
        case "diff": try difference(invocation, repository)
        case "show": try show(invocation, repository)
        case "set": try set(invocation, repository)
        default: try rollback(invocation, repository)
        }
    }

    // MARK: - Reading

    private func history(_ invocation: Invocation, _ repository: Repository) throws(Failure) {
        let path = invocation.text("FILE").map { "config/\($0)" } ?? "config"
        let commits = try forging { try repository.log(limit: invocation.number("limit") ?? 20, path: path) }
        guard !invocation.has("json") else { return terminal.write(json(commits.map(ConfigurationReport.Entry.init))) }
        terminal.write(ConfigurationReport.history(commits, terminal.paint))
    }

    private func difference(_ invocation: Invocation, _ repository: Repository) throws(Failure) {
        let diff = try forging {
            let new = try repository.commit(named: invocation.text("TO") ?? Repository.mainBranch)
            let old = try invocation.text("FROM") ?? repository.read(new).parents.first
            return try repository.diff(from: old, to: new, of: ["config"])
        }
        terminal.write(invocation.has("json") ? json(["diff": diff]) : PullReport.diff(diff, terminal.paint))
    }

    private func show(_ invocation: Invocation, _ repository: Repository) throws(Failure) {
        let commit = invocation.text("at") ?? Repository.mainBranch
        guard let file = invocation.text("FILE") else {
            let files = try forging { try repository.files(under: "config", at: commit) }
                .map { String($0.path.dropFirst("config/".count)) }
            return terminal.write(
                invocation.has("json") ? json(["files": files]) : files.map { harmless($0) + "\n" }.joined())
        }
        let bytes = try forging { try repository.file("config/\(file)", at: commit) }
        let text = String(decoding: bytes, as: UTF8.self)
        guard !invocation.has("json") else { return terminal.write(json(["file": file, "text": text])) }
        terminal.write(
            text.split(separator: "\n", omittingEmptySubsequences: false).map { harmless(String($0)) }
                .joined(separator: "\n"))
    }

    // MARK: - Changing

    private func set(_ invocation: Invocation, _ repository: Repository) throws(Failure) {
        let wishes =
            try invocation.texts("FILE:PATH=VALUE").map(ConfigurationWish.init(value:))
            + invocation.texts("file").map(ConfigurationWish.init(file:))
        guard !wishes.isEmpty else {
            throw Failure("expected FILE:PATH=VALUE or --file FILE=SOURCE, found nothing", exit: ExitCode.usage)
        }
        let title = "Set \(wishes.map(\.words).joined(separator: ", "))"
        try change(invocation, repository, title) { base, note in
            let changes = try ConfigurationWish.changes(wishes) { try repository.file("config/\($0)", at: base) }
            return try repository.commit(changes, onto: base, note)
        }
    }

    private func rollback(_ invocation: Invocation, _ repository: Repository) throws(Failure) {
        let source = try forging {
            if let name = invocation.text("COMMIT") { return try repository.commit(named: name) }
            let main = try repository.read(Repository.mainBranch)
            guard let before = main.parents.first else {
                throw Failure("\(main.hash.prefix(10)) is the first commit: there is nothing to go back to")
            }
            return before
        }
        try change(invocation, repository, "Go back to \(source.prefix(10))") { base, note in
            try repository.restore("config", from: source, onto: base, note)
        }
    }

    /// Makes a commit, looks at all of it, shows it, and moves main to it. Nobody may have moved main in between.
    private func change(
        _ invocation: Invocation, _ repository: Repository, _ title: String,
        _ commit: (_ base: String, _ note: CommitNote) throws -> String
    ) throws(Failure) {
        let note = CommitNote(
            author: person(invocation), at: WallTime.now.nanoseconds, title: title, text: invocation.text("text") ?? "")
        let (made, diff) = try forging {
            let base = try repository.main()
            let made = try commit(base, note)
            try check(made, repository)
            let diff = try repository.diff(from: base, to: made, of: ["config"])
            if !invocation.has("dry-run") { try repository.advanceMain(from: base, to: made) }
            return (made, diff)
        }
        let done = !invocation.has("dry-run")
        if invocation.has("json") {
            terminal.write(json(ConfigurationReport.Change(commit: done ? made : nil, title: title, diff: diff)))
        } else {
            terminal.write(PullReport.diff(diff, terminal.paint))
            terminal.write(done ? "main is at \(made.prefix(10)): \(harmless(title))\n" : "nothing was changed\n")
        }
    }

    private func check(_ commit: String, _ repository: Repository) throws {
        let folder = try TemporaryFolder.make()
        defer { TemporaryFolder.remove(folder) }
        _ = try repository.checkout(commit, into: "\(folder)/config")
        let mistakes = ConfigurationCheck.mistakes(in: "\(folder)/config")
        guard mistakes.isEmpty else {
            let lines = mistakes.map { harmless("\($0)".replacing("\(folder)/", with: "")) }
            throw Failure(
                "the cluster could not run from it, and nothing was changed:\n" + lines.joined(separator: "\n"),
                exit: ExitCode.configuration)
        }
    }
}
