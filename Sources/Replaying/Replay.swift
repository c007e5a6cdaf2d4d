public import Contracts
import Diagnosing
import Incidents
public import Postmortems
import Remedies
import Risk

/// One decision, as it was recorded and as it follows.
public struct ReplayedDecision: Codable, Sendable, Equatable {
    public enum Kind: String, Codable, Sendable, Equatable, CaseIterable {
        /// Not a decision: what was told from outside, as it was sealed.
        case input
        case diagnosis, plan, verdict, stage
    }

    public enum Standing: String, Codable, Sendable, Equatable, CaseIterable {
        case equal, divergent
        /// What it depended on was not kept.
        case notDerivable = "not_derivable"
    }

    /// From 1, in the incident's journal.
    public var entry: Int
    /// Nanoseconds since 1970.
    public var at: Int64
    public var kind: Kind
    public var standing: Standing
    public var recorded: String
    public var derived: String?
}

/// An incident made again from its inputs, and whether every decision is what it was.
///
/// Where a decision of ours diverges, the journal's own goes on as if it were an input: so each decision is held against what
/// was so before it. The first divergence is the one to look at.
public struct Replay: Sendable {
    /// An entry with the incident before and after it, as they follow.
    struct Step: Sendable {
        let number: Int
        let input: IncidentInput
        let before: Incident?
        let after: Incident
    }

    public let incident: String
    public let entries: Int
    public private(set) var decisions: [ReplayedDecision] = []
    public let missing: [MissingGround]
    /// The incident as it follows from all of its inputs; nil where they do not make one.
    public var final: Incident? { steps.last?.after }
    private(set) var steps: [Step] = []
    let lifecycle: Lifecycle
    let file: ReplayCase
    private var hasDiverged = false

    /// The first decision or input that is not what it was.
    public var divergence: ReplayedDecision? {
        decisions.filter { $0.standing == .divergent }.min { $0.entry < $1.entry }
    }

    public var isEqual: Bool { divergence == nil }

    /// With `followsSeals` false nothing but what follows is compared: then an input on which nothing depended may change.
    public init(_ file: ReplayCase, followsSeals: Bool = true) {
        self.file = file
        incident = file.incident
        entries = file.entries.count
        missing = file.missing
        lifecycle = Lifecycle(file.terms) { Diagnosing.diagnose($0) }
        if followsSeals { checkSeals() }
        var state: Incident?
        for (entry, input) in zip(file.entries, file.inputs) {
            do throws(LifecycleRefusal) {
                let next = try take(entry, input, state)
                steps.append(Step(number: entry.number, input: input, before: state, after: next))
                state = next
            } catch {
                note(entry.number, input.at, .stage, .divergent, "it was taken", "\(error)")
                break
            }
        }
    }

    private mutating func note(
        _ entry: Int, _ at: Int64, _ kind: ReplayedDecision.Kind, _ standing: ReplayedDecision.Standing,
        _ recorded: String, _ derived: String?
    ) {
        decisions.append(
            ReplayedDecision(
                entry: entry, at: at, kind: kind, standing: standing, recorded: recorded, derived: derived))
    }

    private mutating func checkSeals() {
        var check = JournalCheck(isWhole: false)
        for (entry, input) in zip(file.entries, file.inputs) {
            if let fault = check.take(entry) {
                return note(entry.number, input.at, .input, .divergent, "entry \(entry.digest.brief)", fault.text)
            }
        }
        for (entry, text) in file.misplaced {
            note(entry, file.inputs.last?.at ?? 0, .input, .divergent, "what a decision was made from", text)
        }
        guard let head = file.head, let last = file.entries.last else { return }
        if head.sequence != last.sequence || head.number != last.number || head.digest != last.digest {
            note(
                last.number, file.inputs.last?.at ?? 0, .input, .divergent, "the journal's head \(head.digest.brief)",
                "\(last.digest.brief)")
        }
    }

    // MARK: one entry

    private mutating func take(
        _ entry: JournalEntry, _ input: IncidentInput, _ before: Incident?
    ) throws(LifecycleRefusal) -> Incident {
        let event = decided(entry, input, before)
        let next: Incident
        if case .opened(let opening) = event {
            guard before == nil else { throw .openedAlready }
            next = lifecycle.open(incident, opening, at: input.at, holder: input.actor).incident
        } else {
            guard let before else { throw .notOpened }
            next =
                try lifecycle.take(IncidentInput(at: input.at, actor: input.actor, event), before)?.incident ?? before
        }
        compare(entry, input, before, next)
        return next
    }

    /// The event as it follows, where it is a decision of ours.
    private mutating func decided(_ entry: JournalEntry, _ input: IncidentInput, _ before: Incident?) -> IncidentEvent {
        guard let before else { return input.event }
        switch input.event {
        case .offers(let step, let offers, let text):
            guard let ground = file.plans.first(where: { $0.step == step })?.grounds else {
                note(entry.number, input.at, .plan, .notDerivable, Words.plan(offers, text), nil)
                return input.event
            }
            let made = planned(step, ground, before, entry, input)
            let isSame = made.offers == offers && made.text == text
            note(
                entry.number, input.at, .plan, isSame ? .equal : .divergent, Words.plan(offers, text),
                Words.plan(made.offers, made.text, unless: isSame ? nil : offers))
            return isSame ? .offers(step: step, made.offers, text: made.text) : input.event
        case .verdict(let step, let verdict):
            guard let ground = file.judged.first(where: { $0.step == step }), let derived = judged(ground, before)
            else {
                note(entry.number, input.at, .verdict, .notDerivable, Words.verdict(verdict), nil)
                return input.event
            }
            let isSame = derived == verdict
            note(
                entry.number, input.at, .verdict, isSame ? .equal : .divergent, Words.verdict(verdict),
                Words.verdict(derived, unless: isSame ? nil : verdict))
            return isSame ? .verdict(step: step, derived) : input.event
        default: return input.event
        }
    }

    private mutating func planned(
        _ step: String, _ ground: PlanGrounds, _ before: Incident, _ entry: JournalEntry, _ input: IncidentInput
    ) -> (offers: [PlanOffer], text: String) {
        var question = ground.question
        if case .plan(let derived) = lifecycle.question(before) {
            if derived != ground.question {
                note(
                    entry.number, input.at, .diagnosis, .divergent, Words.question(ground.question),
                    Words.question(derived, unless: ground.question))
            }
            question = derived
        }
        question.step = step
        switch Planning.answer(question, ground.runbooks, ground.world) {
        case .offers(let offers): return (offers, "")
        case .none(let text), .underway(let text): return ([], text)
        }
    }

    /// The verdict on the plan that follows, under the policy of then; nil where that was not kept.
    private func judged(_ ground: ReplayCase.Judged, _ before: Incident) -> Verdict? {
        guard let policy = policy(ground) else { return nil }
        return RiskJudge.verdict(
            on: proposal(ground, before), under: policy.policy, outside: ground.opinion)
    }

    /// A policy, or that there was none.
    struct InForce {
        let policy: Policy?
    }

    /// Nil where it was not kept.
    func policy(_ ground: ReplayCase.Judged) -> InForce? {
        guard let version = ground.version else { return InForce(policy: nil) }
        return file.policies.first { $0.version == version }.map { InForce(policy: $0.policy) }
    }

    /// What Risk was asked, with the plan that follows in the place of the one that was kept.
    func proposal(_ ground: ReplayCase.Judged, _ before: Incident) -> Proposal {
        var proposal = ground.proposal
        if case .verdict(let question) = lifecycle.question(before) {
            proposal.plan = question.plan
            proposal.circumstances.state = question.state
            proposal.circumstances.asker = question.asker
        }
        return proposal
    }

    // MARK: what followed

    private mutating func compare(
        _ entry: JournalEntry, _ input: IncidentInput, _ before: Incident?, _ next: Incident
    ) {
        guard let told = try? Packed.decode(JournalResult.self, from: entry.result),
            let digest = try? next.digest
        else {
            return note(entry.number, input.at, .stage, .divergent, "a result", "what followed cannot be read")
        }
        let derived = JournalResult(next, digest: digest)
        var isSame = derived == told
        // What once was another incident stays another in every figure: then the stage tells whether it went on as it did.
        if hasDiverged { isSame = derived.stage == told.stage && derived.generation == told.generation }
        var kind = ReplayedDecision.Kind.stage
        if next.diagnosis != before?.diagnosis { kind = .diagnosis }
        guard !isSame || kind == .diagnosis || next.stage != before?.stage else { return }
        note(
            entry.number, input.at, kind, isSame ? .equal : .divergent, Words.result(told),
            isSame ? Words.diagnosed(next, derived) : Words.result(derived, next, unless: told))
        if !isSame { hasDiverged = true }
    }
}
