import Faults
import Testing

@Suite struct FaultScoreTests {
    private let truth = GroundTruth(
        name: "carrier-time-out", category: "Config_Error", change: "configuration",
        groups: [
            .init(id: "orders", kind: "Service", name: "orders", isRootCause: true),
            .init(id: "orders-slots", kind: "Process", filter: ["orders@.*"]),
            .init(id: "carrier", kind: "Service", name: "carrier"),
        ], aliases: [["orders", "orders-slots"]],
        solutions: [.init(id: "configuration", actions: ["put back"])])

    private func fault(_ mark: Fault.Mark) -> Fault {
        Fault(
            name: "carrier-time-out", about: "x", category: "Config_Error", mark: mark,
            traffic: .init(before: 1, after: 1), baselineSeconds: 1, withinSeconds: 1, steps: [])
    }

    private func healed() -> FaultRun {
        var run = FaultRun(fault: "carrier-time-out")
        run.injected = 10_000_000_000
        run.firstFailure = 12_000_000_000
        run.undone = true
        var found = FaultRun.Case(id: "i1", title: "t", opened: 15_000_000_000, stage: "resolved")
        (found.category, found.culprit, found.ended) = ("Config_Error", "orders", 40_000_000_000)
        (found.plans, found.actions, found.verified) = (["put-configuration-back"], ["configuration"], true)
        run.cases = [found]
        return run
    }

    private func score(_ run: FaultRun, _ mark: Fault.Mark = .heals) -> FaultScore {
        FaultScore(of: run, fault: fault(mark), truth: truth)
    }

    @Test func whatWasHealedForTheRightReasonIsAsMarked() {
        let score = score(healed())
        #expect(score.isAsMarked, "\(score.deviations)")
        #expect(score.detectedAfter == 5 && score.detectedAfterFailure == 3 && score.endedAfter == 30)
        #expect(score.strict == 1 && score.categoryIsRight && score.culpritIsRight && score.fixIsRight)
    }

    @Test(
        "one thing wrong is enough to be not as marked",
        arguments: [
            "undetected", "culprit", "category", "fix", "unverified", "unfinished", "broken", "not injected", "trouble",
        ])
    func wrong(what: String) {
        var run = healed()
        switch what {
        case "undetected": run.cases = []
        case "culprit": run.cases[0].culprit = "carrier"
        case "category": run.cases[0].category = "Code_Bug"
        case "fix": run.cases[0].actions = ["restart"]
        case "unverified": run.cases[0].verified = nil
        case "unfinished": run.cases[0].stage = "verifying"
        case "broken": run.broken = ["stock is below zero: 1 do not"]
        case "not injected": run.injected = nil
        default: run.trouble = "no order was accepted"
        }
        #expect(!score(run).isAsMarked)
    }

    @Test func aRequestThatFailedOnlyAfterTheIncidentWasThereDidNotLeadToIt() {
        var run = healed()
        run.firstFailure = 16_000_000_000
        #expect(score(run).detectedAfterFailure == nil && score(run).detectedAfter == 5)
    }

    @Test func aMissedRootCauseIsWorthNothingAndAnAnswerTooManyHalf() {
        #expect(truth.strictScore(of: ["carrier"]) == 0)
        #expect(truth.strictScore(of: []) == 0)
        #expect(truth.strictScore(of: ["orders"]) == 1)
        #expect(truth.strictScore(of: ["orders", "orders"]) == 1)
        #expect(truth.strictScore(of: ["carrier", "orders"]) == 0.5)
    }

    @Test func anAliasStandsForTheRootCauseAndIsNoSecondOne() {
        #expect(truth.rootCauses.count == 1)
        #expect(truth.strictScore(of: ["orders@local.1"]) == 1)
        #expect(truth.strictScore(of: ["orders@local.1", "orders"]) == 1)
        #expect(truth.strictScore(of: ["ordersish"]) == 0)
    }

    @Test func eachOfTwoRootCausesMustBeNamed() {
        var two = truth
        two.groups.append(.init(id: "disk", kind: "Disk", name: "disk", isRootCause: true))
        #expect(two.strictScore(of: ["orders"]) == 0)
        #expect(two.strictScore(of: ["orders", "disk"]) == 1)
    }

    @Test func anEscalationCountsOnlyWhereItWasMarked() {
        var run = healed()
        run.cases[0].stage = "escalated"
        run.cases[0].actions = []
        run.cases[0].verified = nil
        #expect(!score(run, .heals).isAsMarked)
        #expect(score(run, .escalates).isAsMarked)
        run.cases[0].culprit = "carrier"
        #expect(!score(run, .escalates).isAsMarked)
        #expect(score(healed(), .escalates).isAsMarked)
    }

    @Test func theGateNeedsNoDiagnosisButMustLeaveNothing() {
        var run = healed()
        run.takenBack = true
        (run.cases[0].culprit, run.cases[0].category, run.cases[0].verified, run.cases[0].actions) = (nil, nil, nil, [])
        #expect(score(run).isAsMarked && score(run).fixIsRight)
        run.undone = false
        #expect(!score(run).isAsMarked)
    }

    @Test func whereNothingShallBeDoneAnIncidentThatEndsByItselfIsNoDeviation() {
        var run = healed()
        run.cases[0].actions = []
        #expect(score(run, .nothing).isAsMarked)
        run.cases[0].neededPerson = true
        #expect(!score(run, .nothing).isAsMarked)
        run = healed()
        #expect(!score(run, .nothing).isAsMarked)
        run = healed()
        run.cases[0].actions = []
        run.cases[0].stage = "investigating"
        #expect(!score(run, .nothing).isAsMarked)
    }

    @Test func onlySilenceIsRightWhereThereIsNoRootCause() {
        let nothing = GroundTruth(name: "peak", category: Fault.control)
        #expect(nothing.strictScore(of: []) == 1)
        #expect(nothing.strictScore(of: ["orders"]) == 0)
    }
}
