import Archive
import Contracts
import Host
import Incidents
import Postmortems
import Synchronization
import Testing

@testable import Chronicling

/// An archive in memory that a test may stop before or after a put.
final class Shelf: WriteOnceStore {
    struct Death: Error {}
    enum Moment: CaseIterable { case before, after }

    struct State {
        var records: [ArchiveRecord] = []
        var bytes: [Digest: [UInt8]] = [:]
        var puts = 0
        var death: (put: Int, moment: Moment)?
    }

    let state = Mutex(State())

    func die(at put: Int, _ moment: Moment) { state.withLock { $0.death = (put, moment) } }

    func put(_ item: ArchiveItem) async throws -> ArchiveRecord {
        try state.withLock { state in
            state.puts += 1
            let death = state.death.flatMap { $0.put == state.puts ? $0.moment : nil }
            if death == .before { throw Death() }
            let digest = Digest(of: item.bytes)
            let known = state.records.first { $0.digest == digest && $0.incident == item.incident }
            let record =
                known
                ?? ArchiveRecord(
                    sequence: Int64(state.records.count) + 1, digest: digest, kind: item.kind, incident: item.incident,
                    at: item.at, retainUntil: item.retainUntil, previous: state.records.last?.own)
            if known == nil { state.records.append(record) }
            state.bytes[digest] = item.bytes
            if death == .after { throw Death() }
            return record
        }
    }

    func get(_ digest: Digest) async throws -> [UInt8]? { state.withLock { $0.bytes[digest] } }
    func list() async throws -> [ArchiveRecord] { state.withLock { $0.records } }
    func head() async throws -> Digest? { state.withLock { $0.records.last?.own } }
    var records: [ArchiveRecord] { state.withLock { $0.records } }
}

@Suite("The chronicler")
struct ChroniclerTests {
    private static let year = Int64.seconds(365 * 86_400)

    private func chronicler(_ shelf: any WriteOnceStore, _ entries: [JournalEntry]) -> Chronicler {
        Chronicler(Tale.lifecycle, archive: shelf, retention: Self.year, now: { Tale.start + .seconds(900) }) {
            $0 == "I-7" ? entries : []
        }
    }

    @Test("an incident that is not over, or that nobody knows, has nothing written")
    func notOver() async throws {
        let shelf = Shelf()
        #expect(try await chronicler(shelf, try Tale().entries).chronicle("I-7") == Chronicler.Chronicle())
        #expect(try await chronicler(shelf, []).chronicle("I-9") == Chronicler.Chronicle())
        #expect(shelf.records.isEmpty)
    }

    @Test("however often and by however many it is asked, a document is written once", arguments: Tale.names)
    func exactlyOnce(_ name: String) async throws {
        let shelf = Shelf()
        let entries = try Tale.named(name).entries
        let chronicler = chronicler(shelf, entries)
        let first = try await chronicler.chronicle("I-7")
        #expect(first.written > 0)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<6 { group.addTask { _ = try? await chronicler.chronicle("I-7") } }
        }
        let again = try await self.chronicler(shelf, entries).chronicle("I-7")
        #expect(again.written == 0)
        #expect(again.documents == first.documents)
        #expect(again.addenda == first.addenda)
        #expect(shelf.records.count == first.documents.count + first.addenda.count)
        #expect(first.documents.allSatisfy { $0.retainUntil == $0.at + Self.year })
    }

    @Test("dead before or after any write, the next one brings it to the same end", arguments: Shelf.Moment.allCases)
    func deaths(_ moment: Shelf.Moment) async throws {
        for name in ["agreed", "mended-by-a-person"] {
            let entries = try Tale.named(name).entries
            let calm = Shelf()
            _ = try await chronicler(calm, entries).chronicle("I-7")
            for put in 1...calm.records.count {
                let shelf = Shelf()
                shelf.die(at: put, moment)
                await #expect(throws: Shelf.Death.self) { try await chronicler(shelf, entries).chronicle("I-7") }
                _ = try await chronicler(shelf, entries).chronicle("I-7")
                #expect(shelf.records == calm.records, "\(name), \(put)")
            }
        }
    }

    @Test("what is said after the end is an addendum tied to the document, and the document stays")
    func lateWords() async throws {
        let shelf = Shelf()
        var tale = try Tale.named("helped")
        let document = try #require(try await chronicler(shelf, tale.entries).chronicle("I-7").documents.last)
        try tale.say(.score(4), "right, and quick")
        try tale.say(.comment("the alert could say more"), person: "lee")
        let late = try await chronicler(shelf, tale.entries).chronicle("I-7")
        #expect(late.documents == [document])
        #expect(late.addenda.count == 2)
        let addenda = try await added(shelf, late)
        #expect(addenda.map(\.kind) == [.score, .comment])
        #expect(addenda.map(\.score) == [4, nil])
        #expect(addenda.map(\.person) == ["kim", "lee"])
        #expect(addenda.map(\.document) == [document.digest, document.digest])
        #expect(addenda.map(\.previous) == [document.digest, late.addenda[0].digest])
        let follow = Chronicler.FollowUp(id: "f1", incident: "I-7", person: "kim", text: "a longer time-out", at: 9)
        let chronicler = chronicler(shelf, tale.entries)
        let more = try await chronicler.add(follow)
        #expect(more.addenda.count == 3)
        #expect(try await chronicler.add(follow).written == 0)
        for (index, addendum) in try await added(shelf, more).enumerated() {
            #expect(addendum.number == index + 1)
            try Golden.expect(try DocumentBytes.write(addendum), "addendum-\(addendum.kind.rawValue).json")
        }
    }

    private func added(_ shelf: Shelf, _ chronicle: Chronicler.Chronicle) async throws -> [Addendum] {
        var found: [Addendum] = []
        for record in chronicle.addenda {
            found.append(try DocumentBytes.read(Addendum.self, try #require(try await shelf.get(record.digest))))
        }
        return found
    }

    @Test("an incident that goes on after a person had to act has a second document that names the first")
    func goesOn() async throws {
        let entries = try Tale.named("mended-by-a-person").entries
        let shelf = Shelf()
        let escalated = try Tale.named("escalated").entries
        let first = try await chronicler(shelf, escalated).chronicle("I-7")
        #expect(first.documents.count == 1)
        let second = try await chronicler(shelf, entries).chronicle("I-7")
        #expect(second.documents.count == 2)
        #expect(second.documents.first == first.documents.first)
        let bytes = try #require(try await shelf.get(second.documents[1].digest))
        let document = try DocumentBytes.read(Postmortem.self, bytes)
        #expect(document.supersedes == first.documents.first?.digest)
        #expect(document.outcome == .resolved)
        // Asked only at the end, it writes the same two.
        let late = Shelf()
        let atOnce = try await chronicler(late, entries).chronicle("I-7")
        #expect(atOnce.documents.map(\.digest) == second.documents.map(\.digest))
    }

    @Test("a journal that was changed, or does not follow from its inputs, has no document")
    func brokenJournals() async throws {
        let entries = try Tale.named("helped").entries
        var changed = entries
        changed[3].result[0] ^= 1
        var cut = entries
        cut.remove(at: 2)
        for journal in [changed, cut] {
            let shelf = Shelf()
            await #expect(throws: ChronicleFault.self) { try await chronicler(shelf, journal).chronicle("I-7") }
            #expect(shelf.records.isEmpty)
        }
        let other = Chronicler(
            Lifecycle { _ in Diagnosis(suspects: [], hypotheses: []) }, archive: Shelf(), retention: 1, now: { 0 }
        ) { _ in entries }
        await #expect(throws: ChronicleFault.self) { try await other.chronicle("I-7") }
    }

    @Test("nothing is added to what has no document")
    func nothingToAddTo() async throws {
        let follow = Chronicler.FollowUp(id: "f1", incident: "I-7", person: "kim", text: "later", at: 9)
        let chronicler = chronicler(Shelf(), try Tale().entries)
        await #expect(throws: ChronicleFault.noDocument(incident: "I-7")) { try await chronicler.add(follow) }
    }

    @Test("in a folder a document is on disk when it has answered, and the archive holds")
    func inAFolder() async throws {
        let folder = try TemporaryFolder.make()
        defer { TemporaryFolder.remove(folder) }
        let entries = try Tale.named("rolled-back").entries
        let archive = try ArchiveFolder(writing: "\(folder)/postmortems", protects: false)
        let took = try await ContinuousClock().measure {
            _ = try await chronicler(archive, entries).chronicle("I-7")
        }
        print("a post-mortem of \(entries.count) entries, on disk: \(took.inSeconds) s")
        #expect(try ArchiveFolder(reading: archive.path).listNow().count == 1)
        #expect(try ArchiveFolder.verify(archive.path, now: 0).holds)
    }
}
