public import Contracts

/// What a policy engine outside of the cluster says about a plan.
public struct OutsideOpinion: Sendable, Equatable, Codable {
    public var outcome: VerdictOutcome
    public var reasons: [String]
    /// How many people have to agree, where it says so.
    public var approvers: Int?

    public init(_ outcome: VerdictOutcome, _ reasons: [String], approvers: Int? = nil) {
        self.outcome = outcome
        self.reasons = reasons
        self.approvers = approvers
    }

    /// Where it was asked and no answer can be relied on: nothing is done.
    public static func unusable(_ why: String) -> OutsideOpinion {
        OutsideOpinion(.deny, ["the outside policy gave no answer that can be relied on: \(why)"])
    }

    /// What a kept verdict says that was heard; nil where nobody outside was asked.
    public init?(in verdict: Verdict) {
        guard let reason = verdict.reasons.first(where: { $0.rule == Self.rule }) else { return nil }
        self.init(
            reason.outcome, reason.inputs.filter { $0.name == "reason" }.map(\.value),
            approvers: reason.inputs.first { $0.name == "approvers" }.flatMap { Int($0.value) })
    }

    static let rule = "outside"
    /// More people than this are not waited for.
    static let mostApprovers = 10

    var reason: VerdictReason {
        let inputs =
            reasons.map { ReasonInput("reason", $0) } + (approvers.map { [ReasonInput("approvers", "\($0)")] } ?? [])
        let said = reasons.isEmpty ? "it gives no reason" : reasons.joined(separator: "; ")
        return VerdictReason(
            Self.rule, outcome, "the outside policy says \(outcome.rawValue): \(said)", inputs: inputs)
    }
}

extension RiskJudge {
    /// The rules that hold whoever judges.
    static let ownRules = ["plan", "asker", "incident", "actions"]

    /// The verdict where an engine outside is asked instead of the policy's table: of our own rules those remain that no
    /// policy may loosen (the plan's figures, who asks, the incident, its number of actions), and the stricter wins.
    /// Without an opinion it is the policy's own verdict.
    public static func verdict(
        on proposal: Proposal, under policy: Policy?, outside opinion: OutsideOpinion?
    ) -> Verdict {
        guard let opinion else { return verdict(on: proposal, under: policy) }
        var verdict = verdict(on: proposal, under: policy ?? .bare)
        verdict.policy = policy?.version
        verdict.reasons = verdict.reasons.filter { ownRules.contains($0.rule) } + [opinion.reason]
        verdict.outcome = verdict.reasons.map(\.outcome).max() ?? .deny
        let asked = min(max(opinion.approvers ?? 1, 1), OutsideOpinion.mostApprovers)
        verdict.approvers = verdict.outcome == .approve ? asked : 0
        verdict.autoFrom = nil
        return verdict
    }
}

extension Policy {
    /// What holds beside an engine outside where there is no policy of our own.
    static var bare: Policy {
        var policy = Policy(name: "outside", digest: Digest(of: []))
        policy.askers = ["remediation"]
        return policy
    }
}
