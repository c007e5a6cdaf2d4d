import Contracts

/// How much may be hit, how often, and whether it can be undone.
struct LimitRules {
    private let plan: PlanSummary
    private let circumstances: Circumstances
    private let policy: Policy

    init(_ proposal: Proposal, _ policy: Policy) {
        plan = proposal.plan
        circumstances = proposal.circumstances
        self.policy = policy
    }

    var blast: VerdictReason {
        let roles = plan.touched
        let capacity = plan.steps.map(\.blast.capacity).max() ?? 1
        let touchesData = plan.steps.contains(where: \.blast.touchesData)
        var beyond: [String] = []
        if roles.count > policy.blast.roles { beyond.append("\(roles.count) roles, at most \(policy.blast.roles)") }
        if !(capacity <= policy.blast.capacity) {
            beyond.append(
                "\(Figures.share(capacity)) of a role's capacity, at most \(Figures.share(policy.blast.capacity))")
        }
        if touchesData { beyond.append("data of users") }
        let inputs = [
            ReasonInput("roles", roles.joined(separator: ", ")), ReasonInput("capacity", Figures.share(capacity)),
            ReasonInput("touches data", touchesData ? "yes" : "no"),
            ReasonInput("most roles", "\(policy.blast.roles)"),
            ReasonInput("most capacity", Figures.share(policy.blast.capacity)),
        ]
        let text =
            beyond.isEmpty
            ? "\(roles.count) role\(roles.count == 1 ? "" : "s") and \(Figures.share(capacity)) of a role's capacity may be hit"
            : "may hit " + beyond.joined(separator: "; ")
        return VerdictReason("blast", beyond.isEmpty ? .auto : .approve, text, inputs: inputs)
    }

    var actions: VerdictReason {
        let done = circumstances.past.count { $0.incident == plan.incident }
        let after = done + plan.steps.count
        let inputs = [
            ReasonInput("done", "\(done)"), ReasonInput("planned", "\(plan.steps.count)"),
            ReasonInput("most", "\(policy.actionsPerIncident)"),
        ]
        let text = "with this plan the incident would have had \(after) actions, at most \(policy.actionsPerIncident)"
        return VerdictReason("actions", after > policy.actionsPerIncident ? .deny : .auto, text, inputs: inputs)
    }

    var inverse: VerdictReason {
        let without = names { !$0.hasInverse }
        let inputs = [ReasonInput("steps without an inverse", "\(without.count)")]
        guard without.isEmpty else {
            let text = "nothing undoes " + without.joined(separator: ", ")
            return VerdictReason("inverse", .approve, text, inputs: inputs)
        }
        return VerdictReason("inverse", .auto, "every step has an inverse", inputs: inputs)
    }

    var reversibility: VerdictReason {
        let never = names { $0.reversibility == .none }
        let partly = names { $0.reversibility == .partial }
        let inputs = [
            ReasonInput("not reversible", "\(never.count)"), ReasonInput("partly reversible", "\(partly.count)"),
        ]
        let parts = [("cannot be undone", never), ("can be undone only in part", partly)].filter { !$0.1.isEmpty }
        guard parts.isEmpty else {
            let text = parts.map { "\($0.1.joined(separator: ", ")) \($0.0)" }.joined(separator: "; ")
            return VerdictReason("reversibility", .approve, text, inputs: inputs)
        }
        return VerdictReason("reversibility", .auto, "all of it can be undone", inputs: inputs)
    }

    private func names(_ matches: (PlanStep) -> Bool) -> [String] {
        plan.steps.enumerated().filter { matches($1) }.map { "step \($0 + 1) (\($1.name))" }
    }
}
