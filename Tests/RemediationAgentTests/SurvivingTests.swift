import Contracts
import Host
import Remedies
import Testing

@testable import RemediationAgent

@Suite("A plan outlives whoever carries it out")
struct SurvivingTests {
    struct Story: Sendable, CustomTestStringConvertible {
        var roles: [String]
        var failing: String?
        var worse: String?
        var testDescription: String { "\(roles) failing \(failing ?? "-") worse \(worse ?? "-")" }
    }

    static let stories = [
        Story(roles: ["orders"]), Story(roles: ["orders", "inventory"]),
        Story(roles: ["orders", "inventory", "carrier"]),
        Story(roles: ["orders", "inventory"], failing: "inventory"),
        Story(roles: ["orders", "inventory"], worse: "inventory"),
        Story(roles: ["orders"], failing: "orders"),
    ]

    private func question(_ plan: PlanSummary) -> ExecutionQuestion {
        ExecutionQuestion(step: "I-1/4", execution: "I-1/4", plan: plan)
    }

    /// How a story ends when nobody dies.
    private func calm(_ story: Story) async throws -> (report: ExecutionReport?, counts: [Int]) {
        let folder = try TemporaryFolder.make()
        defer { TemporaryFolder.remove(folder) }
        let yard = Yard(failing: story.failing, worse: story.worse)
        let shift = try await Shift(folder, yard.outside)
        let report = try await shift.ask(question(yard.plan(story.roles)), in: yard)
        await shift.end()
        return (report, yard.counts)
    }

    @Test(
        "dropped at any call, before its effect or after it, the world ends as if nobody had died", arguments: stories)
    func deaths(story: Story) async throws {
        let (expected, counts) = try await calm(story)
        for afterEffect in [false, true] {
            for call in 0..<18 {
                let folder = try TemporaryFolder.make()
                defer { TemporaryFolder.remove(folder) }
                let yard = Yard(failing: story.failing, worse: story.worse)
                let plan = yard.plan(story.roles)
                yard.arm(after: call, afterEffect: afterEffect)
                let first = try await Shift(folder, yard.outside)
                let early = try await first.ask(question(plan), in: yard)
                await first.end()
                yard.revive()
                let second = try await Shift(folder, yard.outside)
                let report = try await second.ask(question(plan), in: yard)
                await second.end()
                if let early { #expect(early == report, "call \(call)") }
                #expect(report?.outcome == expected?.outcome, "call \(call), after its effect: \(afterEffect)")
                #expect(report?.steps.map(\.outcome) == expected?.steps.map(\.outcome), "call \(call)")
                #expect(yard.counts == counts, "call \(call), after its effect: \(afterEffect)")
            }
        }
    }

    @Test("a halt before the first question begins nothing, for ever")
    func haltedBefore() async throws {
        let folder = try TemporaryFolder.make()
        defer { TemporaryFolder.remove(folder) }
        let yard = Yard()
        let shift = try await Shift(folder, yard.outside)
        let question = question(yard.plan(["orders"]))
        guard case .done(let halted) = try await shift.agent.halt(question) else {
            return #expect(Bool(false), "a halt of nothing is done at once")
        }
        #expect(halted.outcome == .refused)
        #expect(try await shift.ask(question, in: yard)?.outcome == .refused)
        #expect(yard.effects == 0)
        await shift.end()
    }

    @Test("what was done is taken back when it did not help, once")
    func undone() async throws {
        let folder = try TemporaryFolder.make()
        defer { TemporaryFolder.remove(folder) }
        let yard = Yard()
        let shift = try await Shift(folder, yard.outside)
        let question = question(yard.plan(["orders", "inventory"]))
        #expect(try await shift.ask(question, in: yard)?.outcome == .done)
        #expect(yard.counts == [3, 3, 1])
        while true {
            if case .done(let report) = try await shift.agent.undo(question) {
                #expect(report.outcome == .undone)
                break
            }
            await Task.yield()
        }
        #expect(yard.counts == [1, 1, 1])
        #expect(yard.effects == 4)
        await shift.end()
    }
}
