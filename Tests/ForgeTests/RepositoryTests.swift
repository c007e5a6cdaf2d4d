import Contracts
import Glibc
import Host
import Testing

@testable import Forge

@Suite struct RepositoryTests {
    // Held by the suite: its folder goes with it.
    let place: Place

    init() throws { place = try Place() }

    @Test func theSameFolderMakesTheSameFirstCommitAnywhere() throws {
        let (one, other) = (try Place(), try Place())
        let (first, second) = (try one.repository(), try other.repository())
        #expect(try first.main() == second.main())
        let commit = try first.read("main")
        #expect(commit.author == "operator" && commit.at == 1_700_000_000_000_000_000 && commit.parents.isEmpty)
        #expect(
            try first.files(under: "config", at: "main").map(\.path) == [
                "config/acl.yaml", "config/cluster.yaml", "config/slo/orders.yaml",
            ])
        try first.check()
        #expect(throws: ForgeFault.occupied(first.path)) { try one.repository() }
        // Nothing is left beside it.
        #expect(ProcessFiles.entries(one.path).filter { $0.contains(".new-") }.isEmpty)
    }

    @Test func aFirstCommitMayHoldSourcesBesideTheConfiguration() throws {
        try place.write("// swift\n", to: "code/Package.swift")
        try place.write("print(1)\n", to: "code/Sources/Orders/main.swift")
        try place.write("no\n", to: "code/secret")
        let repository = try Repository.create(
            "\(place.path)/with.git", configuration: "\(place.path)/config",
            sources: ("\(place.path)/code", ["Sources", "Package.swift"]), place.first, git: Place.git())
        let paths = try repository.files(under: "", at: "main").map(\.path)
        #expect(paths.contains("Sources/Orders/main.swift") && paths.contains("Package.swift"))
        #expect(!paths.contains { $0.contains("secret") } && paths.contains("config/acl.yaml"))
    }

    @Test func commitsOfFilesAreDeterministicAndTouchNoBranch() throws {
        let (one, other) = (try Place(), try Place())
        let (first, second) = (try one.repository(), try other.repository())
        let changes: [FileChange] = [
            .text("config/cluster.yaml", "version: 2\n"), FileChange(path: "config/acl.yaml", content: nil),
            .text("config/policy/new.yaml", "a: 1\n"),
        ]
        var note = CommitNote.at(5, "Change what runs")
        note.text = "Because of the alerts.\n\n"
        note.trailers = [Trailer("Incident", "I-7"), Trailer("Plan", "abc")]
        let commit = try first.commit(changes, onto: "main", note)
        #expect(try second.commit(changes, onto: second.main(), note) == commit)
        #expect(try first.main() != commit && first.main() == second.main())
        let read = try first.read(commit)
        #expect(
            read.subject == "Change what runs" && read.trailer("Incident") == "I-7" && read.trailer("Plan") == "abc")
        #expect(read.body == "Because of the alerts.\n\nIncident: I-7\nPlan: abc")
        #expect(
            try first.changedPaths(from: "main", to: commit) == [
                PathChange("config/acl.yaml", .removed), PathChange("config/cluster.yaml", .changed),
                PathChange("config/policy/new.yaml", .added),
            ])
        #expect(try first.file("config/policy/new.yaml", at: commit) == Array("a: 1\n".utf8))
        #expect(ProcessFiles.entries(first.path).filter { $0.hasPrefix(Repository.indexPrefix) }.isEmpty)
    }

    @Test func aChangeThatIsNoneIsSaid() throws {
        let repository = try place.repository()
        let same = Place.configuration["acl.yaml"] ?? ""
        #expect(throws: ForgeFault.nothingChanged) {
            try repository.commit([.text("config/acl.yaml", same)], onto: "main", .at(1, "Nothing"))
        }
        let gone = FileChange(path: "config/none.yaml", content: nil)
        let fault = #expect(throws: ForgeFault.self) { try repository.commit([gone], onto: "main", .at(1, "x")) }
        #expect(fault == .mismatch(files: ["config/none.yaml"], text: "there is no such file to take away"))
    }

    @Test(
        "a path that leads out of the repository is refused",
        arguments: ["../x", "/etc/passwd", "config/../../x", ".git/config", "a//b", "config/.GIT/hooks/x", ""])
    func paths(path: String) throws {
        let repository = try place.repository()
        let fault = #expect(throws: ForgeFault.self) {
            try repository.commit([.text(path, "x")], onto: "main", .at(1, "x"))
        }
        guard case .invalid = fault else {
            Issue.record("expected an invalid path, found \(String(describing: fault))")
            return
        }
    }

    @Test func mainMovesOnlyFromWhereItIsAndOnlyForward() throws {
        let repository = try place.repository()
        let begin = try repository.main()
        let one = try repository.commit([.text("config/a.yaml", "1")], onto: begin, .at(1, "One"))
        let two = try repository.commit([.text("config/a.yaml", "2")], onto: begin, .at(1, "Two"))
        try repository.advanceMain(from: begin, to: one)
        #expect(throws: ForgeFault.moved(now: one)) { try repository.advanceMain(from: begin, to: two) }
        #expect(throws: ForgeFault.self) { try repository.advanceMain(from: one, to: begin) }
        #expect(try repository.main() == one)
        #expect(try repository.log(limit: 9).map(\.subject) == ["One", "The cluster as it begins"])
        #expect(try repository.log(limit: 9, path: "config/acl.yaml").count == 1)
        #expect(try repository.isAncestor(begin, of: one) && !repository.isAncestor(two, of: one))
        #expect(try repository.mergeBase(one, two) == begin)
    }

    @Test func aTagThatIsCalledMainIsNotMain() throws {
        let repository = try place.repository()
        let other = try repository.commit([.text("config/a.yaml", "1")], onto: "main", .at(1, "Elsewhere"))
        try repository.move([.init(reference: "refs/tags/main", old: nil, new: other)])
        #expect(try repository.read("main").hash == repository.main() && repository.main() != other)
        #expect(try repository.log(limit: 9).count == 1)
    }

    @Test func aRevertTakesBackOneCommitAndKeepsWhatCameAfter() throws {
        let repository = try place.repository()
        let begin = try repository.main()
        let bad = try repository.commit([.text("config/cluster.yaml", "broken\n")], onto: begin, .at(1, "Bad"))
        let later = try repository.commit([.text("config/other.yaml", "1\n")], onto: bad, .at(2, "Later"))
        let reverted = try repository.revert(bad, onto: later, .at(3, "Take back"))
        #expect(try repository.revert(bad, onto: later, .at(3, "Take back")) == reverted)
        #expect(
            try repository.file("config/cluster.yaml", at: reverted)
                == repository.file("config/cluster.yaml", at: begin))
        #expect(try repository.file("config/other.yaml", at: reverted) == Array("1\n".utf8))
        #expect(
            try repository.treeHash("config", at: repository.revert(bad, onto: bad, .at(3, "x")))
                == repository.treeHash("config", at: begin))
        let again = try repository.commit([.text("config/cluster.yaml", "other\n")], onto: later, .at(4, "Again"))
        #expect(throws: ForgeFault.conflict(files: ["config/cluster.yaml"])) {
            try repository.revert(bad, onto: again, .at(5, "Take back"))
        }
        #expect(throws: ForgeFault.nothingChanged) { try repository.revert(bad, onto: reverted, .at(6, "Twice")) }
        #expect(throws: ForgeFault.self) { try repository.revert(begin, onto: later, .at(7, "The first")) }
    }

    @Test func aPatchThatIsShownCanBeApplied() throws {
        let repository = try place.repository()
        let begin = try repository.main()
        let changes: [FileChange] = [
            .text("config/cluster.yaml", "version: 2\n"), FileChange(path: "config/acl.yaml", content: [0, 255, 10]),
        ]
        let wanted = try repository.commit(changes, onto: begin, .at(1, "Wanted"))
        let patch = try repository.diff(from: begin, to: wanted)
        #expect(try repository.apply(patch: patch, onto: begin, .at(1, "Wanted")) == wanted)
        let fault = #expect(throws: ForgeFault.self) { try repository.apply(patch: patch, onto: wanted, .at(1, "x")) }
        guard case .mismatch(let files, _) = fault else { throw fault ?? .nothingChanged }
        #expect(files.contains("config/cluster.yaml"))
        #expect(throws: ForgeFault.self) { try repository.apply(patch: "no patch", onto: begin, .at(1, "x")) }
        #expect(try !repository.diff(from: begin, to: wanted, of: ["config/acl.yaml"]).contains("cluster.yaml"))
    }

    @Test func goingBackRestoresTheWholeFolder() throws {
        let repository = try place.repository()
        let begin = try repository.main()
        let changes: [FileChange] = [
            .text("config/new.yaml", "1\n"), FileChange(path: "config/acl.yaml", content: nil),
        ]
        let now = try repository.commit(changes, onto: begin, .at(1, "Change"))
        let back = try repository.restore("config", from: begin, onto: now, .at(2, "Back"))
        #expect(try repository.treeHash("config", at: back) == repository.treeHash("config", at: begin))
        #expect(try repository.read(back).parents == [now])
    }

    @Test func aLineIsTracedToTheCommitThatWroteIt() throws {
        let repository = try place.repository()
        let begin = try repository.main()
        let text = (Place.configuration["cluster.yaml"] ?? "").replacing("replicas: 2", with: "replicas: 9")
        let commit = try repository.commit([.text("config/cluster.yaml", text)], onto: begin, .at(1, "Nine", by: "ann"))
        let blame = try repository.blame("config/cluster.yaml", line: 6, at: commit)
        #expect(blame.commit == commit && blame.author == "ann" && blame.text == "    replicas: 9")
        #expect(try repository.blame("config/cluster.yaml", line: 1, at: commit).commit == begin)
        #expect(throws: ForgeFault.self) { try repository.blame("config/cluster.yaml", line: 99, at: commit) }
    }
}

@Suite struct FetchingTests {
    let place: Place

    init() throws { place = try Place() }

    @Test func mainFollowsThatOfAnotherRepositoryAndOnlyForward() throws {
        let (own, other) = (try place.repository("own.git"), try place.repository("other.git"))
        let begin = try other.main()
        let next = try other.commit([.text("config/a.yaml", "1\n")], onto: begin, .at(1, "There"))
        try other.advanceMain(from: begin, to: next)
        #expect(try own.followMain(of: other.path) == next)
        #expect(try own.main() == next && own.followMain(of: other.path) == next)
        let mine = try own.commit([.text("config/b.yaml", "1\n")], onto: next, .at(2, "Here"))
        try own.advanceMain(from: next, to: mine)
        #expect(try own.followMain(of: other.path) == mine)
        let theirs = try other.commit([.text("config/c.yaml", "1\n")], onto: next, .at(3, "There again"))
        try other.advanceMain(from: next, to: theirs)
        let fault = #expect(throws: ForgeFault.self) { try own.followMain(of: other.path) }
        #expect("\(fault ?? .nothingChanged)".contains("does not follow ours"))
        #expect(try own.main() == mine)
    }

    @Test func aTokenIsNoArgumentAndInNoFault() throws {
        let repository = try place.repository()
        try place.write(
            "#!/bin/sh\necho \"$@\" > \(place.path)/arguments\nenv > \(place.path)/environment\n", to: "bin/git")
        try place.write("echo fatal: no >&2\nexit 1\n", to: "bin/end")
        try place.write((place.text("bin/git") ?? "") + (place.text("bin/end") ?? ""), to: "bin/git")
        chmod("\(place.path)/bin/git", 0o755)
        let git = Git(executable: "\(place.path)/bin/git")
        let own = try Repository.open(repository.path, git: git) { _ in }
        let fault = #expect(throws: ForgeFault.self) {
            try own.followMain(of: "https://forge/x.git", token: "ghp_secret")
        }
        #expect(fault == .unreachable("git could not fetch main of https://forge/x.git: no"))
        // "x-access-token:ghp_secret" in base64.
        let coded = "eC1hY2Nlc3MtdG9rZW46Z2hwX3NlY3JldA=="
        #expect(
            place.text("arguments")?.contains("secret") == false && place.text("arguments")?.contains(coded) == false)
        #expect(place.text("environment")?.contains("Authorization: Basic \(coded)") == true)
    }
}
