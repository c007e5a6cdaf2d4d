import Contracts
import Testing

@testable import Risk

/// One cell of the table of `RiskJudge`: what is changed, which rule then says what.
private struct Cell: Sendable, CustomTestStringConvertible {
    let rule: String
    let outcome: VerdictOutcome
    let name: String
    let change: @Sendable (inout Sample) -> Void
    var testDescription: String { "\(rule) says \(outcome.rawValue): \(name)" }

    init(
        _ rule: String, _ outcome: VerdictOutcome, _ name: String, _ change: @escaping @Sendable (inout Sample) -> Void
    ) {
        self.rule = rule
        self.outcome = outcome
        self.name = name
        self.change = change
    }
}

private func past(_ incident: String, _ target: String, ago: Int64, capacity: Double = 0.25) -> PastAction {
    PastAction(incident: incident, action: .restart, target: target, at: noon - .seconds(ago), capacity: capacity)
}

private let cells: [Cell] = [
    Cell("plan", .deny, "no step") { $0.proposal.plan.steps = [] },
    Cell("plan", .deny, "21 steps") { sample in
        sample.proposal.plan.steps = (0..<21).map { _ in Sample.step(.restart) }
    },
    Cell("plan", .deny, "a confidence that is none") { $0.proposal.plan.confidence = .nan },
    Cell("plan", .deny, "a confidence above one") { $0.proposal.plan.confidence = 1.0.nextUp },
    Cell("plan", .deny, "a negative capacity") { $0.proposal.plan.steps[0].blast.capacity = -0.1 },
    Cell("plan", .deny, "a capacity that is none") { $0.proposal.plan.steps[0].blast.capacity = .nan },
    Cell("plan", .deny, "a target that it does not hit") { $0.proposal.plan.steps[0].blast.roles = ["inventory"] },
    Cell("plan", .deny, "a step without a door") { $0.proposal.plan.steps[0].order.door = "" },
    Cell("plan", .deny, "no incident") { $0.proposal.plan.incident = "" },
    Cell("plan", .deny, "a negative generation") { $0.proposal.plan.generation = -1 },
    Cell("asker", .approve, "a person") { $0.proposal.circumstances.asker = Asker(.person, "ann") },
    Cell("asker", .approve, "a person called as an agent") {
        $0.proposal.circumstances.asker = Asker(.person, "remediation")
    },
    Cell("asker", .deny, "another agent") { $0.proposal.circumstances.asker = Asker(.agent, "triage") },
    Cell("incident", .approve, "nobody could tell") { $0.proposal.circumstances.standing = nil },
    Cell("incident", .approve, "told of another") { $0.proposal.circumstances.standing?.incident = "I-2" },
    Cell("incident", .deny, "over") { $0.proposal.circumstances.standing?.isOver = true },
    Cell("incident", .deny, "a newer generation") { $0.proposal.circumstances.standing?.generation = 2 },
    Cell("incident", .deny, "an older generation") { $0.proposal.circumstances.standing?.generation = 0 },
    Cell("autonomy", .approve, "no row") { $0.policy.rows = [] },
    Cell("autonomy", .approve, "no row, however the policy ends") {
        $0.policy.rows = []
        $0.policy.otherwise = .auto
    },
    Cell("autonomy", .deny, "no row, and the policy denies then") {
        $0.policy.rows = []
        $0.policy.otherwise = .deny
    },
    Cell("autonomy", .approve, "no row about the action") { $0.proposal.plan.steps = [Sample.step(.roll)] },
    Cell("autonomy", .deny, "a row that denies") { $0.policy.rows[0].outcome = .deny },
    Cell("autonomy", .approve, "too little budget") { $0.proposal.circumstances.budgets[0].left = 0.1.nextDown },
    Cell("autonomy", .auto, "just enough budget") { $0.proposal.circumstances.budgets[0].left = 0.1 },
    Cell("autonomy", .approve, "a budget that nobody knows") { $0.proposal.circumstances.budgets = [] },
    Cell("autonomy", .approve, "a budget that is no number") { $0.proposal.circumstances.budgets[0].left = .nan },
    Cell("autonomy", .approve, "one of its objectives has too little") { sample in
        sample.proposal.circumstances.budgets.append(
            BudgetStanding(objective: "orders-available", service: "orders", left: -2))
    },
    Cell("autonomy", .auto, "another service has too little") { sample in
        sample.proposal.circumstances.budgets.append(BudgetStanding(objective: "stock", service: "inventory", left: 0))
    },
    Cell("autonomy", .approve, "a service that may be hit has too little") { sample in
        sample.proposal.plan.steps[0].blast.roles.append("inventory")
        sample.proposal.circumstances.budgets.append(BudgetStanding(objective: "stock", service: "inventory", left: 0))
    },
    Cell("autonomy", .approve, "nothing is promised of the target, and somebody else has too little") { sample in
        sample.proposal.plan.steps = [Sample.step(.restart, target: "broker")]
        sample.proposal.circumstances.budgets[0].left = 0
    },
    Cell("autonomy", .approve, "not sure enough for the row") { $0.proposal.plan.confidence = 0.84 },
    Cell("autonomy", .approve, "too fast a burn") { $0.policy.rows[0].burn = 2.9 },
    Cell("autonomy", .approve, "a burn that nobody knows") {
        $0.policy.rows[0].burn = 10
        $0.proposal.circumstances.budgets[0].burn = nil
    },
    Cell("autonomy", .approve, "no inverse where the row wants one") {
        $0.policy.rows[0].hasInverse = true
        $0.proposal.plan.steps[0].inverse = nil
    },
    Cell("autonomy", .approve, "no record where the row wants one") { $0.policy.rows[0].isCalibrated = true },
    Cell("autonomy", .auto, "a record that bears it out") {
        $0.policy.rows[0].isCalibrated = true
        $0.proposal.circumstances.calibration = CalibrationTable().adding(
            "Resource_Limit", 0.9, count: 100, right: 100)
    },
    Cell("autonomy", .approve, "a record of another category") {
        $0.policy.rows[0].isCalibrated = true
        $0.proposal.circumstances.calibration = CalibrationTable().adding("Code_Bug", 0.9, count: 100, right: 100)
    },
    Cell("autonomy", .approve, "no revert where the row wants one") { $0.policy.rows[0].revertsWithin = .seconds(60) },
    Cell("autonomy", .approve, "the revert of a change that is too old") {
        $0.policy.rows[0].revertsWithin = .seconds(60)
        $0.proposal.plan.steps[0].reverts = RevertedChange(commit: "c", at: noon - .seconds(61))
    },
    Cell("autonomy", .approve, "the revert of a change that is still to come") {
        $0.policy.rows[0].revertsWithin = .seconds(60)
        $0.proposal.plan.steps[0].reverts = RevertedChange(commit: "c", at: noon + 1)
    },
    Cell("autonomy", .auto, "the revert of a recent change") {
        $0.policy.rows[0].revertsWithin = .seconds(60)
        $0.proposal.plan.steps[0].reverts = RevertedChange(commit: "c", at: noon - .seconds(60))
    },
    Cell("confidence", .auto, "at the threshold") { $0.policy.confidence.least = 0.9 },
    Cell("confidence", .approve, "below the threshold") { $0.policy.confidence.least = 0.9.nextUp },
    Cell("confidence", .approve, "derived from no record") { $0.policy.confidence.least = nil },
    Cell("confidence", .auto, "derived from a record that bears it out") {
        $0.policy.confidence.least = nil
        $0.proposal.circumstances.calibration = CalibrationTable().adding(
            "Resource_Limit", 0.9, count: 100, right: 100)
    },
    Cell("confidence", .approve, "derived from a record that is too often wrong") {
        $0.policy.confidence.least = nil
        $0.proposal.circumstances.calibration = CalibrationTable().adding("Resource_Limit", 0.9, count: 100, right: 90)
    },
    Cell("blast", .approve, "three roles") { $0.proposal.plan.steps[0].blast.roles = ["orders", "a", "b"] },
    Cell("blast", .approve, "three roles over two steps") {
        $0.proposal.plan.steps.append(Sample.step(.restart, target: "a"))
        $0.proposal.plan.steps[0].blast.roles.append("b")
    },
    Cell("blast", .auto, "one role named twice") { $0.proposal.plan.steps[0].blast.roles = ["orders", "orders", "a"] },
    Cell("blast", .auto, "half of the capacity") { $0.proposal.plan.steps[0].blast.capacity = 0.5 },
    Cell("blast", .approve, "more than half of the capacity") {
        $0.proposal.plan.steps[0].blast.capacity = 0.5.nextUp
    },
    Cell("blast", .approve, "data of users") { $0.proposal.plan.steps[0].blast.touchesData = true },
    Cell("cooldown", .approve, "an action on the target just now") {
        $0.proposal.circumstances.past = [past("I-9", "orders", ago: 299)]
    },
    Cell("cooldown", .auto, "an action on the target five minutes ago") {
        $0.proposal.circumstances.past = [past("I-9", "orders", ago: 300)]
    },
    Cell("cooldown", .auto, "an action on another target just now") {
        $0.proposal.circumstances.past = [past("I-1", "inventory", ago: 1)]
    },
    Cell("cooldown", .approve, "an action that claims to be of the future") {
        $0.proposal.circumstances.past = [past("I-1", "orders", ago: -10_000)]
    },
    Cell("actions", .auto, "the fifth") { sample in
        sample.proposal.circumstances.past = (0..<4).map { past("I-1", "a", ago: 4_000 + $0) }
    },
    Cell("actions", .deny, "the sixth") { sample in
        sample.proposal.circumstances.past = (0..<5).map { past("I-1", "a", ago: 4_000 + $0) }
    },
    Cell("actions", .deny, "two, where four were done") { sample in
        sample.proposal.plan.steps += sample.proposal.plan.steps
        sample.proposal.circumstances.past = (0..<4).map { past("I-1", "a", ago: 4_000 + $0) }
    },
    Cell("actions", .auto, "five of another incident") { sample in
        sample.proposal.circumstances.past = (0..<5).map { past("I-2", "a", ago: 4_000 + $0) }
    },
    Cell("capacity", .auto, "all of the hour's quota") { sample in
        sample.proposal.circumstances.past = (0..<7).map { past("I-2", "a", ago: 1_000 + $0) }
    },
    Cell("capacity", .approve, "more than the hour's quota") { sample in
        sample.proposal.circumstances.past = (0..<8).map { past("I-2", "a", ago: 1_000 + $0) }
    },
    Cell("capacity", .auto, "what was touched an hour ago") { sample in
        sample.proposal.circumstances.past = (0..<8).map { past("I-2", "a", ago: 3_600 + $0) }
    },
    Cell("capacity", .approve, "what cannot be counted counts as all") { sample in
        sample.proposal.circumstances.past = (0..<2).map { past("I-2", "a", ago: 1_000 + $0, capacity: .nan) }
    },
    Cell("inverse", .approve, "none") { $0.proposal.plan.steps[0].inverse = nil },
    Cell("inverse", .auto, "nothing to undo after a restart") { $0.proposal.plan.steps[0].inverse?.order = nil },
    Cell("inverse", .approve, "nothing to undo after a scaling, which is not believed") {
        $0.proposal.plan.steps = [Sample.step(.scale)]
        $0.proposal.plan.steps[0].inverse?.order = nil
    },
    Cell("inverse", .approve, "none for the second step") {
        $0.proposal.plan.steps += $0.proposal.plan.steps
        $0.proposal.plan.steps[1].inverse = nil
    },
    Cell("reversibility", .approve, "in part") { $0.proposal.plan.steps[0].reversibility = .partial },
    Cell("reversibility", .approve, "not at all") { $0.proposal.plan.steps[0].reversibility = .none },
]

@Suite("A verdict") struct VerdictTests {
    @Test("is auto where nothing is against it, and says so rule by rule")
    func auto() {
        let verdict = Sample().verdict
        #expect(verdict.outcome == .auto && verdict.approvers == 0 && verdict.autoFrom == nil)
        #expect(
            verdict.reasons.map(\.rule) == [
                "policy", "plan", "asker", "incident", "autonomy", "confidence", "blast", "window", "freeze",
                "cooldown", "actions", "capacity", "inverse", "reversibility",
            ])
        #expect(verdict.reasons.allSatisfy { $0.outcome == .auto && !$0.text.isEmpty && !$0.inputs.isEmpty })
        #expect(verdict.plan == Sample().proposal.plan.digest && verdict.at == noon)
    }

    @Test("is as strict as the strictest rule", arguments: cells)
    fileprivate func table(cell: Cell) {
        let sample = Sample().changed(cell.change)
        let verdict = sample.verdict
        #expect(sample.reason(cell.rule)?.outcome == cell.outcome, "\(verdict.text)")
        #expect(verdict.outcome == verdict.reasons.map(\.outcome).max())
        #expect(verdict.outcome >= cell.outcome)
    }

    @Test("is the same each time, with all its words")
    func same() {
        for cell in cells {
            let sample = Sample().changed(cell.change)
            #expect(sample.verdict == sample.verdict)
            #expect(sample.verdict.text == sample.verdict.text)
        }
    }

    @Test("is never auto without a policy")
    func withoutPolicy() {
        for cell in cells {
            let verdict = RiskJudge.verdict(on: Sample().changed(cell.change).proposal, under: nil)
            #expect(verdict.outcome != .auto && verdict.policy == nil)
        }
        let verdict = RiskJudge.verdict(on: Sample().proposal, under: nil)
        #expect(verdict.outcome == .approve && verdict.approvers == 1 && verdict.reasons[0].rule == "policy")
    }

    @Test("the first row whose conditions hold decides")
    func rows() {
        let sample = Sample().changed { sample in
            var strict = Policy.Row([.restart], .deny)
            strict.confidence = 0.95
            sample.policy.rows.insert(strict, at: 0)
        }
        #expect(sample.verdict.outcome == .auto)
        #expect(sample.changed { $0.proposal.plan.confidence = 0.96 }.verdict.outcome == .deny)
        #expect(sample.reason("autonomy")?.text.contains("row 2") == true)
    }

    @Test("every step is asked about, and one is enough")
    func steps() {
        let sample = Sample().changed { $0.proposal.plan.steps.append(Sample.step(.patch)) }
        #expect(sample.verdict.reasons.filter { $0.rule == "autonomy" }.map(\.outcome) == [.auto, .approve])
        #expect(sample.verdict.outcome == .approve)
    }

    @Test("asks two people where the policy does, and for what cannot be undone")
    func people() {
        let patch = Sample().changed { $0.proposal.plan.steps.append(Sample.step(.patch)) }
        #expect(patch.verdict.approvers == 1)
        #expect(patch.changed { $0.policy.approvals.twoPeople = [.patch] }.verdict.approvers == 2)
        let final = Sample().changed { $0.proposal.plan.steps[0].reversibility = .none }
        #expect(final.verdict.approvers == 2)
        #expect(final.changed { $0.policy.approvals.twoPeopleIfIrreversible = false }.verdict.approvers == 1)
    }

    @Test("names the figures that it rests on")
    func figures() {
        let text = Sample().changed { $0.proposal.circumstances.past = [past("I-9", "orders", ago: 70)] }.verdict.text
        #expect(text.contains("approve: plan "))
        #expect(
            text.contains("a budget of at least 10 % (it is 60 % of orders-fast,") && text.contains("row 1 says auto"))
        #expect(text.contains("cooldown: restart of orders was 1 min 10 s ago, at least 5 min are asked for"))
        #expect(text.contains("by time alone it would be auto from 2030-06-12T12:03:50Z on"))
    }

    @Test("more that speaks against a plan never makes it milder")
    func monotone() {
        var chance = Chance(seed: 11)
        for _ in 0..<3_000 {
            var sample = Sample()
            cells.randomElement(using: &chance)?.change(&sample)
            let before = sample.verdict.outcome
            switch Int.random(in: 0..<5, using: &chance) {
            case 0: sample.proposal.circumstances.past.append(past("I-1", "orders", ago: 10))
            case 1 where (0.05...1).contains(sample.proposal.plan.confidence): sample.proposal.plan.confidence -= 0.05
            case 2:
                for index in sample.proposal.circumstances.budgets.indices {
                    sample.proposal.circumstances.budgets[index].left -= 0.3
                }
            case 3:
                sample.policy.freezes.append(
                    Policy.Freeze(
                        "f", ActionClass.allCases, zone: .utc, from: CivilTime(seconds: 0),
                        until: CivilTime(seconds: 4_000_000_000), outcome: .approve))
            default: sample.proposal.circumstances.standing?.isOver = true
            }
            #expect(sample.verdict.outcome >= before)
        }
    }

    @Test("figures at the ends of their types end nothing")
    func extremes() {
        for now in [Int64.min, -1, 0, .max] {
            let sample = Sample().changed { sample in
                sample.proposal.circumstances.now = now
                sample.policy.windows = [Policy.Window([.restart], zone: .utc, days: [0], from: 0, until: 1)]
                sample.proposal.circumstances.past = [
                    PastAction(incident: "I", action: .restart, target: "orders", at: .min, capacity: 1e308),
                    PastAction(incident: "I", action: .restart, target: "orders", at: .max, capacity: -1),
                ]
                sample.proposal.plan.steps[0].reverts = RevertedChange(commit: "", at: .min)
                sample.policy.rows[0].revertsWithin = .max
                sample.policy.cooldown = .max
                sample.proposal.circumstances.budgets[0].burn = .infinity
            }
            #expect(sample.verdict.outcome != .auto && !sample.verdict.text.isEmpty)
        }
    }

    @Test("rows that are never reached are named")
    func hidden() {
        var policy = Sample().policy
        var narrow = Policy.Row([.restart], .deny)
        narrow.budget = 0.2
        narrow.confidence = 0.9
        policy.rows += [narrow, Policy.Row([.scale, .roll], .approve)]
        #expect(policy.hiddenRows.map(\.row) == [2] && policy.hiddenRows.map(\.by) == [1])
        narrow.confidence = 0.8
        policy.rows[1] = narrow
        #expect(policy.hiddenRows.isEmpty)
    }
}
