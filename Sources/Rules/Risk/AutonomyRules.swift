import Contracts

/// What the table of autonomy says about each step.
struct AutonomyRules {
    private let proposal: Proposal
    private let policy: Policy
    private let budget: Budget?

    /// The worst of the budgets that matter.
    private struct Budget {
        var left: Double
        var burn: Double?
        var text: String
    }

    init(_ proposal: Proposal, _ policy: Policy) {
        self.proposal = proposal
        self.policy = policy
        budget = Self.budget(proposal)
    }

    var reasons: [VerdictReason] { proposal.plan.steps.enumerated().map { reason($1, $0) } }

    /// Those of the services that the plan touches; where none has an objective of its own, those of all: somebody uses
    /// what stands behind.
    private static func budget(_ proposal: Proposal) -> Budget? {
        let touched = proposal.plan.touched
        let known = proposal.circumstances.budgets.filter { $0.left.isFinite }
        let own = known.filter { touched.contains($0.service) }
        let relevant = own.isEmpty ? known : own
        guard let least = relevant.min(by: { ($0.left, $0.objective) < ($1.left, $1.objective) }) else { return nil }
        let burns = relevant.compactMap(\.burn).filter { !$0.isNaN }
        let of = own.isEmpty ? "all services, since no objective is about what is touched" : "what is touched"
        return Budget(
            left: least.left, burn: burns.max(),
            text: "\(Figures.share(least.left)) of \(least.objective), the least of \(of)")
    }

    private func reason(_ step: PlanStep, _ index: Int) -> VerdictReason {
        let name = "step \(index + 1) (\(step.name))"
        var refused: [String] = []
        for (number, row) in policy.rows.enumerated() where row.actions.contains(step.order.action) {
            let missing = missing(row, step)
            if missing.isEmpty {
                let held = conditions(row)
                let text = "\(name): row \(number + 1) says \(row.outcome.rawValue)"
                return VerdictReason(
                    "autonomy", row.outcome, text + (held.isEmpty ? "" : " for \(held.joined(separator: ", "))"),
                    inputs: inputs(step) + [ReasonInput("row", "\(number + 1)")])
            }
            refused.append("row \(number + 1) wants " + missing.joined(separator: " and "))
        }
        let why = refused.isEmpty ? "no row is about it" : refused.joined(separator: "; ")
        // A table without a fitting row is no permission, whatever it says.
        let outcome = max(policy.otherwise, .approve)
        return VerdictReason("autonomy", outcome, "\(name): \(why)", inputs: inputs(step))
    }

    private func inputs(_ step: PlanStep) -> [ReasonInput] {
        var found = [
            ReasonInput("action", step.order.action.rawValue),
            ReasonInput("confidence", confidence), ReasonInput("budget left", left), ReasonInput("burn", burn),
            ReasonInput("inverse", step.hasInverse ? "yes" : "no"),
        ]
        if let reverts = step.reverts {
            found.append(ReasonInput("takes back", "\(reverts.commit) of \(Figures.time(reverts.at))"))
        }
        return found
    }

    private var left: String { budget?.text ?? "unknown" }
    private var burn: String { budget?.burn.map { "\(Figures.number($0)) times" } ?? "unknown" }
    private var confidence: String { Figures.number(proposal.plan.confidence) }

    private func conditions(_ row: Policy.Row) -> [String] {
        var found: [String] = []
        if let least = row.budget { found.append("a budget of at least \(Figures.share(least)) (it is \(left))") }
        if let most = row.burn { found.append("a burn of at most \(Figures.number(most)) (it is \(burn))") }
        if let least = row.confidence {
            found.append("a confidence of at least \(Figures.number(least)) (it is \(confidence))")
        }
        if row.isCalibrated { found.append("a confidence that the record bears out") }
        if row.hasInverse { found.append("an inverse") }
        if let within = row.revertsWithin { found.append("the revert of a change of the last \(Figures.span(within))") }
        return found
    }

    /// What the row wants and the step does not have, with the figures.
    private func missing(_ row: Policy.Row, _ step: PlanStep) -> [String] {
        var found: [String] = []
        if let least = row.budget, !(budget.map { $0.left >= least } ?? false) {
            found.append("a budget of at least \(Figures.share(least)) (it is \(left))")
        }
        if let most = row.burn, !(budget?.burn.map { $0 <= most } ?? false) {
            found.append(
                "a burn of at most \(Figures.number(most)) (it is \(burn))")
        }
        if let least = row.confidence, !(proposal.plan.confidence >= least) {
            found.append("a confidence of at least \(Figures.number(least)) (it is \(confidence))")
        }
        if row.isCalibrated, !ConfidenceRule(proposal, policy).isBorneOut {
            found.append("a confidence that the record bears out (it does not)")
        }
        if row.hasInverse, !step.hasInverse { found.append("an inverse (there is none)") }
        if let within = row.revertsWithin, !isRecent(step.reverts, within) {
            let given = step.reverts.map { "it takes back one of \(Figures.time($0.at))" } ?? "it takes none back"
            found.append("the revert of a change of the last \(Figures.span(within)) (\(given))")
        }
        return found
    }

    private func isRecent(_ reverts: RevertedChange?, _ within: Int64) -> Bool {
        guard let reverts else { return false }
        let now = proposal.circumstances.now
        // A change of the future is none that was made.
        return reverts.at <= now && reverts.at >= Figures.difference(now, within)
    }
}

/// Whether the diagnosis is sure enough, and whether that has a right to be believed.
struct ConfidenceRule {
    private let confidence: Double
    private let category: String
    private let terms: Policy.Confidence
    private let threshold: Calibration.Threshold?
    private let record: Calibration.Record

    init(_ proposal: Proposal, _ policy: Policy) {
        confidence = proposal.plan.confidence
        category = proposal.plan.category
        terms = policy.confidence
        let table = proposal.circumstances.calibration
        threshold = Calibration.threshold(
            of: category, in: table, tolerated: terms.tolerated, assurance: terms.assurance)
        record = Calibration.record(of: category, in: table)
    }

    /// Whether the record shows that diagnoses as sure as this one are wrong no more often than is tolerated.
    var isBorneOut: Bool {
        guard let threshold, let mine = Calibration.twentieth(confidence),
            let least = Calibration.twentieth(threshold.confidence)
        else { return false }
        return mine >= least
    }

    var reason: VerdictReason {
        let inputs = [
            ReasonInput("category", category), ReasonInput("confidence", Figures.number(confidence)),
            ReasonInput("threshold", terms.least.map(Figures.number) ?? "derived"),
            ReasonInput("tolerated", Figures.share(terms.tolerated)),
            ReasonInput("assurance", Figures.share(terms.assurance)),
            ReasonInput("recorded", "\(record.count)"), ReasonInput("recorded right", "\(record.right)"),
            ReasonInput("Brier score", record.brier.map(Figures.number) ?? "none"),
            ReasonInput("borne out from", threshold.map { Figures.number($0.confidence) } ?? "none"),
        ]
        guard let least = terms.least else {
            return VerdictReason(
                "confidence", isBorneOut ? .auto : .approve, derived, inputs: inputs)
        }
        let isEnough = confidence >= least
        let text =
            "a confidence of \(Figures.number(confidence)) is \(isEnough ? "at least" : "below") "
            + "\(Figures.number(least)); \(history)"
        return VerdictReason("confidence", isEnough ? .auto : .approve, text, inputs: inputs)
    }

    private var history: String {
        record.count == 0
            ? "no diagnosis of \(category) is on record yet"
            : "of \(record.count) diagnoses of \(category) on record \(record.right) were right"
    }

    private var derived: String {
        guard let threshold else {
            return
                "the record bears out no confidence at \(Figures.share(terms.tolerated)) of false actions: \(history)"
        }
        let text =
            "from a confidence of \(Figures.number(threshold.confidence)) on, \(threshold.wrong) of "
            + "\(threshold.count) were wrong, which shows at most \(Figures.share(terms.tolerated)); "
        return text + "this one is \(Figures.number(confidence))"
    }
}
