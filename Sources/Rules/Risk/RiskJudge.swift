public import Contracts

/// Says what may be done with a plan. Every rule is asked, each says the mildest outcome that it allows, and the strictest
/// of all is the verdict:
///
/// | rule | auto | approve | deny |
/// |---|---|---|---|
/// | `policy` | there is one | there is none | |
/// | `plan` | its figures can be | | no step, more than 20, a figure that cannot be |
/// | `asker` | an agent that may ask | a person: who asks is not who agrees | another agent |
/// | `incident` | open, this generation | nobody could tell | over, or a newer generation |
/// | `autonomy`, for each step | as the table's first fitting row says | no row fits | as the row says |
/// | `confidence` | at least the threshold | below, or the record bears none out | |
/// | `blast` | within the limits | more roles, more capacity, users' data | |
/// | `window` | open, or none is about it | closed | |
/// | `freeze` | none now | a freeze that says so | a freeze that says so |
/// | `cooldown` | long enough ago | another action on the target just now | |
/// | `actions` | below the most | | more than the incident may have |
/// | `capacity` | within the hour's quota | beyond it | |
/// | `inverse` | every step has one | a step has none | |
/// | `reversibility` | all can be undone | something cannot, or only in part | |
///
/// Without a policy only the first four are asked. A plan that cannot be is denied without asking further.
public enum RiskJudge {
    /// The verdict; the same for the same proposal and policy, in every process.
    public static func verdict(on proposal: Proposal, under policy: Policy?) -> Verdict {
        let reasons = reasons(proposal, policy)
        let outcome = reasons.map(\.outcome).max() ?? .deny
        let terms = policy?.approvals ?? Policy.Approvals()
        let steps = proposal.plan.steps
        let takesTwo =
            steps.contains { terms.twoPeople.contains($0.order.action) }
            || terms.twoPeopleIfIrreversible && steps.contains { $0.reversibility == .none }
        return Verdict(
            outcome: outcome, reasons: reasons, policy: policy?.version, plan: proposal.plan.digest,
            state: proposal.circumstances.state, at: proposal.circumstances.now,
            approvers: outcome == .approve ? (takesTwo ? 2 : 1) : 0,
            approvalSeconds: Double(terms.lifetime) / 1e9,
            capabilitySeconds: Double(terms.capabilityLifetime) / 1e9,
            autoFrom: autoFrom(proposal, policy, reasons))
    }

    /// From when on the same plan would be auto, if nothing but time changed.
    private static func autoFrom(_ proposal: Proposal, _ policy: Policy?, _ now: [VerdictReason]) -> Int64? {
        var reasons = now
        var later = proposal
        // What opens when one rule is content may be closed by another by then; few such turns are worth following.
        for _ in 0..<8 {
            let against = reasons.filter { $0.outcome != .auto }
            if against.isEmpty { return reasons == now ? nil : later.circumstances.now }
            let ends = against.compactMap(\.until)
            guard ends.count == against.count, let end = ends.max(), end > later.circumstances.now else { return nil }
            later.circumstances.now = end
            reasons = self.reasons(later, policy)
        }
        return nil
    }

    private static func reasons(_ proposal: Proposal, _ policy: Policy?) -> [VerdictReason] {
        let plan = PlanCheck.reason(proposal.plan)
        guard plan.outcome != .deny else { return [plan] }
        guard let policy else {
            return [
                VerdictReason("policy", .approve, "there is no policy: nothing is done without a person"), plan,
                incident(proposal),
            ]
        }
        let first = VerdictReason(
            "policy", .auto, "judged by the policy \(policy.version)",
            inputs: [ReasonInput("policy", policy.version)])
        let limits = LimitRules(proposal, policy)
        let times = TimeRules(proposal, policy)
        return [first, plan, asker(proposal, policy), incident(proposal)]
            + AutonomyRules(proposal, policy).reasons
            + [
                ConfidenceRule(proposal, policy).reason, limits.blast, times.window, times.freeze, times.cooldown,
                limits.actions, times.capacity, limits.inverse, limits.reversibility,
            ]
    }

    private static func asker(_ proposal: Proposal, _ policy: Policy) -> VerdictReason {
        let asker = proposal.circumstances.asker
        let inputs = [
            ReasonInput(asker.kind.rawValue, asker.name),
            ReasonInput("may ask", policy.askers.joined(separator: ", ")),
        ]
        if asker.kind == .person {
            return VerdictReason(
                "asker", .approve, "the person \(asker.name) asks: asking is not yet agreeing", inputs: inputs)
        }
        guard policy.askers.contains(asker.name) else {
            return VerdictReason("asker", .deny, "the agent \(asker.name) may not ask", inputs: inputs)
        }
        return VerdictReason("asker", .auto, "the agent \(asker.name) may ask", inputs: inputs)
    }

    private static func incident(_ proposal: Proposal) -> VerdictReason {
        let plan = proposal.plan
        var inputs = [
            ReasonInput("incident", plan.incident), ReasonInput("the plan's generation", "\(plan.generation)"),
        ]
        guard let standing = proposal.circumstances.standing, standing.incident == plan.incident else {
            return VerdictReason(
                "incident", .approve, "nobody could tell how the incident \(plan.incident) stands", inputs: inputs)
        }
        inputs.append(ReasonInput("generation now", "\(standing.generation)"))
        if standing.isOver {
            return VerdictReason("incident", .deny, "the incident \(plan.incident) is over", inputs: inputs)
        }
        guard standing.generation == plan.generation else {
            let text = "the plan is for generation \(plan.generation), the incident is in \(standing.generation)"
            return VerdictReason("incident", .deny, text, inputs: inputs)
        }
        return VerdictReason(
            "incident", .auto, "the incident \(plan.incident) is open, in this generation", inputs: inputs)
    }
}

/// Whether a plan's figures can be.
enum PlanCheck {
    static let mostSteps = 20

    static func reason(_ plan: PlanSummary) -> VerdictReason {
        let inputs = [
            ReasonInput("plan", plan.digest.description), ReasonInput("steps", "\(plan.steps.count)"),
            ReasonInput("confidence", Figures.number(plan.confidence)),
        ]
        if let fault = fault(plan) { return VerdictReason("plan", .deny, fault, inputs: inputs) }
        let count = "\(plan.steps.count) step\(plan.steps.count == 1 ? "" : "s")"
        return VerdictReason("plan", .auto, "a plan of \(count), all figures of which can be", inputs: inputs)
    }

    private static func fault(_ plan: PlanSummary) -> String? {
        if plan.steps.isEmpty { return "expected at least one step, found none" }
        if plan.steps.count > mostSteps { return "expected at most \(mostSteps) steps, found \(plan.steps.count)" }
        if plan.incident.isEmpty || plan.category.isEmpty { return "expected an incident and a category, found none" }
        if plan.generation < 0 { return "expected a generation from 0, found \(plan.generation)" }
        guard plan.confidence >= 0, plan.confidence <= 1 else {
            return "expected a confidence from 0 to 1, found \(plan.confidence)"
        }
        for (index, step) in plan.steps.enumerated() {
            let name = "step \(index + 1)"
            if step.order.door.isEmpty || step.order.target.isEmpty {
                return "\(name): expected a door and a target, found none"
            }
            guard step.blast.capacity >= 0, step.blast.capacity <= 1 else {
                return "\(name): expected a share of capacity from 0 to 1, found \(step.blast.capacity)"
            }
            if !step.blast.roles.contains(step.order.target) {
                return "\(name): expected its target \(step.order.target) among the roles that it may hit"
            }
        }
        return nil
    }
}

extension PlanStep {
    /// Whether something undoes it. That nothing needs to be undone is believed of a restart alone.
    var hasInverse: Bool { inverse.map { $0.order != nil || order.action == .restart } ?? false }

    /// `restart of orders`
    var name: String { "\(order.action.rawValue) of \(order.target)" }
}

extension PlanSummary {
    /// Each once, in the order of their names.
    var touched: [String] {
        steps.flatMap { [$0.order.target] + $0.blast.roles }.sorted().reduce(into: []) { found, role in
            if found.last != role { found.append(role) }
        }
    }
}
