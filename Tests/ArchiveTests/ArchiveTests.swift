import Contracts
import Glibc
import Host
import Testing

@testable import Archive

/// A folder with an archive in it, which goes with the test.
final class Shelf {
    let folder: String
    var path: String { "\(folder)/postmortems" }
    var index: String { "\(path)/index" }

    init() throws { folder = try TemporaryFolder.make() }

    deinit {
        unprotect()
        TemporaryFolder.remove(folder)
    }

    /// As somebody would who may do everything.
    func unprotect() {
        _ = Files.protect(index, .none)
        chmod(index, 0o644)
        for name in (try? Files.names(in: "\(path)/objects")) ?? [] {
            _ = Files.protect("\(path)/objects/\(name)", .none)
            chmod("\(path)/objects/\(name)", 0o644)
        }
    }

    func overwrite(_ path: String, _ bytes: [UInt8]) throws {
        unprotect()
        try Files.with(path, O_WRONLY | O_CREAT | O_TRUNC) { try Files.write(bytes, to: $0, path) }
    }

    func bytes(_ path: String) throws -> [UInt8] { try #require(try Files.read(path)) }

    /// Puts some items, and leaves.
    func fill(_ texts: [String]) throws {
        let archive = try ArchiveFolder(writing: path)
        for text in texts { _ = try archive.putNow(Self.item(text)) }
    }

    func verify(now: Int64 = 0) throws -> ArchiveProof { try ArchiveFolder.verify(path, now: now) }

    static func item(_ text: String) -> ArchiveItem {
        ArchiveItem(Array(text.utf8), kind: "postmortem", incident: "I-1", at: 5, retainUntil: 1_000)
    }
}

@Suite("The archive in a folder")
struct ArchiveTests {
    struct Death: Error {}

    @Test("what was put is there, under its hash, in its order, for who writes and for who reads")
    func whatWasPutIsThere() async throws {
        let shelf = try Shelf()
        let archive = try ArchiveFolder(writing: shelf.path)
        #expect(try await archive.head() == nil)
        let first = try await archive.put(Shelf.item("one"))
        let second = try await archive.put(Shelf.item("two"))
        #expect(first.digest == Digest(of: Array("one".utf8)))
        #expect(second.previous == first.own)
        let reader = try ArchiveFolder(reading: shelf.path)
        for store in [archive, reader] {
            #expect(try await store.list() == [first, second])
            #expect(try await store.get(second.digest) == Array("two".utf8))
            #expect(try await store.head() == second.own)
            #expect(try await store.get(Digest(of: [9])) == nil)
        }
        #expect(throws: ArchiveFault.readOnly(path: shelf.path)) { try reader.putNow(Shelf.item("three")) }
        #expect(try shelf.verify().holds)
    }

    @Test("the same put twice is one, and gets the first answer")
    func theSamePut() throws {
        let shelf = try Shelf()
        let archive = try ArchiveFolder(writing: shelf.path)
        let first = try archive.putNow(Shelf.item("one"))
        var later = Shelf.item("one")
        later.at = 900
        #expect(try archive.putNow(later) == first)
        later.incident = "I-2"
        let other = try archive.putNow(later)
        #expect(other.digest == first.digest)
        #expect(archive.listNow() == [first, other])
        #expect(try shelf.verify().holds)
    }

    @Test("one writes at a time; when it has gone, the next may")
    func oneWriter() throws {
        let shelf = try Shelf()
        var archive: ArchiveFolder? = try ArchiveFolder(writing: shelf.path)
        #expect(archive != nil)
        #expect(throws: ArchiveFault.held(path: "\(shelf.path)/lock")) { try ArchiveFolder(writing: shelf.path) }
        archive = nil
        _ = try ArchiveFolder(writing: shelf.path)
    }

    @Test("where the file system can, nobody writes to what was put, the most powerful user included")
    func protected() throws {
        let shelf = try Shelf()
        let archive = try ArchiveFolder(writing: shelf.path)
        let record = try archive.putNow(Shelf.item("one"))
        let file = "\(shelf.path)/objects/\(record.digest)"
        guard archive.isProtected else { return }
        #expect(open(file, O_WRONLY) < 0)
        #expect(unlink(file) != 0)
        #expect(open(shelf.index, O_WRONLY) < 0, "it can only grow")
    }

    @Test(
        "dead at any step, a put has happened or has not; put again, it is there once",
        arguments: ArchiveFolder.Step.allCases)
    func deathAtEachStep(_ step: ArchiveFolder.Step) throws {
        let shelf = try Shelf()
        try shelf.fill(["one"])
        do {
            let archive = try ArchiveFolder(writing: shelf.path) { if $0 == step { throw Death() } }
            #expect(throws: Death.self) { try archive.putNow(Shelf.item("two")) }
            #expect(throws: ArchiveFault.self, "what is on disk is not known") { try archive.putNow(Shelf.item("two")) }
        }
        let archive = try ArchiveFolder(writing: shelf.path)
        let isThere = step == .lineWritten || step == .lineFlushed
        #expect(archive.listNow().count == (isThere ? 2 : 1))
        for record in archive.listNow() { #expect(try archive.getNow(record.digest) != nil) }
        _ = try archive.putNow(Shelf.item("two"))
        #expect(archive.listNow().count == 2)
        let proof = try shelf.verify()
        #expect(proof.holds, "\(proof.breaks)")
        #expect(proof.files == 2)
    }

    @Test("a last line that is torn at any byte is mended, and what it stood for is put again")
    func tornAnywhere() throws {
        let shelf = try Shelf()
        try shelf.fill(["one", "two"])
        let whole = try shelf.bytes(shelf.index)
        let first = try #require(whole.firstIndex(of: UInt8(ascii: "\n"))) + 1
        for length in first..<whole.count {
            for tail in [[], [UInt8](repeating: 0, count: 7)] {
                try shelf.overwrite(shelf.index, whole[..<length] + tail)
                let archive = try ArchiveFolder(writing: shelf.path)
                #expect(archive.listNow().count == (length == whole.count - 1 && tail.isEmpty ? 2 : 1))
                _ = try archive.putNow(Shelf.item("two"))
                #expect(try shelf.bytes(shelf.index) == whole)
            }
        }
        #expect(try shelf.verify().holds)
    }

    @Test("a last line that no death can have left is not mended: it is told")
    func notTorn() throws {
        let shelf = try Shelf()
        try shelf.fill(["one"])
        let whole = try shelf.bytes(shelf.index)
        for tail in ["x", "{\"sequence\":7", "{\"sequence\":2,\"kind\":\"x\"", "\u{0}x"] {
            try shelf.overwrite(shelf.index, whole + Array(tail.utf8))
            #expect(throws: ArchiveFault.self, "\(tail)") { try ArchiveFolder(writing: shelf.path) }
            #expect(try shelf.bytes(shelf.index) == whole + Array(tail.utf8))
        }
    }

    @Test("any byte of any file or line that is changed is told, with the file or the line")
    func anyByte() throws {
        let shelf = try Shelf()
        try shelf.fill(["one", "another", "the third"])
        let index = try shelf.bytes(shelf.index)
        var line = 1
        for (place, byte) in index.enumerated() {
            var other = index
            other[place] = byte ^ 1
            try shelf.overwrite(shelf.index, other)
            let breaks = try shelf.verify().breaks
            #expect(breaks.first?.place.hasPrefix("index:") == true, "byte \(place)")
            // Where the end of a line is no end any more, it is one with the next.
            #expect(breaks.first?.place == "index:\(line)", "byte \(place)")
            if byte == UInt8(ascii: "\n") { line += 1 }
        }
        try shelf.overwrite(shelf.index, index)
        #expect(try shelf.verify().holds)
        for name in try Files.names(in: "\(shelf.path)/objects") {
            let file = "\(shelf.path)/objects/\(name)"
            let bytes = try shelf.bytes(file)
            for place in bytes.indices {
                var other = bytes
                other[place] ^= 1
                try shelf.overwrite(file, other)
                #expect(try shelf.verify().breaks.map(\.place) == ["objects/\(name)"])
                #expect(try shelf.verify().breaks.map(\.kind) == [.changedFile])
            }
            try shelf.overwrite(file, bytes)
        }
    }

    @Test("files that are gone or too many, and lines that are gone or moved, are told")
    func goneAndAdded() throws {
        let shelf = try Shelf()
        try shelf.fill(["one", "two", "three"])
        let index = try shelf.bytes(shelf.index)
        let lines = index.split(separator: UInt8(ascii: "\n")).map { Array($0) + [UInt8(ascii: "\n")] }
        func kinds(_ lines: [[UInt8]]) throws -> [ArchiveBreak.Kind] {
            try shelf.overwrite(shelf.index, lines.flatMap { $0 })
            return try shelf.verify().breaks.map(\.kind)
        }
        #expect(try kinds([lines[0], lines[2]]) == [.brokenLink])
        #expect(try kinds([lines[1], lines[0], lines[2]]) == [.brokenLink])
        #expect(try kinds([lines[0], lines[1]]) == [.extraFile])
        #expect(try kinds(lines) == [])
        try shelf.overwrite("\(shelf.path)/objects/note.txt", [1])
        #expect(try shelf.verify().breaks.map(\.place) == ["objects/note.txt"])
        unlink("\(shelf.path)/objects/note.txt")
        let gone = "objects/\(Digest(of: Array("two".utf8)))"
        unlink("\(shelf.path)/\(gone)")
        #expect(try shelf.verify(now: 999).breaks.map(\.place) == [gone])
        #expect(try shelf.verify(now: 1_000).holds, "it had to be kept until then")
        #expect(try shelf.verify(now: 1_000).expired.map { "objects/\($0)" } == [gone])
    }

    @Test("a changed file is not given out, and never written over")
    func changedFilesStay() throws {
        let shelf = try Shelf()
        try shelf.fill(["one"])
        let digest = Digest(of: Array("one".utf8))
        try shelf.overwrite("\(shelf.path)/objects/\(digest)", [1])
        let archive = try ArchiveFolder(writing: shelf.path)
        #expect(throws: ArchiveFault.self) { try archive.getNow(digest) }
        var other = Shelf.item("one")
        other.incident = "I-2"
        #expect(throws: ArchiveFault.self) { try archive.putNow(other) }
        #expect(try shelf.bytes("\(shelf.path)/objects/\(digest)") == [1])
    }

    @Test("where there is no archive, none is made for who only reads")
    func noArchive() throws {
        let shelf = try Shelf()
        #expect(throws: ArchiveFault.notThere(path: shelf.path)) { try ArchiveFolder(reading: shelf.path) }
        #expect(throws: ArchiveFault.notThere(path: shelf.path)) { try shelf.verify() }
        #expect(access(shelf.path, F_OK) != 0)
    }
}
