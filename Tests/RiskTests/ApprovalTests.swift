import Contracts
import Testing

@testable import Risk

private struct Bench {
    var question: ApprovalRules.Question
    var answers: [Approval] = []
    var identities: [(name: String, identity: ProvedIdentity?)] = []

    init(people: Int = 1) {
        var sample = Sample()
        sample.proposal.plan.steps[0].reversibility = people == 2 ? .none : .partial
        question = ApprovalRules.Question(
            verdict: sample.verdict, plan: sample.proposal.plan, state: sample.proposal.circumstances.state,
            now: noon + .seconds(60))
    }

    mutating func add(
        _ person: String, _ answer: Approval.Answer = .approve, _ change: (inout Approval) -> Void = { _ in }
    ) {
        var approval = Approval(
            id: UUID(high: 0, low: UInt64(answers.count + 1)), answer, incident: "I-1", generation: 1,
            plan: question.plan.digest, state: question.state, person: person,
            proof: .init(.session, Array(person.utf8)), given: noon + .seconds(30))
        change(&approval)
        answers.append(approval)
    }

    /// The proof is a name: who that is, somebody else knows.
    func decide() -> (standing: ApprovalRules.Standing, answers: [ApprovalRules.Weighed]) {
        ApprovalRules.standing(question, answers: answers) { approval in
            let name = String(decoding: approval.proof.bytes, as: UTF8.self)
            if name == "nobody" { return nil }
            if name == "remediation" { return ProvedIdentity(.agent, name, mayApprove: true) }
            return ProvedIdentity(.person, name, mayApprove: name != "guest")
        }
    }

    var faults: [ApprovalRules.Fault?] { decide().answers.map(\.fault) }
}

private struct Cell: Sendable, CustomTestStringConvertible {
    let fault: ApprovalRules.Fault?
    let change: @Sendable (inout Approval) -> Void
    var testDescription: String { fault.map { "\($0)" } ?? "counts" }
}

private let cells: [Cell] = [
    Cell(fault: nil) { _ in },
    Cell(fault: nil) { $0.given = noon + .seconds(65) },
    Cell(fault: nil) { $0.given = noon + .seconds(60 - 1_800) + 1 },
    Cell(fault: .expired) { $0.given = noon + .seconds(60 - 1_800) },
    Cell(fault: .expired) { $0.given = .min },
    Cell(fault: .early) { $0.given = noon + .seconds(65) + 1 },
    Cell(fault: .early) { $0.given = .max },
    Cell(fault: .unproved) { $0.proof.bytes = Array("nobody".utf8) },
    Cell(fault: .agent) { $0.proof.bytes = Array("remediation".utf8) },
    Cell(fault: .agent) { approval in
        approval.person = "remediation"
        approval.proof.bytes = Array("remediation".utf8)
    },
    Cell(fault: .otherPerson) { $0.proof.bytes = Array("bob".utf8) },
    Cell(fault: .otherPerson) { $0.person = "bob" },
    Cell(fault: .mayNot) { approval in
        approval.person = "guest"
        approval.proof.bytes = Array("guest".utf8)
    },
    Cell(fault: .otherIncident) { $0.incident = "I-2" },
    Cell(fault: .otherIncident) { $0.generation = 2 },
    Cell(fault: .otherPlan) { $0.plan = digest(9) },
    Cell(fault: .otherState) { $0.state = digest(9) },
]

@Suite("Approvals") struct ApprovalTests {
    @Test("count as their table says", arguments: cells)
    fileprivate func table(cell: Cell) {
        var bench = Bench()
        bench.add("ann", .approve, cell.change)
        #expect(bench.faults == [cell.fault])
        if cell.fault == nil {
            #expect(
                bench.decide().standing
                    == .granted(
                        by: ["ann"], use: [bench.answers[0].id], until: bench.answers[0].given + .seconds(1_800)))
        } else {
            #expect(bench.decide().standing == .waiting(missing: 1))
        }
    }

    @Test("are used once")
    func once() {
        var bench = Bench()
        bench.add("ann")
        bench.question.used = [bench.answers[0].id]
        #expect(bench.faults == [.used] && bench.decide().standing == .waiting(missing: 1))
        bench.add("ann")
        #expect(bench.faults == [.used, nil])
    }

    @Test("of one person count once, by whom the proof proves and not by what is claimed")
    func twoPeople() {
        var bench = Bench(people: 2)
        #expect(bench.question.verdict.approvers == 2)
        bench.add("ann")
        bench.add("ann")
        #expect(bench.faults == [nil, .samePerson] && bench.decide().standing == .waiting(missing: 1))
        bench.add("carl") { $0.proof.bytes = Array("ann".utf8) }
        #expect(bench.faults[2] == .otherPerson && bench.decide().standing == .waiting(missing: 1))
        bench.add("bob")
        guard case .granted(let people, let use, _) = bench.decide().standing else {
            return #expect(Bool(false), "two people have agreed")
        }
        #expect(people == ["ann", "bob"] && use == [bench.answers[0].id, bench.answers[3].id])
    }

    @Test("under one id are one")
    func repeated() {
        var bench = Bench(people: 2)
        bench.add("ann")
        bench.add("bob") { $0.id = UUID(high: 0, low: 1) }
        #expect(bench.faults == [nil, .repeated] && bench.decide().standing == .waiting(missing: 1))
    }

    @Test("hold until the first of those that are used ends")
    func until() {
        var bench = Bench(people: 2)
        bench.add("ann")
        bench.add("bob") { $0.given = noon }
        guard case .granted(_, _, let until) = bench.decide().standing else { return #expect(Bool(false)) }
        #expect(until == noon + .seconds(1_800))
        bench.question.now = until
        #expect(bench.faults == [nil, .expired])
    }

    @Test("one rejection is enough, at any time and whatever the state is by now; its words are kept")
    func rejection() {
        var bench = Bench()
        bench.add("ann")
        bench.add("bob", .reject) { approval in
            approval.feedback = "not on a Friday"
            approval.given = noon - .seconds(10_000)
            approval.state = digest(9)
        }
        #expect(bench.decide().standing == .rejected(by: "bob", feedback: "not on a Friday"))
        // Who agreed may think again.
        var again = Bench()
        again.add("ann")
        again.add("ann", .reject)
        #expect(again.decide().standing == .rejected(by: "ann", feedback: nil))
        var agent = Bench()
        agent.add("remediation", .reject)
        #expect(agent.decide().standing == .waiting(missing: 1))
        var other = Bench()
        other.add("ann", .reject) { $0.plan = digest(9) }
        #expect(other.decide().standing == .waiting(missing: 1))
    }

    @Test("are void when plan or state have moved since the verdict")
    func void() {
        var bench = Bench()
        bench.add("ann")
        bench.question.state = digest(9)
        #expect(bench.decide().standing == .void(.otherState))
        var other = Bench()
        other.add("ann")
        other.question.plan.confidence = 0.91
        #expect(other.decide().standing == .void(.otherPlan))
    }

    @Test("make up for no denial, and are not asked for where the policy lets it go")
    func denied() {
        var bench = Bench()
        bench.add("ann")
        bench.question.verdict.outcome = .deny
        #expect(bench.decide().standing == .denied)
        bench.question.verdict.outcome = .auto
        #expect(bench.decide().standing == .notNeeded)
    }

    @Test("a verdict that asks for nobody, or for no time, grants nothing by itself")
    func nobody() {
        var bench = Bench()
        bench.question.verdict.approvers = 0
        #expect(bench.decide().standing == .waiting(missing: 1))
        bench.add("ann")
        for seconds in [0, -1, Double.nan, .infinity] {
            bench.question.verdict.approvalSeconds = seconds
            #expect(bench.faults == [.expired])
        }
    }
}

@Suite("Policies compared") struct PolicyComparisonTests {
    @Test("tell what changes, why, and how it ended")
    func compared() {
        let sample = Sample()
        let weak = sample.changed { $0.proposal.plan.confidence = 0.82 }
        let past = [
            PastProposal(proposal: sample.proposal, ended: "resolved"),
            PastProposal(proposal: weak.proposal, ended: "rolled_back"),
            PastProposal(proposal: weak.proposal, ended: "resolved"),
        ]
        var bold = sample.policy
        bold.rows[0].confidence = 0.8
        let comparison = PolicyComparison(past, before: sample.policy, after: bold)
        #expect(comparison.count == 3 && comparison.changes.map(\.ended) == ["rolled_back", "resolved"])
        #expect(comparison.changes.allSatisfy { $0.before == .approve && $0.after == .auto })
        #expect(comparison.changes[0].because.count == 1 && comparison.changes[0].because[0].hasPrefix("autonomy: "))
        #expect(comparison.counts.map(\.ended) == ["resolved", "rolled_back"])
        #expect(comparison.counts.map(\.count) == [1, 1])
        #expect(PolicyComparison(past, before: bold, after: bold).changes.isEmpty)
        let without = PolicyComparison(past, before: sample.policy, after: nil)
        #expect(without.changes.map(\.after) == [.approve])
    }
}
