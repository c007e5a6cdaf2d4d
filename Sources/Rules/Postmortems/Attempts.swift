import Contracts

/// The plans that were carried out, in the order in which they were.
struct Attempts {
    private(set) var plans: [AppliedPlan] = []
    /// What was said before a plan was carried out: the entries of its offer, its verdict and its approval.
    private var offered: Int?
    private var judged: (entry: Int, verdict: Verdict)?
    private var approved: (entry: Int, people: [String])?

    init(_ items: [ReplayedEntry]) {
        var before: Incident?
        for item in items {
            take(item, before)
            before = item.incident
        }
    }

    /// What is in force and was carried out last, and the others.
    var split: (last: AppliedPlan?, others: [AppliedPlan]) {
        guard let index = plans.lastIndex(where: { [.helped, .stays, .stuck].contains($0.fate) }) else {
            return (nil, plans)
        }
        var others = plans
        return (others.remove(at: index), others)
    }

    private mutating func take(_ item: ReplayedEntry, _ before: Incident?) {
        let number = item.entry.number
        switch item.input.event {
        case .offers(_, let offers, _) where !offers.isEmpty:
            offered = number
            judged = nil
            approved = nil
        case .verdict(_, let verdict):
            judged = (number, verdict)
            approved = nil
        case .approval(_, let standing) where standing.outcome == .granted: approved = (number, standing.people)
        case .executed(_, let report):
            guard let before else { return }
            if before.step?.errand == .undo { return undo(report, number) }
            if let offer = before.plan { begin(offer, report, number) }
        case .verified(_, let verification) where verification.verdict != .pending: verify(verification, number)
        default: break
        }
    }

    private mutating func begin(_ offer: PlanOffer, _ report: ExecutionReport, _ number: Int) {
        let digest = offer.plan.digest
        let verdict = judged.flatMap { $0.verdict.plan == digest ? $0 : nil }
        let steps = offer.plan.steps.enumerated().map { index, step in
            AppliedPlan.Step(
                action: step.order.action, door: step.order.door, target: step.order.target,
                arguments: step.order.arguments.sorted(), reverts: step.reverts?.commit, inverse: step.inverse?.text,
                outcome: report.steps.first { $0.step == index }?.outcome, text: step.text)
        }
        let entries = [offered, verdict?.entry, verdict == nil ? nil : approved?.entry, number].compactMap { $0 }
        plans.append(
            AppliedPlan(
                plan: digest, state: offer.state, generation: offer.plan.generation, origin: offer.origin,
                proposer: offer.proposer, text: offer.plan.text, steps: steps, diff: offer.diff,
                verdict: verdict?.verdict.outcome, policy: verdict?.verdict.policy,
                approvedBy: verdict == nil ? [] : approved?.people ?? [], began: Instant(report.began),
                ended: Instant(report.ended), fate: Self.fate(report.outcome), fateText: report.text,
                entries: entries.sorted()))
    }

    private static func fate(_ outcome: ExecutionReport.Outcome) -> AppliedPlan.Fate {
        switch outcome {
        case .done: .stays
        case .refused: .refused
        case .undone: .undone
        case .stuck: .stuck
        }
    }

    private mutating func undo(_ report: ExecutionReport, _ number: Int) {
        guard !plans.isEmpty else { return }
        // What was refused to be taken back is there as before.
        switch report.outcome {
        case .done, .undone: plans[plans.count - 1].fate = .undone
        case .refused, .stuck: plans[plans.count - 1].fate = .stuck
        }
        plans[plans.count - 1].fateText = report.text
        plans[plans.count - 1].entries.append(number)
    }

    private mutating func verify(_ verification: Verification, _ number: Int) {
        guard !plans.isEmpty, plans[plans.count - 1].fate == .stays else { return }
        if verification.verdict == .holds { plans[plans.count - 1].fate = .helped }
        let said = verification.conditions.filter { $0.verdict == verification.verdict }.map(\.text)
        plans[plans.count - 1].fateText = said.joined(separator: "; ")
        plans[plans.count - 1].entries.append(number)
    }
}
