public import Contracts

/// Whether a plan only takes back what another did. The inverses of a plan were judged with it, and whoever let it go has
/// let them go: taking a step back must not wait for a person while it does harm.
public enum UndoRules {
    /// For so long after a plan was permitted it may be taken back without another verdict: nanoseconds.
    public static let within = Int64.seconds(3_600)

    /// Whether every step of a plan is the inverse that a step of the other names, in the reverse order, and nothing else.
    public static func isUndo(_ plan: PlanSummary, of done: PlanSummary) -> Bool {
        guard plan.incident == done.incident, plan.generation == done.generation,
            PlanCheck.reason(plan).outcome != .deny
        else { return false }
        var inverses = done.steps.reversed().compactMap(\.inverse?.order)[...]
        for step in plan.steps {
            guard let place = inverses.firstIndex(where: { $0.digest == step.order.digest }) else { return false }
            inverses = inverses[(place + 1)...]
        }
        return true
    }
}
