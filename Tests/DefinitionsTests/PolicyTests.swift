import Contracts
import Definitions
import FoundationEssentials
import Risk
import Settings
import Testing

private let good = """
    version: 1
    name: strict
    askers: [remediation]
    autonomy:
      - {actions: [restart, scale], budget: 0.25, burn: 10, confidence: 0.9, verdict: auto}
      - {actions: [code-revert], calibrated: true, inverse: true, reverts-within: 90m, verdict: auto}
      - {actions: all, verdict: deny}
    otherwise: deny
    confidence: {threshold: derived, tolerated-false-actions: 0.1, assurance: 0.9}
    limits: {cooldown: 90s, actions-per-incident: 3, capacity-per-hour: 1.5, roles: 1, capacity: 0.25}
    windows:
      - {actions: [patch], zone: UTC, days: [monday, sunday], from: 09:00, until: 17:30}
    freezes:
      - {name: end of the year, actions: all, zone: UTC, from: 2030-12-20 18:00, until: 2031-01-02 08:00, verdict: approve}
    approvals: {expire-after: 1h, capability-lifetime: 30s, two-people: [patch], two-people-if-irreversible: false}
    """

private func read(_ text: String, zone: [UInt8]? = nil) -> Definitions.PolicyFound {
    Definitions.policy(texts: [("p.yaml", Array(text.utf8))], at: "p") { _ in zone }
}

private let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()

@Suite("A policy's files") struct PolicyFileTests {
    @Test("are read as they are written")
    func whole() throws {
        let found = read(good)
        #expect(found.mistakes.isEmpty, "\(found.mistakes)")
        let policy = try #require(found.policy)
        #expect(policy.name == "strict" && policy.askers == ["remediation"] && policy.otherwise == .deny)
        var first = Policy.Row([.restart, .scale], .auto)
        (first.budget, first.burn, first.confidence) = (0.25, 10, 0.9)
        var second = Policy.Row([.codeRevert], .auto)
        (second.isCalibrated, second.hasInverse, second.revertsWithin) = (true, true, .seconds(5_400))
        #expect(policy.rows == [first, second, Policy.Row(ActionClass.allCases, .deny)])
        #expect(policy.confidence.least == nil && policy.confidence.tolerated == 0.1)
        #expect(policy.confidence.assurance == 0.9)
        #expect(policy.cooldown == .seconds(90) && policy.actionsPerIncident == 3)
        #expect(policy.blast.roles == 1 && policy.blast.capacity == 0.25 && policy.blast.capacityAnHour == 1.5)
        #expect(policy.windows == [Policy.Window([.patch], zone: .utc, days: [0, 6], from: 540, until: 1_050)])
        let from = try #require(CivilTime(year: 2030, month: 12, day: 20, second: 64_800))
        #expect(policy.freezes[0].from == from && policy.freezes[0].outcome == .approve)
        #expect(policy.approvals.lifetime == .seconds(3_600) && policy.approvals.twoPeople == [.patch])
        #expect(policy.approvals.capabilityLifetime == .seconds(30) && !policy.approvals.twoPeopleIfIrreversible)
    }

    @Test("have another version as soon as one byte of them is another")
    func version() throws {
        let one = try #require(read(good).policy), same = try #require(read(good).policy)
        let other = try #require(read(good + "# \n").policy)
        #expect(one.version == same.version && one.version != other.version && one.version.hasPrefix("strict "))
    }

    @Test(
        "with a mistake are no policy, and the mistake is named with its line",
        arguments: [
            ("version: 1", "version: 2", 1, "expected 1"),
            ("name: strict", "name: \"\"", 2, "expected a name"),
            ("askers: [remediation]", "askers: []", 3, "expected the roles of the agents that may ask"),
            ("budget: 0.25", "budget: 1.1", 5, "expected a number from -10.0 to 1.0, found \"1.1\""),
            ("budget: 0.25", "budget: nan", 5, "found \"nan\""),
            ("budget: 0.25", "bugdet: 0.25", 5, "did you mean \"budget\"?"),
            ("[restart, scale]", "[restart, fly]", 5, "found \"fly\""),
            ("actions: [restart, scale]", "actions: everything", 5, "expected a list of actions, or all"),
            ("actions: [restart, scale]", "actions: []", 5, "expected a list of actions, or all"),
            ("actions: [restart, scale], ", "", 5, "expected a list of actions, or all"),
            ("confidence: 0.9, verdict: auto", "confidence: 0.9, verdict: maybe", 5, "expected auto, approve or deny"),
            ("confidence: 0.9, verdict: auto", "confidence: 0.9", 5, "found nothing"),
            ("reverts-within: 90m", "reverts-within: 90", 6, "expected a duration"),
            ("reverts-within: 90m", "reverts-within: 999999999d", 6, "expected a duration"),
            ("otherwise: deny", "otherwise: auto", 8, "expected approve or deny, found \"auto\""),
            ("threshold: derived", "threshold: 1.5", 9, "expected a number from 0 to 1, or derived"),
            ("assurance: 0.9", "assurance: 1", 9, "expected a number from 0.5"),
            ("cooldown: 90s", "cooldown: -1s", 10, "expected a duration"),
            ("zone: UTC, days", "zone: Europe/Nowhere, days", 12, "found no Europe/Nowhere"),
            ("zone: UTC, days", "zone: ../../etc/passwd, days", 12, "expected a zone such as Europe/Berlin"),
            ("zone: UTC, days", "zone: /etc/passwd, days", 12, "expected a zone such as Europe/Berlin"),
            ("[monday, sunday]", "[montag]", 12, "found \"montag\""),
            ("until: 17:30", "until: 09:00", 12, "expected another time than from"),
            ("until: 17:30", "until: 24:00", 12, "expected a time such as 09:30"),
            ("until: 2031-01-02", "until: 2030-01-02", 14, "expected a time after from"),
            ("from: 2030-12-20", "from: 2030-02-30", 14, "expected a date and a time"),
            (
                "until: 2031-01-02 08:00, verdict: approve", "until: 2031-01-02 08:00, verdict: auto", 14,
                "found \"auto\""
            ),
            ("expire-after: 1h", "expire-after: 1s", 15, "expected a duration"),
            ("two-people: [patch]", "two-people: patch", 15, "expected a list of actions, or all"),
        ])
    func mistakes(part: String, change: String, line: Int, text: String) throws {
        #expect(good.contains(part))
        let found = read(good.replacing(part, with: change))
        #expect(found.policy == nil)
        let mistake = try #require(found.mistakes.first)
        #expect(mistake.place == "p.yaml:\(line)" && mistake.text.contains(text), "\(found.mistakes)")
    }

    @Test("may be several: one with the table, the others with windows and freezes")
    func several() {
        let calendar =
            "version: 1\nfreezes:\n  - {name: x, actions: all, zone: UTC, from: 2030-01-01 00:00, until: 2030-01-02 00:00}\n"
        func read(_ texts: [String]) -> Definitions.PolicyFound {
            Definitions.policy(
                texts: texts.enumerated().map { ("\($0).yaml", Array($1.utf8)) }, at: "folder"
            ) { _ in nil }
        }
        #expect(read([good, calendar]).policy?.freezes.map(\.outcome) == [.approve, .deny])
        let two = read([good, good])
        #expect(two.policy == nil && two.mistakes.map(\.place) == ["1.yaml:4"])
        #expect(two.mistakes[0].text.contains("0.yaml:4"))
        let none = read([calendar])
        #expect(none.policy == nil && none.mistakes.map(\.place) == ["folder"])
        #expect(read([]).mistakes.count == 1)
        // A mistake in a calendar is one of the whole policy: a freeze that is not read must not be missing silently.
        #expect(read([good, calendar.replacing("UTC", with: "CTU")]).policy == nil)
    }

    @Test("that do not exist are a mistake, and no policy")
    func missing() {
        let found = Definitions.policy(in: "/nowhere/policy")
        #expect(found.policy == nil && found.mistakes.count == 1)
        #expect(Definitions.policy(in: "/nowhere/policy.yaml").policy == nil)
    }

    @Test("tell what may not be meant so")
    func notes() {
        let notes = read(
            good.replacing(
                "{actions: all, verdict: deny}",
                with: "{actions: [restart], budget: 0.3, burn: 9, confidence: 0.95, verdict: auto}")
        ).notes
        #expect(notes.contains { $0.place == "p.yaml:7" && $0.text.contains("never reached for restart: row 1") })
        #expect(notes.contains { $0.place == "p.yaml:6" && $0.text.contains("however little of the budget") })
    }

    @Test("as shipped let little go alone, and leave the rest to people")
    func shipped() throws {
        let found = Definitions.policy(in: "\(root)/config/policy", zones: "/nowhere")
        #expect(found.mistakes.isEmpty && found.notes.allSatisfy { !$0.text.contains("never reached") })
        let policy = try #require(found.policy)
        func outcome(_ action: ActionClass, _ change: (inout Proposal) -> Void = { _ in }) -> VerdictOutcome {
            let now = Int64.seconds(1_907_496_000)
            let order = ActionOrder(action, door: "supervisor", target: "orders")
            var step = PlanStep(
                order, state: Digest(of: [1]), blast: BlastRadius(roles: ["orders"], capacity: 0.5),
                reversibility: .whole, inverse: PlanInverse(order, "back"))
            if action.isPullRequest { step.reverts = RevertedChange(commit: "c", at: now - .seconds(3_600)) }
            var proposal = Proposal(
                plan: PlanSummary(
                    incident: "I-1", generation: 1, category: "Code_Bug", confidence: 0.95, steps: [step],
                    substance: Digest(of: [2])),
                circumstances: Circumstances(
                    now: now, state: Digest(of: [3]), asker: Asker(.agent, "remediation"),
                    standing: IncidentStanding(incident: "I-1", generation: 1, isOver: false),
                    budgets: [BudgetStanding(objective: "fast", service: "orders", left: 0.5)]))
            change(&proposal)
            return RiskJudge.verdict(on: proposal, under: policy).outcome
        }
        for action in ActionClass.allCases {
            let isAuto = [.restart, .scale, .configuration].contains(action)
            #expect(outcome(action) == (isAuto ? .auto : .approve), "\(action)")
            #expect(outcome(action) { $0.circumstances.budgets[0].left = 0.05 } == .approve)
            #expect(outcome(action) { $0.plan.confidence = 0.85 } == .approve)
        }
        #expect(outcome(.configuration) { $0.plan.steps[0].reverts = nil } == .approve)
        #expect(outcome(.configuration) { $0.plan.steps[0].inverse = nil } == .approve)
        #expect(outcome(.scale) { $0.plan.steps[0].inverse = nil } == .approve)
        let record = { (proposal: inout Proposal) in
            for _ in 0..<120 {
                proposal.circumstances.calibration = Calibration.adding(
                    CalibrationRecord(category: "Code_Bug", confidence: 0.95, wasRight: true),
                    to: proposal.circumstances.calibration)
            }
        }
        #expect(outcome(.codeRevert, record) == .auto && outcome(.patch, record) == .approve)
    }

    @Test("that are damaged are read or refused with a place, and end nothing")
    func generated() {
        let pieces = [
            ": ", "- ", "\n", "[", "]", "{", "}", "---\n", "\"", "99999999999999999999", "NaN", "all", "derived",
            "24:00",
        ]
        var chance = Chance(seed: 23)
        var (refused, read) = (0, 0)
        for _ in 0..<2_000 {
            var bytes = Array(good.utf8)
            for _ in 0..<Int.random(in: 1...3, using: &chance) {
                let place = Int.random(in: 0...bytes.count, using: &chance)
                let end = min(bytes.count, place + Int.random(in: 0...12, using: &chance))
                if Bool.random(using: &chance) {
                    bytes.removeSubrange(place..<end)
                } else {
                    bytes.insert(contentsOf: Array((pieces.randomElement(using: &chance) ?? "").utf8), at: place)
                }
            }
            let found = Definitions.policy(texts: [("p.yaml", bytes)], at: "p") { _ in nil }
            #expect((found.policy == nil) != found.mistakes.isEmpty)
            if found.policy == nil { refused += 1 } else { read += 1 }
        }
        #expect(refused > 200 && read > 20, "\(refused) refused, \(read) read")
    }
}
