import Capabilities
import Contracts
import Incidents
import Risk

/// What Risk has on disk.
struct SimulatedRisk {
    struct Kept {
        var question: VerdictQuestion
        var verdict: Verdict
    }

    var kept: [Kept] = []
    var answers: [Approval] = []
    var used: [UUID] = []
    var permits: [(step: String, answer: PermitAnswer)] = []
}

/// Telemetry and Risk, and what a story makes them say.
extension IncidentWorld {
    static let approvalSeconds = 1_800.0
    static let capabilitySeconds = 120.0
    static let riskKey: [UInt8] = Array("the key of risk".utf8)

    // MARK: Telemetry

    func evidence(_ reply: @escaping (DiagnosisInput) -> Void) {
        if dies(.telemetry) { return }
        var evidence = Evidence(scope: EvidenceScope(from: now), from: now, until: now)
        let isSure = options.story != nil || pick(3) > 0
        if options.story != nil || pick(8) > 0 {
            evidence.messages = [
                EvidenceMessage(
                    node: guesses[0], level: "error", template: "", before: 0, after: isSure ? 0.9 : 0.5, firstSeen: 0)
            ]
        }
        reply(DiagnosisInput(evidence: evidence))
    }

    func verify(_ expectation: Expectation, _ reply: @escaping (Verification) -> Void) {
        if dies(.telemetry) { return }
        let settled =
            quietSince.map { now - max($0, expectation.since) >= Int64(expectation.settleSeconds * 1e9) } ?? false
        let isLate = now - expectation.since > Int64((expectation.settleSeconds + expectation.deadlineSeconds) * 1e9)
        let verdict: Verification.Verdict = settled ? .holds : isLate ? .fails : .pending
        reply(Verification(verdict: verdict, conditions: [.init("it hurts no longer", verdict)]))
    }

    // MARK: Risk

    func judge(_ question: VerdictQuestion, _ reply: @escaping (Verdict) -> Void) {
        if let known = risk.kept.first(where: { $0.question.step == question.step }) { return reply(known.verdict) }
        let outcome: VerdictOutcome
        switch options.story {
        case .agreed: outcome = .approve
        case .helps, .secondHelps, .halted: outcome = .auto
        case nil: outcome = [.auto, .auto, .approve, .approve, .deny][pick(5)]
        }
        let isLater = outcome == .deny && pick(2) == 0
        let verdict = Verdict(
            outcome: outcome, reasons: [], policy: "p1", plan: question.plan.digest, state: question.state, at: now,
            approvers: 1, approvalSeconds: Self.approvalSeconds, capabilitySeconds: Self.capabilitySeconds,
            autoFrom: isLater ? now + seconds(1, 400) : nil)
        if dies(.risk) { return }
        risk.kept.append(.init(question: question, verdict: verdict))
        if dies(.risk) { return }
        reply(verdict)
    }

    /// A person's answer reaches Risk: tried until it does.
    func answer(plan: Digest, state: Digest, generation: Int, agrees: Bool) {
        guard isThere(.risk) else {
            return after(seconds(1, 5)) {
                self.answer(plan: plan, state: state, generation: generation, agrees: agrees)
            }
        }
        risk.answers.append(
            Approval(
                id: UUID.random(using: &chance), agrees ? .approve : .reject, incident: "I-1", generation: generation,
                plan: plan, state: state, person: "kim", proof: .init(.token, []), given: now,
                feedback: agrees ? nil : "not that"))
        note("kim \(agrees ? "agrees" : "rejects") \(plan.brief)")
    }

    func approval(_ question: ApprovalQuestion, _ reply: @escaping (ApprovalStanding) -> Void) {
        guard let known = risk.kept.last(where: { $0.verdict.plan == question.plan }) else {
            return reply(ApprovalStanding(.void, text: "nobody judged it"))
        }
        let standing = standing(known, state: known.verdict.state)
        let isLate = now > known.verdict.at + Int64(Self.approvalSeconds * 1e9)
        switch standing {
        case .notNeeded: reply(ApprovalStanding(.notNeeded))
        case .denied: reply(ApprovalStanding(.denied))
        case .void: reply(ApprovalStanding(.void))
        case .rejected(let person, let feedback):
            reply(ApprovalStanding(.rejected, people: [person], feedback: feedback))
        case .waiting(let missing): reply(ApprovalStanding(isLate ? .expired : .waiting, missing: missing))
        case .granted(let people, _, let until): reply(ApprovalStanding(.granted, people: people, until: until))
        }
    }

    private func standing(_ known: SimulatedRisk.Kept, state: Digest) -> ApprovalRules.Standing {
        ApprovalRules.standing(
            .init(verdict: known.verdict, plan: known.question.plan, state: state, now: now, used: risk.used),
            answers: risk.answers
        ) { ProvedIdentity(.person, $0.person, mayApprove: true) }.standing
    }

    /// Who will act asks; Risk asks triage how the incident stands before it permits anything.
    func permit(_ question: PermitQuestion, _ reply: @escaping (PermitAnswer) -> Void) {
        if let known = risk.permits.first(where: { $0.step == question.step && $0.answer.expires > now }) {
            return reply(known.answer)
        }
        let ask: (@escaping (IncidentStanding) -> Void) -> Void = { answer in
            guard let incident = self.incident else { return }
            answer(incident.standing)
        }
        let asked = now
        call(.risk, .triage, ask) { standing in
            // An answer that took longer than one waits is none.
            guard self.now - asked <= .seconds(2) else { return }
            self.permit(question, standing, reply)
        }
    }

    private func permit(
        _ question: PermitQuestion, _ standing: IncidentStanding, _ reply: @escaping (PermitAnswer) -> Void
    ) {
        if let refusal = refusal(question, standing) {
            return reply(PermitAnswer(capabilities: [], refusal: refusal, expires: now))
        }
        let lifetime =
            options.mutation == .capabilitiesLast ? Int64.seconds(1_000_000) : .seconds(Int64(Self.capabilitySeconds))
        let terms = CapabilityIssue.Terms(
            issuer: "risk", key: IssuerKey(issuer: "risk", publicKey: Self.riskKey).name, plan: question.plan.digest,
            grounds: .policy, now: now, lifetime: lifetime)
        let signed = (try? CapabilityIssue.capabilities(for: question.plan, terms) { Self.sign($0) }) ?? []
        let answer = PermitAnswer(capabilities: signed, expires: now + lifetime)
        if dies(.risk) { return }
        risk.permits.append((question.step, answer))
        if let kept = risk.kept.last(where: { $0.verdict.plan == question.plan.digest }),
            case .granted(_, let use, _) = self.standing(kept, state: question.state)
        {
            risk.used += use
        }
        if dies(.risk) { return }
        reply(answer)
    }

    private func refusal(_ question: PermitQuestion, _ standing: IncidentStanding) -> String? {
        guard options.mutation != .permitsTheEnded else { return nil }
        guard !standing.isOver, standing.generation == question.plan.generation else { return "the incident is over" }
        guard let kept = risk.kept.last, kept.verdict.plan == question.plan.digest else { return "another was judged" }
        guard kept.verdict.state == question.state else { return "the state has moved" }
        switch self.standing(kept, state: question.state) {
        case .notNeeded, .granted: return nil
        case .denied, .void, .rejected, .waiting: return "nobody agreed"
        }
    }

    static func sign(_ message: [UInt8]) -> [UInt8] {
        Digest(of: riskKey + message).bytes + Digest(of: message + riskKey).bytes
    }

    // MARK: stories

    func tellStory() {
        remedy = targets[0]
        guesses = targets
        if options.story == .secondHelps { guesses = [targets[1], targets[0]] }
    }
}
