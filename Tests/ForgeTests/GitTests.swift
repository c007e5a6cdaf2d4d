import Contracts
import Glibc
import Host
import Testing

@testable import Forge

@Suite struct GitTests {
    let place: Place
    let said = Said()

    init() throws { place = try Place() }

    /// A program in git's place.
    private func program(_ script: String) throws -> Git {
        let path = "\(place.path)/bin/git"
        try place.write("#!/bin/sh\n\(script)\n", to: "bin/git")
        chmod(path, 0o755)
        return Git(executable: path)
    }

    @Test func aHostWithoutGitIsToldWhereItWasLookedFor() throws {
        #expect(throws: ForgeFault.noGit(searched: "/nowhere:/neither")) { try Git.find(path: "/nowhere:/neither") }
        #expect(throws: ForgeFault.noGit(searched: "/nowhere/git")) {
            try Git(executable: "/nowhere/git").call(["--version"], doing: "x")
        }
    }

    @Test func anOldGitIsRefused() throws {
        _ = try program("echo git version 2.34.1")
        #expect(throws: ForgeFault.oldGit(found: "git version 2.34.1")) {
            try Git.find(path: "\(place.path)/bin")
        }
        _ = try program("echo git version 3.1.0.windows.1")
        #expect(try Git.find(path: "\(place.path)/bin").executable == "\(place.path)/bin/git")
    }

    @Test func aCommandThatHangsIsKilledWithAllThatItStarted() throws {
        // The child of the child writes its number and waits for what never comes.
        var git = try program("sh -c 'echo $$ > \(place.path)/pid; exec tail -f /dev/null' & wait")
        git.deadline = .milliseconds(300)
        #expect(throws: ForgeFault.deadline(doing: "hang", within: .milliseconds(300))) {
            try git.call(["x"], doing: "hang")
        }
        let pid = try #require(place.text("pid")?.split(separator: "\n").first.flatMap { Int32($0) })
        // It was killed; whoever inherits it may not have reaped it yet.
        let state = ProcessFiles.text("/proc/\(pid)/stat")?.split(separator: ")").last?.split(separator: " ").first
        #expect(state == nil || state == "Z" || state == "X")
    }

    @Test func anAnswerWithoutEndIsCut() throws {
        var git = try program("exec yes")
        git.mostBytes = 100_000
        #expect(throws: ForgeFault.tooLarge(doing: "flood", most: 100_000)) { try git.call(["x"], doing: "flood") }
    }

    @Test func manyBytesGoInAndOutUnchanged() throws {
        let git = try program("exec cat")
        let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        #expect(try git.call(["x"], input: bytes, doing: "copy").output == bytes)
    }

    @Test func nothingOfTheUserOrTheHostReachesGit() throws {
        let git = try program("env | sort; echo \"$@\"")
        let text = try git.call(["x y", "$(id)"], in: "/repo", doing: "x").text
        #expect(text.contains("GIT_CONFIG_NOSYSTEM=1") && text.contains("GIT_CONFIG_GLOBAL=/dev/null"))
        #expect(text.contains("GIT_DIR=/repo") && text.contains("LC_ALL=C") && !text.contains("HOME="))
        // No shell came between.
        #expect(text.hasSuffix("x y $(id)"))
    }

    @Test func hooksOfTheRepositoryDoNotRun() throws {
        let repository = try place.repository()
        try place.write("#!/bin/sh\ntouch \(place.path)/ran\nexit 1\n", to: "cluster.git/hooks/reference-transaction")
        chmod("\(repository.path)/hooks/reference-transaction", 0o755)
        let commit = try repository.commit([.text("config/a.yaml", "1")], onto: "main", .at(1, "One"))
        try repository.advanceMain(from: repository.main(), to: commit)
        #expect(access("\(place.path)/ran", F_OK) != 0)
    }

    @Test func whatIsNoRepositoryIsNamed() throws {
        #expect(throws: ForgeFault.noRepository("\(place.path)/none.git")) {
            try Repository.open("\(place.path)/none.git", git: Place.git())
        }
    }

    @Test func aMissingObjectIsCalledDamageAndAnUnknownNameIsNot() throws {
        let repository = try place.repository()
        #expect(throws: ForgeFault.missing("a commit nope")) { try repository.read("nope") }
        let unknown = String(repeating: "1", count: 40)
        #expect(throws: ForgeFault.missing("a commit \(unknown)")) { try repository.read(unknown) }
        let entry = try #require(try repository.entry("config/acl.yaml", at: "main"))
        unlink("\(repository.path)/objects/\(entry.hash.prefix(2))/\(entry.hash.dropFirst(2))")
        let faults = [
            #expect(throws: ForgeFault.self) { try repository.file("config/acl.yaml", at: "main") },
            #expect(throws: ForgeFault.self) { try repository.check() },
            #expect(throws: ForgeFault.self) { try repository.checkout("main", into: "\(place.path)/run/x") },
        ]
        for fault in faults {
            guard case .corrupt = fault else {
                Issue.record("expected damage, found \(String(describing: fault))")
                continue
            }
        }
    }

    @Test func aBrokenReferenceIsDamage() throws {
        let repository = try place.repository()
        try place.write("nonsense\n", to: "cluster.git/refs/heads/main")
        let fault = #expect(throws: ForgeFault.self) { try repository.main() }
        guard case .corrupt = fault else { throw fault ?? .nothingChanged }
    }

    @Test func aLockOfAProcessThatIsGoneIsRemovedAndSaid() throws {
        let repository = try place.repository(say: { [said] in said($0) })
        let commit = try repository.commit([.text("config/a.yaml", "1")], onto: "main", .at(1, "One"))
        let lock = "\(repository.path)/refs/heads/main.lock"
        try place.write("", to: "cluster.git/refs/heads/main.lock")
        // A young one may be somebody's.
        #expect(throws: ForgeFault.locked(lock)) { try repository.advanceMain(from: repository.main(), to: commit) }
        #expect(said.all.isEmpty)
        var times = [timeval(tv_sec: 1_700_000_000, tv_usec: 0), timeval(tv_sec: 1_700_000_000, tv_usec: 0)]
        utimes(lock, &times)
        try repository.advanceMain(from: repository.main(), to: commit)
        #expect(try repository.main() == commit)
        #expect(said.all == ["removed \(lock), which a process left that is gone"])
    }

    @Test func anOldLockStaysWhileAGitIsAtWork() throws {
        let repository = try place.repository(say: { [said] in said($0) })
        let lock = "\(repository.path)/packed-refs.lock"
        try place.write("", to: "cluster.git/packed-refs.lock")
        var times = [timeval(tv_sec: 1_700_000_000, tv_usec: 0), timeval(tv_sec: 1_700_000_000, tv_usec: 0)]
        utimes(lock, &times)
        // It waits for objects on its standard input, which stays open.
        let pipe = try Descriptor.pipe()
        let working = try Launch(
            executable: Git.find().executable, arguments: ["cat-file", "--batch"],
            environment: ["GIT_DIR=\(repository.path)"], descriptors: [(0, pipe.read)]
        ).start()
        until { ProcessFiles.text("/proc/\(working.pid)/environ")?.contains(repository.path) == true }
        withExtendedLifetime(pipe) { #expect(repository.sweep() == 0 && access(lock, F_OK) == 0) }
        working.send(SIGKILL)
        until { working.hasEnded }
        _ = try working.reap()
        #expect(repository.sweep() == 1 && access(lock, F_OK) != 0)
    }

    @Test func aFullDiskIsNamed() {
        let words = "error: file write error: No space left on device\nfatal: unable to write loose object file"
        #expect(GitWords.fault(words, status: 128, repository: nil, doing: "write a file") == .diskFull("write a file"))
    }

    private func until(_ condition: () -> Bool) {
        let end = MonotonicClock.now() + 10_000_000_000
        while !condition() {
            guard MonotonicClock.now() < end else {
                Issue.record("the condition did not come")
                return
            }
            sched_yield()
        }
    }
}
