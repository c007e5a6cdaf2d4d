import CHost
import Contracts
import Glibc
import Host
import Testing

@testable import Forge

@Suite struct WorkTreeTests {
    let place: Place
    let repository: Repository
    let first: String
    let second: String

    init() throws {
        place = try Place()
        repository = try place.repository()
        let begin = try repository.main()
        first = try repository.commit(
            [.text("Sources/a.swift", "a\n"), .text("Sources/b.swift", "b\n"), .text("Sources/old.swift", "o\n")],
            onto: begin, .at(1, "one"))
        second = try repository.commit(
            [.text("Sources/b.swift", "b2\n"), FileChange(path: "Sources/old.swift", content: nil)], onto: first,
            .at(2, "two"))
    }

    private func put(_ commit: String) throws {
        try repository.put(commit, into: "\(place.path)/work", index: "\(place.path)/index", keeping: [".build"])
    }

    /// When a file was written, and which one it is.
    private func identity(_ name: String) -> [Int] {
        var status = stat()
        guard stat("\(place.path)/work/\(name)", &status) == 0 else { return [] }
        return [Int(status.st_mtim.tv_sec), Int(status.st_mtim.tv_nsec), Int(status.st_ino)]
    }

    @Test func aFileThatStaysTheSameIsNotTouchedAndTheOthersAreAsInTheCommit() throws {
        try put(first)
        let before = identity("Sources/a.swift")
        #expect(!before.isEmpty && place.text("work/config/acl.yaml") != nil)
        try put(second)
        #expect(identity("Sources/a.swift") == before)
        #expect(place.text("work/Sources/b.swift") == "b2\n" && place.text("work/Sources/old.swift") == nil)
        try put(first)
        #expect(place.text("work/Sources/b.swift") == "b\n" && place.text("work/Sources/old.swift") == "o\n")
        #expect(identity("Sources/a.swift") == before)
    }

    @Test func whatIsNotOfTheCommitGoesButForWhatIsKept() throws {
        try put(first)
        try place.write("made", to: "work/.build/debug/a.o")
        try place.write("made", to: "work/Sources/made.swift")
        try place.write("changed", to: "work/Sources/a.swift")
        // Of a git that was killed.
        try place.write("", to: "index.lock")
        try put(first)
        #expect(place.text("work/.build/debug/a.o") == "made" && place.text("work/Sources/made.swift") == nil)
        #expect(place.text("work/Sources/a.swift") == "a\n")
        #expect(throws: ForgeFault.self) { try put("nothing") }
    }
}
