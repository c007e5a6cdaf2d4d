import Capabilities
import Contracts
import Host
import Risk
import Store

/// What is decided about capabilities within one transaction.
enum Permitting {
    /// Who may act.
    static let actors = ["remediation"]

    /// A decision that the transaction makes once, for a question of an authenticated caller.
    struct Case: Sendable {
        var question: PermitQuestion
        var digest: Digest
        /// The caller's role.
        var role: String
        var opinion: OutsideOpinion?
        var key: SigningKey
    }

    /// Why nothing is permitted.
    struct Refused: Error {
        var text: String
    }

    /// The capabilities, kept with everything that follows from them; or why there are none.
    static func answer(_ asked: Case, _ bench: Bench, _ context: WriteContext) throws -> PermitAnswer {
        do {
            let kept = try permitted(asked, bench, context)
            if let again = try again(asked, bench, context) { return again }
            let ground =
                kept.proposal.plan == asked.question.plan
                ? try ground(asked, kept, bench, context) : try undo(asked, kept, bench, context)
            return try issue(asked, ground, bench, context)
        } catch let refused as Refused {
            return PermitAnswer(capabilities: [], refusal: refused.text, expires: bench.now)
        }
    }

    /// The verdict that a permission would rest on.
    private static func permitted(_ asked: Case, _ bench: Bench, _ context: WriteContext) throws -> KeptVerdict {
        let plan = asked.question.plan
        if let policy = bench.policy, !policy.askers.contains(asked.role) {
            throw Refused(text: "the policy \(policy.version) does not let \(asked.role) ask")
        }
        guard let standing = try Judging.standing(of: plan.incident, bench, context) else {
            throw Refused(text: "nobody could tell how the incident \(plan.incident) stands")
        }
        if standing.isOver { throw Refused(text: "the incident \(plan.incident) is over") }
        guard standing.generation == plan.generation else {
            throw Refused(
                text: "the plan is for generation \(plan.generation), the incident is in \(standing.generation)")
        }
        guard let kept = try Tables.latestVerdict(of: plan.incident, context) else {
            throw Refused(text: "nothing was judged for the incident \(plan.incident); have the plan judged")
        }
        guard kept.proposal.plan == plan || UndoRules.isUndo(plan, of: kept.proposal.plan) else {
            throw Refused(
                text:
                    "the plan judged last is \(kept.verdict.plan.brief), not \(plan.digest.brief); have it judged anew")
        }
        return kept
    }

    /// The first answer again, while it holds.
    private static func again(_ asked: Case, _ bench: Bench, _ context: WriteContext) throws -> PermitAnswer? {
        guard let known = try Tables.permit(ofStep: asked.question.step, context) else { return nil }
        guard known.question == asked.digest.bytes else { throw RiskFault.otherQuestion(step: asked.question.step) }
        guard bench.now < known.answer.expires else {
            throw Refused(text: "what was permitted for this step has expired; ask under another step")
        }
        return known.answer
    }

    private typealias Ground = (grounds: Capability.Grounds, until: Int64, use: [UUID], judged: KeptVerdict)

    /// Judges again, with the state and the circumstances as they are now: what was said then is no permission by itself.
    private static func ground(
        _ asked: Case, _ kept: KeptVerdict, _ bench: Bench, _ context: WriteContext
    ) throws -> Ground {
        let standing = try Tables.standing(of: asked.question.plan.incident, context)
        let proposal = try Judging.proposal(
            asked.question.plan, state: asked.question.state, asker: kept.proposal.circumstances.asker,
            standing: standing, bench, context)
        let verdict = RiskJudge.verdict(on: proposal, under: bench.policy, outside: asked.opinion)
        let judged = KeptVerdict(step: asked.question.step, proposal: proposal, verdict: verdict)
        if kept.verdict.outcome == .deny { throw Refused(text: "it was judged, and denied") }
        if verdict.outcome == .deny { throw Refused(text: "judged again now, it is denied: \(why(verdict, .deny))") }
        let end = Times.sum(bench.now, seconds: verdict.capabilitySeconds)
        if kept.verdict.outcome == .auto {
            guard verdict.outcome == .auto else {
                throw Refused(text: "judged again now, people have to agree: \(why(verdict, .approve))")
            }
            return (.policy, end, [], judged)
        }
        var strict = kept.verdict
        strict.approvers = max(strict.approvers, verdict.approvers)
        if verdict.outcome == .approve { strict.approvalSeconds = min(strict.approvalSeconds, verdict.approvalSeconds) }
        let weighed = try Judging.weigh(kept, verdict: strict, state: asked.question.state, bench, context)
        guard case .granted(_, let use, let until) = weighed.standing else {
            throw Refused(text: refusal(weighed.standing))
        }
        return (.approval, min(end, until), use, judged)
    }

    /// The inverses of a plan that was permitted a while ago: they were judged with it.
    private static func undo(
        _ asked: Case, _ kept: KeptVerdict, _ bench: Bench, _ context: WriteContext
    ) throws -> Ground {
        guard let done = try Tables.lastPermit(of: kept.verdict.plan, kept.proposal.plan.incident, context) else {
            throw Refused(text: "the plan that is to be taken back was never permitted")
        }
        guard bench.now - done.issued < UndoRules.within else {
            throw Refused(
                text: "the plan that is to be taken back was permitted too long ago; have the way back judged")
        }
        var judged = kept
        judged.step = asked.question.step
        judged.proposal.plan = asked.question.plan
        judged.verdict.plan = asked.question.plan.digest
        let lifetime = bench.policy.map { Double($0.approvals.capabilityLifetime) / 1e9 }
        let end = Times.sum(bench.now, seconds: lifetime ?? kept.verdict.capabilitySeconds)
        return (done.grounds, end, [], judged)
    }

    private static func issue(
        _ asked: Case, _ ground: Ground, _ bench: Bench, _ context: WriteContext
    ) throws -> PermitAnswer {
        // The ids come from the time: two permissions of one nanosecond would be one.
        let now = max(bench.now, try Tables.lastIssued(context) + 1)
        let key = IssuerKey(issuer: IssuerKeys.issuer, publicKey: asked.key.publicKey)
        let terms = CapabilityIssue.Terms(
            issuer: key.issuer, key: key.name, plan: ground.judged.verdict.plan, grounds: ground.grounds, now: now,
            lifetime: ground.until - now)
        let signed: [SignedCapability]
        do { signed = try CapabilityIssue.capabilities(for: asked.question.plan, terms, sign: asked.key.sign) } catch {
            throw Refused(text: "\(error)")
        }
        let answer = PermitAnswer(capabilities: signed, expires: ground.until)
        try Tables.keep(
            answer, step: asked.question.step, question: asked.digest, judged: ground.judged, grounds: ground.grounds,
            issued: now, context)
        for (index, step) in asked.question.plan.steps.enumerated() {
            let action = PastAction(
                incident: asked.question.plan.incident, action: step.order.action, target: step.order.target,
                at: bench.now, capacity: step.blast.capacity)
            try Tables.keep(action, capability: "\(asked.question.step) \(index)", context)
        }
        for id in ground.use { try Tables.markUsed(id, at: bench.now, context) }
        return answer
    }

    private static func why(_ verdict: Verdict, _ outcome: VerdictOutcome) -> String {
        verdict.reasons.filter { $0.outcome == outcome }.map { "\($0.rule): \($0.text)" }.joined(separator: "; ")
    }

    private static func refusal(_ standing: ApprovalRules.Standing) -> String {
        switch standing {
        case .notNeeded, .granted: "the approval does not stand"
        case .denied: "the policy lets nobody agree to it"
        case .void(let fault): "the approval is void (\(fault)): the plan or the state moved; have it judged anew"
        case .rejected(let person, let feedback): "\(person) rejected it" + (feedback.map { ": \($0)" } ?? "")
        case .waiting(let missing): "\(missing == 1 ? "one person has" : "\(missing) people have") to agree still"
        }
    }
}
