import Contracts
import Incidents
import Testing
import Triaging

@testable import TriageAgent

@Suite("The docket of triage", .serialized)
struct DocketTests {
    @Test("an alert and its incident are on disk when the answer comes")
    func anAlertIsOnDisk() async throws {
        let office = try await Office()
        let docket = try await office.docket()
        let receipts = try await docket.raise([office.alert()])
        #expect(receipts.first?.disposition == .incident)
        #expect(receipts.first?.incident == "I-1")
        let kept = try #require(try await office.reading.incident("I-1"))
        #expect(kept.opening.fingerprint == "OrdersFail/orders")
        var query = AlertQuery()
        query.incident = "I-1"
        #expect(try await office.reading.alerts(query).map(\.alert.name) == ["OrdersFail"])
        #expect(try await office.fault() == nil)
        await office.close()
    }

    @Test("what could not be kept has not happened: the same alert opens the same incident later")
    func aFailedCommitLeavesNothing() async throws {
        let office = try await Office()
        let docket = try await office.docket()
        office.failCommits(1)
        await #expect(throws: Office.NoRoom.self) { try await docket.raise([office.alert()]) }
        #expect(try await office.reading.incident("I-1") == nil)
        let receipts = try await docket.raise([office.alert()])
        #expect(receipts.first?.incident == "I-1")
        #expect(try await office.fault() == nil)
        await office.close()
    }

    @Test("who takes over goes on with the step in hand, under its own id, and the journal has one end")
    func aSuccessorGoesOn() async throws {
        let office = try await Office()
        let first = try await office.docket()
        _ = try await first.raise([office.alert(began: -10)])
        let step = try await office.stepInHand("I-1")
        #expect(step.errand == .evidence)
        let second = try await office.docket("triage@local.2#2")
        let taken = try #require(try await office.reading.incident("I-1"))
        #expect(taken.step?.id == step.id)
        #expect(taken.holder == "triage@local.2#2")
        #expect(office.asked.last?.id == step.id)
        // The one before is not dead after all, and writes: the disk refuses it, and it reads again.
        office.pass(seconds: 60)
        await second.tick()
        await #expect(throws: (any Error).self) { try await first.raise([office.alert("Another", node: "inventory")]) }
        #expect(try await office.fault() == nil)
        await office.close()
    }

    @Test("a wish that comes twice is one wish")
    func aWishIsOne() async throws {
        let office = try await Office()
        let docket = try await office.docket()
        _ = try await docket.raise([office.alert()])
        let order = PersonalOrder(id: "w1", incident: "I-1", command: IncidentCommand(.comment("hm"), person: "kim"))
        _ = try await docket.obey(order)
        let entries = try await office.journal().count
        let again = try await docket.obey(order)
        #expect(again.feedback == ["kim: hm"])
        #expect(try await office.journal().count == entries)
        await #expect(throws: TriageFault.self) {
            try await docket.obey(
                PersonalOrder(id: "w2", incident: "I-9", command: IncidentCommand(.acknowledge, person: "kim")))
        }
        await office.close()
    }

    @Test("an incident that has ended takes comments and scores, and nothing that would act")
    func theEndedTakesComments() async throws {
        let office = try await Office()
        let docket = try await office.docket()
        _ = try await docket.raise([office.alert()])
        func wish(_ id: String, _ kind: IncidentCommand.Kind) -> PersonalOrder {
            PersonalOrder(id: id, incident: "I-1", command: IncidentCommand(kind, person: "kim"))
        }
        #expect(try await docket.obey(wish("a", .resolve)).stage == .resolved)
        _ = try await docket.obey(wish("b", .comment("it was the disk")))
        await #expect(throws: LifecycleRefusal.ended(.resolved)) { try await docket.obey(wish("c", .retry)) }
        // A new episode is a new incident, and names the one before.
        office.pass(seconds: 100)
        let receipts = try await docket.raise([office.alert()])
        #expect(receipts.first?.incident == "I-2")
        #expect(try await office.reading.incident("I-2")?.opening.follows == "I-1")
        #expect(try await office.fault() == nil)
        await office.close()
    }

    @Test("a storm of one cause is one incident, with few lines in its journal, and others are answered meanwhile")
    func aStormIsOneIncident() async throws {
        let office = try await Office()
        let docket = try await office.docket()
        let own = office.alert("Own", node: "inventory")
        _ = try await docket.raise([own])
        for batch in 0..<40 {
            office.pass(seconds: 0.2)
            let alerts = (0..<50).map { number in
                office.alert("Storm \(batch * 50 + number)", node: "orders", source: .alertmanager)
            }
            let receipts = try await docket.raise(alerts)
            #expect(Set(receipts.compactMap(\.incident)).count <= 1)
        }
        var query = IncidentQuery()
        query.limit = 100
        #expect(try await office.reading.incidents(query).count <= 2)
        #expect(try await office.journal().count < 60)
        let wish = PersonalOrder(id: "w", incident: "I-1", command: IncidentCommand(.acknowledge, person: "kim"))
        #expect(try await docket.obey(wish).acknowledged != nil)
        #expect(try await office.fault() == nil)
        await office.close()
    }

    @Test("an answer to a step moves the incident on; the same answer again does not")
    func anAnswerMovesOn() async throws {
        let office = try await Office()
        let docket = try await office.docket()
        _ = try await docket.raise([office.alert(began: -10)])
        let step = try await office.stepInHand("I-1")
        let scope = EvidenceScope(from: office.now)
        let input = DiagnosisInput(evidence: Evidence(scope: scope, from: office.now, until: office.now))
        await docket.hear(.evidence(step: step.id, input), for: step, of: "I-1", diagnosis: nil)
        let next = try #require(try await office.reading.incident("I-1"))
        // Nothing was seen: it looks again after a pause.
        #expect(next.step?.errand == .pause)
        #expect(next.looks == 1)
        await docket.hear(.evidence(step: step.id, input), for: step, of: "I-1", diagnosis: nil)
        #expect(try await office.reading.incident("I-1") == next)
        office.pass(seconds: 4)
        await docket.tick()
        #expect(try await office.reading.incident("I-1")?.step?.errand == .evidence)
        #expect(try await office.fault() == nil)
        await office.close()
    }

    @Test("an alert that fires for hours is known to a successor: its end is the end of what hurts")
    func whatFiresForHoursIsKnown() async throws {
        let office = try await Office()
        let first = try await office.docket()
        let alert = office.alert()
        _ = try await first.raise([alert])
        _ = try await office.stepInHand("I-1")
        office.pass(seconds: 7 * 3_600)
        let second = try await office.docket("triage@local.2#2")
        var ended = alert
        ended.state = .resolved
        ended.ended = office.now
        _ = try await second.raise([ended])
        #expect(try await office.reading.incident("I-1")?.quietSince != nil)
        await office.close()
    }

    @Test("a silence holds alerts back until it ends, and a matcher that cannot be is refused")
    func aSilenceHolds() async throws {
        let office = try await Office()
        let docket = try await office.docket()
        let note = SilenceNote(
            id: "s1", matchers: ["node=\"orders\""], from: office.now, until: office.now + .seconds(60), person: "kim",
            text: "work")
        #expect(try await docket.change(.begin(note)).map(\.id) == ["s1"])
        #expect(try await docket.raise([office.alert()]).first?.disposition == .suppressed)
        office.pass(seconds: 61)
        await docket.tick()
        #expect(try await office.reading.incident("I-1")?.opening.fingerprint == "OrdersFail/orders")
        var wrong = note
        wrong.matchers = ["orders"]
        await #expect(throws: TriageFault.self) { try await docket.change(.begin(wrong)) }
        await office.close()
    }
}
