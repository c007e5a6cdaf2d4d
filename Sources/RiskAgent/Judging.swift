import Contracts
import Definitions
import Host
import Risk
import Store

/// What is decided about verdicts and answers within one transaction.
enum Judging {
    static let hour = Int64.seconds(3_600)

    /// How an incident stands: as Triage says now, and as it said last; nil where nobody knows. What was over stays so, and
    /// generations rise, whoever is a little behind.
    static func standing(of incident: String, _ bench: Bench, _ context: WriteContext) throws -> IncidentStanding? {
        if let said = bench.standing, said.incident == incident { try Tables.note(said, context) }
        return try Tables.standing(of: incident, context)
    }

    /// A plan with all that a verdict on it depends on.
    static func proposal(
        _ plan: PlanSummary, state: Digest, asker: Asker, standing: IncidentStanding?, _ bench: Bench,
        _ context: WriteContext
    ) throws -> Proposal {
        let past = try Tables.actions(of: plan.incident, since: bench.now - hour, context)
        return Proposal(
            plan: plan,
            circumstances: Circumstances(
                now: bench.now, state: state, asker: asker, standing: standing, budgets: bench.budgets, past: past,
                calibration: bench.calibration))
    }

    /// The first answer to a step; nil where it is new.
    static func earlier(
        _ question: VerdictQuestion, _ digest: Digest, _ context: WriteContext
    ) throws -> Verdict? {
        guard let known = try Tables.verdict(ofStep: question.step, context) else { return nil }
        guard known.question == digest.bytes else { throw RiskFault.otherQuestion(step: question.step) }
        return known.kept.verdict
    }

    // MARK: people

    /// The verdict that an answer belongs to: the latest of its incident, where that is about this plan.
    static func verdict(for question: ApprovalQuestion, _ context: WriteContext) throws -> KeptVerdict? {
        guard let kept = try Tables.latestVerdict(of: question.incident, context),
            kept.proposal.plan.generation == question.generation, kept.verdict.plan == question.plan
        else { return nil }
        return kept
    }

    /// What all answers to a plan come to, for a state and at a time.
    static func weigh(
        _ kept: KeptVerdict, verdict: Verdict, state: Digest, _ bench: Bench, _ context: WriteContext
    ) throws -> (standing: ApprovalRules.Standing, answers: [ApprovalRules.Weighed]) {
        let plan = kept.proposal.plan
        let answers = try Tables.answers(
            ApprovalQuestion(incident: plan.incident, generation: plan.generation, plan: verdict.plan), context)
        let question = ApprovalRules.Question(
            verdict: verdict, plan: plan, state: state, now: bench.now,
            used: answers.filter(\.isUsed).map(\.approval.id))
        return ApprovalRules.standing(question, answers: answers.map(\.approval)) { approval in
            try? bench.people.prove(approval, verify: SigningKey.verify)
        }
    }

    static func approval(
        _ question: ApprovalQuestion, _ bench: Bench, _ context: WriteContext
    ) throws -> ApprovalStanding {
        guard let kept = try verdict(for: question, context) else {
            return ApprovalStanding(.void, text: "this plan is not the one that was judged last; have it judged anew")
        }
        let known = try Tables.standing(of: question.incident, context)
        if let known, known.isOver || known.generation != question.generation {
            return ApprovalStanding(.void, text: "the incident is over, or in another generation")
        }
        let (standing, answers) = try weigh(kept, verdict: kept.verdict, state: kept.verdict.state, bench, context)
        return text(of: standing, answers, kept.verdict, now: bench.now)
    }

    private static func text(
        of standing: ApprovalRules.Standing, _ answers: [ApprovalRules.Weighed], _ verdict: Verdict, now: Int64
    ) -> ApprovalStanding {
        let end = Times.sum(verdict.at, seconds: verdict.approvalSeconds)
        switch standing {
        case .notNeeded: return ApprovalStanding(.notNeeded, text: "the policy lets it go without anyone")
        case .denied: return ApprovalStanding(.denied, text: "the policy lets nobody agree to it")
        case .void: return ApprovalStanding(.void, text: "the plan or the state moved; have it judged anew")
        case .rejected(let person, let feedback):
            return ApprovalStanding(.rejected, people: [person], feedback: feedback, text: "\(person) rejected it")
        case .waiting(let missing):
            let agreed = answers.filter { $0.fault == nil }.compactMap(\.person)
            let people = missing == 1 ? "one person has" : "\(missing) people have"
            guard now < end else {
                return ApprovalStanding(.expired, people: agreed, missing: missing, text: "nobody answered in time")
            }
            return ApprovalStanding(
                .waiting, people: agreed, missing: missing, until: end, text: "\(people) to agree still")
        case .granted(let people, _, let until):
            return ApprovalStanding(
                .granted, people: people, until: until, text: "\(people.joined(separator: ", ")) agreed")
        }
    }
}

/// Sums of times that stay within what a time can be.
enum Times {
    static func sum(_ time: Int64, seconds: Double) -> Int64 {
        guard seconds > 0, seconds < 1e9 else { return time }
        let (sum, overflow) = time.addingReportingOverflow(Int64(seconds * 1e9))
        return overflow ? .max : sum
    }
}

extension RiskAgent {
    /// A policy that was in force. Of one that was kept without its zones those of this host are taken, where they make the
    /// same version.
    func policy(_ version: String) async throws -> PolicyRecord? {
        guard var record = try await store.read({ try Tables.policy(version, $0) }) else { return nil }
        if record.zones.isEmpty {
            let found = Definitions.policy(texts: record.files.map { ($0.name, $0.bytes) }, at: version)
            if found.policy?.version == version { record.zones = found.zones }
        }
        return record
    }
}
