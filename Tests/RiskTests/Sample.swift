import Contracts
import Risk

func digest(_ number: UInt8) -> Digest { Digest(of: [number]) }

/// 2030-06-12, a Wednesday, at noon in UTC.
let noon = Int64.seconds(1_907_496_000)

/// A policy under which the plan below goes alone, and both as anyone likes to change them.
struct Sample {
    var policy = Policy(name: "sample", digest: digest(1))
    var proposal: Proposal

    init(_ action: ActionClass = .restart, target: String = "orders") {
        policy.askers = ["remediation"]
        var row = Policy.Row([.restart, .scale], .auto)
        row.budget = 0.1
        row.confidence = 0.85
        policy.rows = [row]
        let circumstances = Circumstances(
            now: noon, state: digest(2), asker: Asker(.agent, "remediation"),
            standing: IncidentStanding(incident: "I-1", generation: 1, isOver: false),
            budgets: [BudgetStanding(objective: "orders-fast", service: "orders", left: 0.6, burn: 3)])
        let plan = PlanSummary(
            incident: "I-1", generation: 1, category: "Resource_Limit", confidence: 0.9,
            steps: [Self.step(action, target: target)], substance: digest(3))
        proposal = Proposal(plan: plan, circumstances: circumstances)
    }

    static func step(_ action: ActionClass, target: String = "orders", capacity: Double = 0.25) -> PlanStep {
        let order = ActionOrder(action, door: "supervisor", target: target)
        return PlanStep(
            order, state: digest(4), blast: BlastRadius(roles: [target], capacity: capacity), reversibility: .whole,
            inverse: PlanInverse(order, "the other way round"))
    }

    var verdict: Verdict { RiskJudge.verdict(on: proposal, under: policy) }

    /// What one rule says, the first time.
    func reason(_ rule: String) -> VerdictReason? { verdict.reasons.first { $0.rule == rule } }

    func changed(_ change: (inout Sample) -> Void) -> Sample {
        var sample = self
        change(&sample)
        return sample
    }
}

extension CalibrationTable {
    /// So many diagnoses of one confidence, some of them right.
    func adding(_ category: String, _ confidence: Double, count: Int, right: Int) -> CalibrationTable {
        (0..<count).reduce(self) { table, index in
            Calibration.adding(
                CalibrationRecord(category: category, confidence: confidence, wasRight: index < right), to: table)
        }
    }
}
