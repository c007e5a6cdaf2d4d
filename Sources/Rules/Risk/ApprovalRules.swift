public import Contracts

/// Whom a proof has proved, as Risk itself has checked it.
public struct ProvedIdentity: Sendable, Equatable {
    public var kind: Asker.Kind
    /// One name for each person, however they proved it.
    public var name: String
    /// Whether this person may agree to plans.
    public var mayApprove: Bool

    public init(_ kind: Asker.Kind, _ name: String, mayApprove: Bool) {
        self.kind = kind
        self.name = name
        self.mayApprove = mayApprove
    }
}

/// Whether people have agreed to a plan.
///
/// | an answer | counts |
/// |---|---|
/// | without a proof that holds, or with one of somebody else | no |
/// | of an agent, or of a person who may not approve | no |
/// | to another incident, generation or plan | no |
/// | that rejects | yes, whatever the state and the time: the plan is rejected |
/// | to another state | no |
/// | of the future, or too old | no |
/// | that was used, or a second one under its id | no |
/// | of a person who has agreed already | once |
/// | else | yes |
public enum ApprovalRules {
    /// Why an answer does not count.
    public enum Fault: Error, Sendable, Equatable, CaseIterable {
        case unproved, otherPerson, agent, mayNot, otherIncident, otherPlan, otherState, early, expired, used, repeated
        case samePerson
    }

    /// An answer, and what it is worth.
    public struct Weighed: Sendable, Equatable {
        public var id: UUID
        /// As proved, not as claimed.
        public var person: String?
        /// nil where it counts.
        public var fault: Fault?
    }

    /// What all of them come to.
    public enum Standing: Sendable, Equatable {
        /// The policy lets the plan go without anyone.
        case notNeeded
        /// The policy lets nobody agree to it.
        case denied
        /// What was judged is not what is to be done now: have it judged anew.
        case void(Fault)
        case rejected(by: String, feedback: String?)
        /// So many people more have to agree.
        case waiting(missing: Int)
        /// Mark these as used, in one transaction with the capabilities. It holds until then.
        case granted(by: [String], use: [UUID], until: Int64)
    }

    /// What there is to decide about.
    public struct Question: Sendable {
        public var verdict: Verdict
        public var plan: PlanSummary
        /// The state as it is now.
        public var state: Digest
        /// Nanoseconds since 1970.
        public var now: Int64
        /// Approvals that permitted something already.
        public var used: [UUID]

        public init(verdict: Verdict, plan: PlanSummary, state: Digest, now: Int64, used: [UUID] = []) {
            self.verdict = verdict
            self.plan = plan
            self.state = state
            self.now = now
            self.used = used
        }
    }

    /// Clocks of two hosts may be so far apart.
    public static let clockTolerance = Int64.seconds(5)

    /// Decides over the answers in the order in which they came.
    public static func standing(
        _ question: Question, answers: [Approval], prove: (Approval) -> ProvedIdentity?
    ) -> (standing: Standing, answers: [Weighed]) {
        var weighed: [Weighed] = []
        var agreed: [(approval: Approval, person: String)] = []
        var rejection: (by: String, feedback: String?)?
        for answer in answers {
            let identity = prove(answer)
            var fault = fault(of: answer, question, identity)
            if fault == nil, weighed.contains(where: { $0.id == answer.id }) { fault = .repeated }
            if fault == nil, agreed.contains(where: { $0.person == identity?.name }), answer.answer == .approve {
                fault = .samePerson
            }
            weighed.append(Weighed(id: answer.id, person: identity?.name, fault: fault))
            guard fault == nil, let person = identity?.name else { continue }
            switch answer.answer {
            case .approve: agreed.append((answer, person))
            case .reject: rejection = rejection ?? (person, answer.feedback)
            }
        }
        return (standing(question, agreed, rejection), weighed)
    }

    private static func standing(
        _ question: Question, _ agreed: [(approval: Approval, person: String)],
        _ rejection: (by: String, feedback: String?)?
    ) -> Standing {
        let verdict = question.verdict
        // Nobody's word makes up for what a policy forbids, nor for a verdict about something else.
        if verdict.plan != question.plan.digest { return .void(.otherPlan) }
        if verdict.outcome == .deny { return .denied }
        if let rejection { return .rejected(by: rejection.by, feedback: rejection.feedback) }
        if verdict.state != question.state { return .void(.otherState) }
        if verdict.outcome == .auto { return .notNeeded }
        let needed = max(verdict.approvers, 1)
        guard agreed.count >= needed else { return .waiting(missing: needed - agreed.count) }
        let used = agreed.prefix(needed)
        let until = used.map { Figures.sum($0.approval.given, lifetime(verdict)) }.min() ?? question.now
        return .granted(by: used.map(\.person), use: used.map(\.approval.id), until: until)
    }

    private static func fault(of answer: Approval, _ question: Question, _ identity: ProvedIdentity?) -> Fault? {
        guard let identity else { return .unproved }
        guard identity.kind == .person else { return .agent }
        guard identity.name == answer.person else { return .otherPerson }
        guard identity.mayApprove else { return .mayNot }
        guard answer.incident == question.plan.incident, answer.generation == question.plan.generation else {
            return .otherIncident
        }
        guard answer.plan == question.plan.digest else { return .otherPlan }
        // A "no" stays one: it says what is wrong with the plan, and the plan has not changed.
        guard answer.answer == .approve else { return nil }
        guard answer.state == question.state else { return .otherState }
        guard answer.given <= Figures.sum(question.now, clockTolerance) else { return .early }
        guard question.now < Figures.sum(answer.given, lifetime(question.verdict)) else { return .expired }
        return question.used.contains(answer.id) ? .used : nil
    }

    /// Verdicts are kept and sent: one whose figure cannot be lets nothing hold.
    private static func lifetime(_ verdict: Verdict) -> Int64 {
        guard verdict.approvalSeconds > 0, verdict.approvalSeconds < 1e9 else { return 0 }
        return Int64(verdict.approvalSeconds * 1e9)
    }
}
