import Commands
import Contracts
import Host
import Risk
import Testing

@testable import kintsugi

@Suite("A person's word on incidents")
struct IncidentCommandTests {
    private func understood(_ words: [String]) throws -> Invocation {
        guard case .run(let invocation) = try Parser(CommandTree.root, suggest: { _, _ in nil }).parse(words) else {
            throw Failure("no command")
        }
        return invocation
    }

    private func command(_ line: String) throws -> IncidentCommand {
        IncidentWish.command(try understood(line.split(separator: " ").map(String.init)), person: "ann")
    }

    @Test("each command line is one wish of its person")
    func wishes() throws {
        let expected: [(String, IncidentCommand)] = [
            ("incident acknowledge I-7", IncidentCommand(.acknowledge, person: "ann")),
            ("incident comment I-7 hello", IncidentCommand(.comment("hello"), person: "ann")),
            ("incident score I-7 4", IncidentCommand(.score(4), person: "ann")),
            ("incident escalate I-7 help", IncidentCommand(.escalate, person: "ann", text: "help")),
            ("incident take I-7", IncidentCommand(.take, person: "ann")),
            ("incident resolve I-7 mended", IncidentCommand(.resolve, person: "ann", text: "mended")),
            ("incident fail I-7", IncidentCommand(.fail, person: "ann")),
            ("incident retry I-7 queue", IncidentCommand(.retry, person: "ann", text: "queue")),
        ]
        for (line, wanted) in expected { #expect(try command(line) == wanted, "\(line)") }
    }

    @Test(
        "a command line that lacks something, or says too much, is no wish",
        arguments: [
            "incident", "incident show", "incident score I-7", "incident score I-7 6", "incident comment I-7",
            "incident create", "incident list --stage nowhere", "alert send", "alert explain", "journal show --limit 0",
            "alert send slow --severity dire",
        ])
    func mistakes(_ line: String) { #expect(throws: UsageError.self) { try command(line) } }

    @Test("the same name and service are the same alert, whatever else is said; its end names it too")
    func sameAlert() throws {
        func sent(_ more: [String], at now: Int64) throws -> RaisedAlert {
            let words = ["alert", "send", "slow", "--service", "orders"] + more
            return try AlertWish.alert(try understood(words), person: "ann", now: now)
        }
        let first = try sent(["--severity", "critical", "--label", "run=1", "--label", "team=a=b"], at: 10)
        #expect(
            first.source == .person && first.sender == "ann" && first.severity == .critical && first.node == "orders")
        #expect(first.labels == [SignalLabel("run", "1"), SignalLabel("team", "a=b")] && !first.isBeginningTold)
        let end = try sent(["--resolved"], at: 20)
        #expect(end.fingerprint == first.fingerprint && end.state == .resolved && end.ended == 20)
        #expect(try sent(["--fingerprint", "own"], at: 30).fingerprint == "own")
        for wrong in [["--label", "run"], ["--label", "=1"], ["--label", "a=1", "--label", "a=2"]] {
            #expect(throws: Failure.self) { try sent(wrong, at: 1) }
        }
    }

    @Test("each report is an alert of its own, and its title comes first")
    func reports() throws {
        let invocation = try understood(["incident", "create", "orders hang", "--text", "since noon"])
        let one = AlertWish.report(invocation, id: "a", person: "ann", now: 1)
        let other = AlertWish.report(invocation, id: "b", person: "ann", now: 1)
        #expect(one.fingerprint != other.fingerprint && one.text == "orders hang\nsince noon" && one.source == .person)
    }

    @Test("an incident's silences are one for each of its alerts, under its own name")
    func silences() {
        let records = [IncidentSample.alert(), IncidentSample.alert(.resolved), IncidentSample.alert(.firing, "other")]
        let notes = AlertWish.silences(of: "I-7", records, from: 1, until: 5, person: "ann", reason: "noise")
        #expect(notes.map(\.id) == ["I-7/1", "I-7/2"])
        #expect(
            notes.map(\.matchers) == [["fingerprint=\"\(IncidentSample.fingerprint)\""], ["fingerprint=\"other\""]])
        #expect(notes.allSatisfy { $0.until == 5 && $0.person == "ann" && $0.text == "noise" })
    }

    @Test("an option that may be given several times keeps each of its values")
    func several() throws {
        let invocation = try understood(["alert", "silence", "--match", "a=1", "--for", "2h", "--match=b=2"])
        #expect(invocation.texts("match") == ["a=1", "b=2"] && invocation.texts("reason").isEmpty)
        #expect(TimeWords.length(invocation.text("for") ?? "") == 7_200 * IncidentSample.second)
    }

    // MARK: answers to plans

    @Test("an answer names the plan that waits, and the state for which it was judged")
    func question() throws {
        let incident = IncidentSample.incident()
        let question = try PlanInQuestion(incident)
        #expect(question.plan == incident.plan?.plan.digest && question.generation == 2 && question.incident == "I-7")
        #expect(question.state == incident.verdict?.state && question.state != incident.plan?.state)
    }

    @Test("a verdict on another plan says nothing about the state of this one")
    func otherVerdict() throws {
        var incident = IncidentSample.incident()
        incident.verdict?.plan = Digest(of: [9])
        #expect(try PlanInQuestion(incident).state == incident.plan?.state)
    }

    @Test("an answer that means another plan is not given")
    func anotherPlan() throws {
        let incident = IncidentSample.incident()
        let hash = try #require(incident.plan).plan.digest.description
        #expect(try PlanInQuestion(incident, beginning: hash.prefix(8).uppercased()).plan.description == hash)
        let other = String(hash.prefix(7)) + (hash.dropFirst(7).first == "0" ? "1" : "0")
        let moved = #expect(throws: Failure.self) { try PlanInQuestion(incident, beginning: other) }
        #expect(moved?.exit == ExitCode.failure && moved?.error.contains("another one now") == true)
        for text in ["", "abc", "orders"] {
            let wrong = #expect(throws: Failure.self) { try PlanInQuestion(incident, beginning: text) }
            #expect(wrong?.exit == ExitCode.usage, "\(text)")
        }
    }

    @Test(
        "where nothing waits for an answer, none is given",
        arguments: IncidentStage.allCases.filter { $0 != .awaitingApproval })
    func nothingWaits(_ stage: IncidentStage) {
        let failure = #expect(throws: Failure.self) { try PlanInQuestion(IncidentSample.incident(stage)) }
        #expect(failure?.error.contains("found \(stage.rawValue)") == true)
    }

    @Test("an answer is signed over all that it says")
    func signature() throws {
        let key = try PersonKey(seed: [UInt8](repeating: 7, count: 32))
        let question = try PlanInQuestion(IncidentSample.incident())
        func answer(_ answer: Approval.Answer) -> Approval {
            question.answered(answer, id: UUID(high: 1, low: 2), by: "ann", feedback: "yes", at: 5, with: key)
        }
        let (yes, no) = (answer(.approve), answer(.reject))
        #expect(yes.plan == question.plan && yes.person == "ann" && yes.feedback == "yes" && yes.given == 5)
        #expect(yes.proof.kind == .signature && yes.proof.bytes.count == 64 && yes.proof.bytes != no.proof.bytes)
        // What Risk asks of an answer: is it one of this person's keys, and over all of it?
        let bytes = try #require(Base64.decode(Array(key.publicText.utf8)))
        let people = People([Person("ann", roles: [.approver], publicKeys: [bytes])])
        #expect(try people.prove(yes, verify: SigningKey.verify).name == "ann")
        var forged = no
        forged.feedback = "no"
        #expect(throws: ProofFault.self) { try people.prove(forged, verify: SigningKey.verify) }
    }

    @Test("what became of an answer is told with the plan, the person and how the approval stands")
    func receipts() throws {
        let question = try PlanInQuestion(IncidentSample.incident())
        let standing = ApprovalStanding(.waiting, people: ["ann"], missing: 1, text: "two have to agree")
        let taken = ApprovalText.text(
            ApprovalReceipt(counts: true, person: "ann", text: "taken", standing: standing), question, .none)
        for part in ["The answer counts: taken", question.plan.brief, "waits for one more person by ann"] {
            #expect(taken.contains(part), "\(taken)")
        }
        let refused = ApprovalText.text(
            ApprovalReceipt(counts: false, person: nil, text: "no proof", standing: standing), question, .none)
        #expect(refused.contains("does not count: no proof") && refused.contains("nobody, as far as it is proved"))
    }
}
