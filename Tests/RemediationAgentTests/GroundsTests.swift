import Contracts
import Glibc
import Host
import Remedies
import Testing

@testable import RemediationAgent

@Suite("What plans were made from")
struct GroundsTests {
    private static let runbooks = """
        version: 1
        name: add-workers
        about: More workers for what is short of them.
        when: {categories: [Resource_Limit]}
        steps:
          - action: scale
            door: supervisor
            with: {count: $workers+1}
            inverse: previous
            text: one more of $culprit

        """

    private func question(_ step: String, category: String = "Resource_Limit") -> PlanQuestion {
        let hypothesis = Diagnosis.Hypothesis(
            node: "orders", category: category, score: 1, confidence: 0.9, supporting: [], opposing: [])
        return PlanQuestion(
            step: step, incident: "I-1", generation: 1, diagnosis: Diagnosis(suspects: [], hypotheses: [hypothesis]))
    }

    @Test("the plans of a step follow again from what is kept of it, whatever runbooks and world are by then")
    func keptGrounds() async throws {
        let folder = try TemporaryFolder.make()
        defer { TemporaryFolder.remove(folder) }
        for part in ["config", "config/runbooks"] { mkdir("\(folder)/\(part)", 0o700) }
        try WholeFile.write(Self.runbooks, to: "\(folder)/config/runbooks/r.yaml")
        let yard = Yard()
        let shift = try await Shift(folder, yard.outside)
        let answer = try await shift.agent.plan(question("I-1/3"))
        guard case .offers(let offers) = answer else { return #expect(Bool(false), "expected plans, found \(answer)") }
        #expect(offers.first?.origin == "add-workers")
        let bytes = try #require(try await shift.agent.grounds(of: "I-1/3"))
        let grounds = try Packed.decode(PlanGrounds.self, from: bytes)
        #expect(grounds.question == question("I-1/3"))
        #expect(Planning.answer(grounds.question, grounds.runbooks, grounds.world) == answer)
        #expect(try await shift.agent.grounds(of: "I-1/4") == nil)
        let none = try await shift.agent.plan(question("I-1/5", category: "Code_Bug"))
        #expect(none == .none(text: "no runbook is for Code_Bug"))
        #expect(try await shift.agent.grounds(of: "I-1/5") != nil)
        await shift.end()
    }
}
