import Contracts
import Incidents
public import Risk

/// What another policy would have said to the plans of an incident, and what would have followed.
public struct PolicyReplay: Codable, Sendable, Equatable {
    /// A verdict that would have been another one.
    public struct Change: Codable, Sendable, Equatable {
        public var entry: Int
        /// Nanoseconds since 1970.
        public var at: Int64
        public var plan: String
        public var before: String
        public var after: String
        /// The rules that say something else.
        public var because: [String]
        /// What came of the plan.
        public var followed: String
        /// What would have come next.
        public var instead: String
    }

    /// The version of the other policy.
    public var policy: String
    public var judged: Int
    public var changes: [Change]
    /// Entries whose verdict cannot be made again.
    public var unknown: [Int]
}

extension Replay {
    /// Judges the incident's plans again under another policy.
    public func under(_ policy: Policy) -> PolicyReplay {
        var replay = PolicyReplay(policy: policy.version, judged: 0, changes: [], unknown: [])
        for (index, step) in steps.enumerated() {
            guard case .verdict(let id, let recorded) = step.input.event, let before = step.before else { continue }
            guard let ground = file.judged.first(where: { $0.step == id }) else {
                replay.unknown.append(step.number)
                continue
            }
            replay.judged += 1
            let proposal = proposal(ground, before)
            // What was said counts where it cannot be derived.
            let first =
                self.policy(ground).map {
                    RiskJudge.verdict(on: proposal, under: $0.policy, outside: ground.opinion)
                } ?? recorded
            let second = RiskJudge.verdict(on: proposal, under: policy, outside: ground.opinion)
            guard first.outcome != second.outcome else { continue }
            let kept = KeptVerdict(step: id, proposal: proposal, verdict: first)
            let compared = PolicyComparison(kept: [kept], after: policy)
            replay.changes.append(
                PolicyReplay.Change(
                    entry: step.number, at: step.input.at, plan: proposal.plan.text, before: first.outcome.rawValue,
                    after: second.outcome.rawValue, because: compared.changes.first?.because ?? [],
                    followed: followed(index), instead: instead(index, id, first, second)))
        }
        return replay
    }

    /// What came of the plan that was judged at a step: until the next plan or verdict.
    func followed(_ index: Int) -> String {
        var words: [String] = []
        for step in steps.dropFirst(index + 1) {
            switch step.input.event {
            case .offers, .verdict: return words.isEmpty ? "nothing was done" : words.joined(separator: "; ")
            case .approval(_, let standing):
                let who = standing.people.isEmpty ? "" : " (\(standing.people.joined(separator: ", ")))"
                words.append("\(standing.outcome.rawValue)\(who) after \(Self.seconds(steps[index], step)) s")
            case .executed(_, let report): words.append(report.outcome.rawValue)
            case .verified(_, let verification): words.append("verification \(verification.verdict.rawValue)")
            default: break
            }
        }
        return words.isEmpty ? "nothing was done" : words.joined(separator: "; ")
    }

    private static func seconds(_ from: Step, _ to: Step) -> String {
        let tenths = max(0, (to.input.at - from.input.at) / 100_000_000)
        return "\(tenths / 10).\(tenths % 10)"
    }

    /// What the incident would have done next, and what that means for what really came.
    private func instead(_ index: Int, _ step: String, _ first: Verdict, _ second: Verdict) -> String {
        let here = steps[index]
        guard let before = here.before,
            let next = try? lifecycle.take(
                IncidentInput(at: here.input.at, actor: here.input.actor, .verdict(step: step, second)), before)?
                .incident
        else { return "nothing is known of it" }
        let stage = "\(next.stage.rawValue): \(next.note)"
        let answer = steps.dropFirst(index + 1).first { step in
            if case .approval = step.input.event { return true }
            return false
        }
        switch (first.outcome, second.outcome) {
        case (.approve, .auto):
            guard let answer else { return "\(stage), with nobody asked" }
            return "\(stage), with nobody asked, \(Self.seconds(here, answer)) s before the answer came"
        case (.auto, .approve): return "\(stage), and nothing done until then"
        case (_, .deny): return "\(stage), and this plan never carried out"
        default: return stage
        }
    }
}
