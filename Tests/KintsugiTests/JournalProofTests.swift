import Contracts
import Incidents
import Testing

@testable import kintsugi

@Suite("The journal on the command line")
struct JournalProofTests {
    /// Three entries of one incident and one of another, in turn.
    private func journal() throws -> [JournalEntry] {
        var (end, ends): (JournalEnd, [String: (Int, Digest)]) = (.init(), [:])
        let events: [(String, IncidentEvent)] = [
            ("I-7", .opened(IncidentSample.incident().opening)), ("I-8", .noted("else")), ("I-7", .tick),
            ("I-7", .command(IncidentCommand(.resolve, person: "ann", text: "mended"))),
        ]
        return try events.enumerated().map { index, event in
            var incident = IncidentSample.incident(index == 3 ? .resolved : .awaitingApproval)
            incident.id = event.0
            let input = IncidentInput(at: IncidentSample.start, actor: "triage@local.1", event.1)
            let before = ends[event.0]
            let entry = try end.append(input, incident, number: (before?.0 ?? 0) + 1, before: before?.1)
            ends[event.0] = (entry.number, entry.digest)
            return entry
        }
    }

    private func proved(_ entries: [JournalEntry], isWhole: Bool = true, wanted: Digest? = nil) -> JournalProof.Outcome
    {
        var proof = JournalProof(isWhole: isWhole, wanted: wanted)
        for entry in entries where !proof.take(entry) { break }
        return proof.outcome
    }

    @Test("a journal that nobody touched holds, and its head is its last entry")
    func holds() throws {
        let entries = try journal()
        let outcome = proved(entries)
        #expect(outcome.holds && outcome.entries == 4 && outcome.last == 4 && outcome.head == entries.last?.digest)
        #expect(outcome.text(.none).contains("4 entries") && outcome.fault == nil)
        #expect(proved([]).holds && proved([]).text(.none) == "The journal has no such entry yet.\n")
        #expect(proved(entries.filter { $0.incident == "I-7" }, isWhole: false).entries == 3)
    }

    @Test("the first link that is broken is named, and how much holds before it")
    func broken() throws {
        var entries = try journal()
        entries[2].input[0] ^= 1
        let changed = proved(entries)
        #expect(!changed.holds && changed.entries == 2 && changed.fault?.hasPrefix("entry 3 (I-7)") == true)
        #expect(changed.text(.none).contains("2 entries before it hold"))
        var shorter = try journal()
        shorter.remove(at: 1)
        #expect(proved(shorter).fault?.contains("entry 2 is not there") == true)
    }

    @Test("a journal that was cut off holds in itself, but not beside the head of an earlier time")
    func cut() throws {
        let entries = try journal()
        let rest = Array(entries.dropLast())
        #expect(proved(rest).holds)
        #expect(proved(entries, wanted: entries[1].digest).holds && proved(entries, wanted: entries[3].digest).holds)
        let cut = proved(rest, wanted: entries[3].digest)
        #expect(!cut.holds && cut.fault?.contains("is not there") == true)
    }

    @Test("what is exported is read again as it was, and proves itself without a cluster")
    func exported() throws {
        let entries = try journal()
        let lines = try entries.map(JournalFile.line)
        #expect(lines.allSatisfy { $0.hasSuffix("\n") && $0.count { $0 == "\n" } == 1 })
        let read = try lines.map { try JournalFile.entry($0.dropLast().utf8, number: 1, of: "file") }
        #expect(read == entries && proved(read).holds)
        let wrong = #expect(throws: Failure.self) { try JournalFile.entry("{}".utf8, number: 3, of: "file") }
        #expect(wrong?.exit == ExitCode.data && wrong?.error.hasPrefix("file:3: ") == true)
    }

    @Test("an entry is one line: when, which incident, who, what, and what followed")
    func lines() throws {
        let line = try JournalLine(try journal()[3])
        let text = line.text(.none)
        #expect(
            text.hasPrefix(
                "2030-03-17 17:46:40  I-7  triage@local.1  ann says that it is mended: mended  → resolved"))
        #expect(text.count { $0 == "\n" } == 1 && line.number == 3 && line.result.stage == .resolved)
        var unreadable = try journal()[0]
        unreadable.input = [0xFF]
        #expect(throws: Failure.self) { try JournalLine(unreadable) }
    }

    @Test("to who watches, passing time is no news where nothing follows; the end of an incident is")
    func news() throws {
        let lines = try journal().map { try JournalLine($0) }
        var news = JournalNews()
        #expect(lines.map { news.take($0) } == [true, true, false, true] && news.isEnded)
        var afresh = JournalNews()
        #expect(afresh.take(lines[2]) && !afresh.isEnded)
    }

    @Test("every kind of event has words, and they say what is in it")
    func words() {
        let offer = IncidentSample.offer()
        let verdict = IncidentSample.incident().verdict
        let events: [(IncidentEvent, String)] = [
            (.opened(IncidentSample.incident().opening), "opened: orders fails"),
            (.alerts(IncidentSample.incident().alerts), "1 of 4 alerts fire about orders, P2"),
            (.noted("hm"), "noted: hm"), (.tick, "time passed"), (.claimed(holder: "b"), "b goes on with it"),
            (.offers(step: "s", [offer], text: ""), "plans: three workers for orders"),
            (.offers(step: "s", [], text: "none known"), "no plan: none known"),
            (.approval(step: "s", ApprovalStanding(.expired)), "approval: expired"),
            (
                .executed(step: "s", ExecutionReport(.done, text: "ok", began: 0, ended: 1)), "execution: done: ok"
            ),
            (.verified(step: "s", Verification(verdict: .holds, conditions: [])), "verification: holds"),
            (.refused(step: "s", text: "no"), "refused: no"),
            (.command(IncidentCommand(.score(5), person: "ann")), "ann scores it 5 of 5"),
        ]
        for (event, text) in events { #expect(JournalWords.text(event) == text) }
        if let verdict {
            #expect(JournalWords.text(.verdict(step: "s", verdict)).hasPrefix("verdict: approve for the plan "))
        }
        let evidence = Evidence(scope: EvidenceScope(from: 0), from: 0, until: 1)
        #expect(
            JournalWords.text(.evidence(step: "s", DiagnosisInput(evidence: evidence))).hasPrefix("evidence: 0 series"))
    }
}
