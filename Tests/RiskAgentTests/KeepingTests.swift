import Capabilities
import Contracts
import Definitions
import Glibc
import Host
import Risk
import Store
import Testing

@testable import RiskAgent

enum PolicySample {
    /// The policy of the tests, as its file is read.
    static var policy: Policy? {
        Definitions.policy(texts: [("p.yaml", Array(Office.policy.utf8))], at: "test").policy
    }
}

@Suite("What the risk agent keeps")
struct KeepingTests {
    private static let broken = Office.policy.replacing("cooldown: 5m", with: "cooldwon: 5m")

    @Test func `a policy with a mistake is refused whole, with its line, and the last good one stays in force`()
        async throws
    {
        let office = try await Office()
        let before = try await office.agent.standing(active: nil).policy
        #expect(before?.hasPrefix("test ") == true)
        try office.write(policy: Self.broken)
        await office.agent.look()
        let standing = try await office.agent.standing(active: nil)
        #expect(standing.policy == before)
        #expect(standing.mistakes.count == 1 && standing.mistakes[0].contains("p.yaml:9: limits.cooldwon"))
        #expect(try await office.judge().outcome == .auto)
        try office.write(policy: Office.policy + "# better\n")
        await office.agent.look()
        let after = try await office.agent.standing(active: nil)
        #expect(after.mistakes.isEmpty && after.policy != before && after.policy != nil)
    }

    @Test func `the last good policy survives a restart with a broken file, and one without any`() async throws {
        let office = try await Office()
        let before = try await office.agent.standing(active: nil).policy
        await office.store.close()
        try office.write(policy: Self.broken)
        let second = try await Office(policy: nil, after: office)
        let standing = try await second.agent.standing(active: nil)
        #expect(standing.policy == before && standing.mistakes.count == 1)
        await second.store.close()
        unlink("\(office.folder)/config/policy/p.yaml")
        let third = try await Office(policy: nil, after: office)
        #expect(try await third.agent.standing(active: nil).policy == before)
        await third.store.close()
    }

    @Test func `a policy of before can be had with all that it is made of, and gives the verdict of then again`()
        async throws
    {
        let window = """
            windows:
              - {actions: [patch], zone: Europe/Berlin, days: [monday], from: 09:00, until: 16:00}

            """
        let office = try await Office(policy: Office.policy + window)
        let verdict = try await office.judge()
        let version = try #require(verdict.policy)
        try office.write(policy: Office.policy.replacing("verdict: auto", with: "verdict: deny"))
        await office.agent.look()
        #expect(try await office.judge(step: "judge-2").outcome == .deny)
        let record = try #require(try await office.agent.policy(version))
        #expect(record.zones.map(\.name) == ["Europe/Berlin"])
        let again = Definitions.policy(record).policy
        #expect(again?.version == version)
        let kept = try await office.agent.verdicts(VerdictQuery(incident: "I-1"))
        let proposal = try #require(kept.first { $0.step == "judge-1" }).proposal
        #expect(RiskJudge.verdict(on: proposal, under: again) == verdict)
        // Without its zone it is another one, and says so.
        var less = record
        less.zones = []
        #expect(Definitions.policy(less).policy == nil)
        #expect(try await office.agent.policy("none 123") == nil)
        await office.store.close()
    }

    @Test func `verdicts, answers and the key are there for the next active replica`() async throws {
        let office = try await Office()
        let plan = Office.plan(.scale)
        try await office.judge(plan)
        _ = try await office.agent.answer(office.answer(.approve, plan, by: "ann", with: office.ann))
        let key = try await office.agent.standing(active: nil).publicKey
        await office.store.close()
        let next = try await Office(after: office)
        #expect(try await next.agent.standing(active: nil).publicKey == key)
        #expect(try await next.approval(plan).outcome == .granted)
        #expect(try await next.permit(plan).refusal == nil)
        await next.store.close()
    }

    @Test func `a lesson counts once, and a person's outweighs the verification's`() async throws {
        let office = try await Office()
        func learn(_ wasRight: Bool, _ truth: CalibrationLesson.Truth, incident: String = "I-1") async throws {
            let record = CalibrationRecord(category: "Code_Bug", confidence: 0.92, wasRight: wasRight)
            try await office.agent.learn(
                CalibrationLesson(incident: incident, generation: 1, record: record, truth: truth),
                caller: Office.triage)
        }
        try await learn(true, .verification)
        try await learn(true, .verification)
        var record = Calibration.record(
            of: "Code_Bug", in: try await office.agent.standing(active: nil).calibration)
        #expect(record.count == 1 && record.right == 1)
        try await learn(false, .person)
        try await learn(true, .verification)
        record = Calibration.record(of: "Code_Bug", in: try await office.agent.standing(active: nil).calibration)
        #expect(record.count == 1 && record.right == 0)
        await #expect(throws: RiskFault.self) {
            try await office.agent.learn(
                CalibrationLesson(
                    incident: "I", generation: 1,
                    record: CalibrationRecord(category: "c", confidence: 0.9, wasRight: true), truth: .person),
                caller: Office.remediation)
        }
    }

    @Test func `the counts of earlier runs are the record before the first lesson`() async throws {
        let office = try await Office()
        mkdir("\(office.folder)/config/calibration", 0o700)
        let file = "\(office.folder)/config/calibration/runs.yaml"
        try WholeFile.write(CalibrationFileSample.text, to: file)
        await office.agent.look()
        let record = Calibration.record(
            of: "Code_Bug", in: try await office.agent.standing(active: nil).calibration)
        #expect(record.count == 40 && record.right == 39)
        try WholeFile.write(CalibrationFileSample.text.replacing("right: 39", with: "right: 41"), to: file)
        await office.agent.look()
        let standing = try await office.agent.standing(active: nil)
        #expect(standing.mistakes.contains { $0.contains("runs.yaml:6") })
        #expect(Calibration.record(of: "Code_Bug", in: standing.calibration).count == 40)
    }

    @Test func `another signing key is taken over, and the one before is still believed`() async throws {
        let office = try await Office()
        let old = try await office.agent.standing(active: nil).publicKey
        _ = try IssuerKeys.rotate(data: office.folder)
        await office.agent.look()
        #expect(try await office.agent.standing(active: nil).publicKey != old)
        let believed = IssuerKeys.read(data: office.folder).map {
            String(decoding: Base64.encode($0.publicKey), as: UTF8.self)
        }
        #expect(believed.count == 2 && believed[1] == old)
    }
}

enum CalibrationFileSample {
    static let text = """
        version: 1
        measured: counted by a test, on nothing
        categories:
          - category: Code_Bug
            cells:
              - {from: 0.9, count: 40, right: 39, stated: 0.92, brier: 0.028}

        """
}

@Suite("An engine outside")
struct OutsideTests {
    @Test func `it is asked instead of the table, and the stricter of it and of what nobody may loosen wins`()
        async throws
    {
        let office = try await Office(asksOutside: true)
        // The table would want a person for this.
        let scale = Office.plan(.scale)
        #expect(try await office.judge(scale).outcome == .auto)
        #expect(try await office.permit(scale).refusal == nil)
        office.around.change { $0.opinion = .unusable("it was late") }
        #expect(try await office.judge(scale, step: "judge-2").outcome == .deny)
        #expect(try await office.permit(scale, step: "act-2").refusal != nil)
        office.around.change { $0.opinion = OutsideOpinion(.approve, ["ask"], approvers: 3) }
        #expect(try await office.judge(scale, step: "judge-3").approvers == 3)
        office.around.change { $0.opinion = OutsideOpinion(.auto, []) }
        #expect(try await office.judge(scale, step: "judge-4", isOver: true).outcome == .deny)
    }

    @Test func `what it said is in the verdict, and makes the same verdict again`() async throws {
        let office = try await Office(asksOutside: true)
        office.around.change { $0.opinion = OutsideOpinion(.approve, ["too late in the day"], approvers: 2) }
        try await office.judge()
        let kept = try #require(try await office.agent.verdicts(VerdictQuery()).first)
        let opinion = try #require(OutsideOpinion(in: kept.verdict))
        #expect(opinion == OutsideOpinion(.approve, ["too late in the day"], approvers: 2))
        #expect(RiskJudge.verdict(on: kept.proposal, under: PolicySample.policy, outside: opinion) == kept.verdict)
    }

    @Test(arguments: [
        "", "{}", "[]", #"{"result": null}"#, #"{"result": true}"#, #"{"result": {"outcome": "yes"}}"#,
        #"{"result": {"outcome": "auto", "reasons": "none"}}"#, #"{"result": {"outcome": "auto", "approvers": 0}}"#,
    ])
    func `an answer that cannot be read denies`(_ text: String) {
        #expect(OutsidePolicy.read(Array(text.utf8)).outcome == .deny)
    }

    @Test func `an answer is read with its reasons`() {
        let text = #"{"result": {"outcome": "approve", "reasons": ["one", "two"], "approvers": 2}, "decision_id": "x"}"#
        #expect(OutsidePolicy.read(Array(text.utf8)) == OutsideOpinion(.approve, ["one", "two"], approvers: 2))
    }
}
