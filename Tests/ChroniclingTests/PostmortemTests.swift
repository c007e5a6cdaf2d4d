import Contracts
import FoundationEssentials
import Incidents
import Postmortems
import Testing

@testable import Chronicling

@Suite("Post-mortems of whole journals")
struct PostmortemTests {
    static func document(_ name: String) async throws -> (document: Postmortem, items: [ReplayedEntry]) {
        let tale = try Tale.named(name)
        let items = try tale.replayed()
        let end = try #require(Replaying.ends(items).last)
        let told = Array(items[...end])
        let grounds = await GroundGathering.grounds(
            of: told.map(\.entry), under: Tale.lifecycle.terms, from: tale.sources)
        return (try PostmortemWriter.write(told, grounds: grounds), told)
    }

    @Test("every tale has a document in which nothing is said that does not follow", arguments: Tale.names)
    func everythingFollows(_ name: String) async throws {
        let (document, items) = try await Self.document(name)
        #expect(PostmortemLint(items).faults(of: document) == [])
    }

    @Test("the same journal gives the same bytes, and they are read as the same document", arguments: Tale.names)
    func theSameBytes(_ name: String) async throws {
        let (document, items) = try await Self.document(name)
        let bytes = try DocumentBytes.write(document)
        let again = try PostmortemWriter.write(items, grounds: document.simulationContext.grounds)
        #expect(try DocumentBytes.write(again) == bytes)
        #expect(try DocumentBytes.read(Postmortem.self, bytes) == document)
    }

    /// With KINTSUGI_WRITE_GOLDEN=1 they are written anew; the schema's own test reads them.
    @Test("the documents are those that are kept beside the tests", arguments: Tale.names)
    func golden(_ name: String) async throws {
        let document = try await Self.document(name).document
        try Golden.expect(try DocumentBytes.write(document), "\(name).json")
        try Golden.expect(Array(PostmortemText.markdown(document).utf8), "\(name).md")
    }

    @Test("a fix that helped is the remediation, with its diff, its verdict and who agreed")
    func theRemediation() async throws {
        let (document, _) = try await Self.document("agreed")
        let applied = try #require(document.remediationAction)
        #expect(applied.fate == .helped)
        #expect(applied.approvedBy == ["kim"])
        #expect(applied.verdict == .approve)
        #expect(applied.diff == "-timeout: 1ms\n+timeout: 2s\n")
        #expect(applied.steps.first?.outcome == .done)
        #expect(document.otherActions.isEmpty)
        #expect(document.durations.mtta.value == 2.5)
        #expect(document.durations.mttd.value == 3.25)
        #expect(document.impact.failedRequests.value == 168)
        #expect(document.impact.orders.value == nil)
        #expect(document.humanFeedbackScore == nil, "it was given after the end")
    }

    @Test("what was undone stands beside what helped, and what was believed then is refuted")
    func whatWasUndone() async throws {
        let (document, _) = try await Self.document("rolled-back")
        #expect(document.remediationAction?.fate == .helped)
        #expect(document.otherActions.map(\.fate) == [.undone])
        let diagnosis = try #require(document.diagnosis)
        #expect(diagnosis.node == "inventory")
        #expect(diagnosis.refuted.first?.node == "orders")
        #expect(diagnosis.refuted.first?.generation == 1)
    }

    @Test("a person's no is in the document in the person's own words")
    func whatPeopleSaid() async throws {
        let (document, _) = try await Self.document("rejected")
        #expect(document.feedback.first?.text == "the queue of *inventory* is full")
        #expect(document.feedback.first?.person == "kim")
    }

    @Test("noise has a short document, and what nobody mended has no time to resolve")
    func otherEnds() async throws {
        #expect(try await Self.document("suppressed").document.form == .short)
        let escalated = try await Self.document("escalated").document
        #expect(escalated.outcome == .escalated)
        #expect(escalated.durations.mttr.value == nil)
        #expect(escalated.remediationAction == nil)
        #expect(try await Self.document("given-up").document.outcome == .failed)
    }

    @Test("what is not over has no document")
    func notOver() throws {
        let items = try Tale().replayed()
        #expect(throws: PostmortemFault.notOver("I-7", .open)) { try PostmortemWriter.write(items) }
        #expect(throws: PostmortemFault.noEntries) { try PostmortemWriter.write([]) }
    }

    @Test("bytes of another spelling are refused, and so is a field that is not there")
    func oneSpelling() async throws {
        let bytes = try DocumentBytes.write(try await Self.document("helped").document)
        #expect(throws: PostmortemFault.self) { try DocumentBytes.read(Postmortem.self, bytes + [0x20]) }
        let text = String(decoding: bytes, as: UTF8.self)
        for (from, to) in [
            ("\"human_feedback_score\":null,", ""), ("\"follows\":null", "\"follows\":null,\"more\":1"),
            ("\"version\":1", "\"version\": 1"),
        ] {
            let other = text.replacing(from, with: to, maxReplacements: 1)
            #expect(other != text)
            #expect(throws: PostmortemFault.self) { try DocumentBytes.read(Postmortem.self, Array(other.utf8)) }
        }
    }

    @Test("under many seeds, with deaths and losses, every end has a document that follows from its journal")
    func underSeeds() throws {
        var documents = 0
        for seed in UInt64(1)...150 {
            guard let items = try SimulatedJournal.items(seed) else { continue }
            for end in Replaying.ends(items) {
                let told = Array(items[...end])
                let document = try PostmortemWriter.write(told)
                #expect(PostmortemLint(told).faults(of: document) == [], "seed \(seed)")
                documents += 1
            }
        }
        #expect(documents >= 100)
    }
}

/// Files beside the tests that hold what was right when they were written.
enum Golden {
    static func expect(_ bytes: [UInt8], _ name: String) throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Golden/postmortems")
        let file = folder.appendingPathComponent(name)
        if ProcessInfo.processInfo.environment["KINTSUGI_WRITE_GOLDEN"] == "1" {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try Data(bytes).write(to: file)
        }
        #expect(try [UInt8](Data(contentsOf: file)) == bytes, "\(name) is not what it was")
    }
}
