public import Contracts

/// The life of an incident: from its state, an event and the time to its next state and what is to be done.
///
/// | stage | step in hand | goes on to |
/// |---|---|---|
/// | open, rejected, rolled_back | none | investigating, as soon as it is on disk |
/// | investigating | evidence, or a pause before the next look | diagnosed; suppressed or escalated where nothing shows |
/// | diagnosed | plan | planned; escalated where there is none |
/// | planned | verdict, or a pause until time allows it | executing, awaiting_approval; the next plan or escalated |
/// | awaiting_approval | approval | executing, rejected, diagnosed where the state moved, escalated |
/// | executing | execution, then halt where it takes too long | verifying, rolled_back, diagnosed, escalated |
/// | verifying | verification | resolved, undoing, escalated |
/// | undoing | undo | rolled_back, escalated |
/// | escalated | none | what a person says; resolved when it is quiet and nobody has taken it |
/// | resolved, suppressed, failed | none | nothing |
///
/// No action begins while nothing fires, and none for an incident that somebody has ended or taken: where something is in
/// hand it is halted first, and the wish is fulfilled after that. An answer to anything but the step in hand is ignored.
public struct Lifecycle: Sendable {
    public let terms: LifecycleTerms
    let diagnose: @Sendable (DiagnosisInput) -> Diagnosis

    /// `diagnose` is a pure function: the same input gives the same diagnosis, in any process.
    public init(_ terms: LifecycleTerms = .init(), diagnose: @escaping @Sendable (DiagnosisInput) -> Diagnosis) {
        self.terms = terms
        self.diagnose = diagnose
    }

    /// The incident that an opening makes; `holder` works on it.
    public func open(_ id: String, _ opening: IncidentOpening, at now: Int64, holder: String) -> Transition {
        var change = Change(Incident(id: id, opening: opening, opened: now, holder: holder), at: now, self)
        change.incident.quietSince = opening.alerts.isQuiet ? now : nil
        change.incident.note = "opened: \(opening.title)"
        change.tell(.opened, opening.reasons.map(\.text).joined(separator: "; "))
        return change.transition
    }

    /// What an event makes of an incident; nil where it changes nothing.
    public func take(_ input: IncidentInput, _ incident: Incident) throws(LifecycleRefusal) -> Transition? {
        var change = Change(incident, at: input.at, self)
        let hasChanged: Bool
        switch input.event {
        case .opened: throw .openedAlready
        case .alerts(let standing): hasChanged = change.take(standing)
        case .noted: hasChanged = !incident.stage.isEnd
        case .tick: hasChanged = change.pass()
        case .claimed(let holder): hasChanged = change.claim(holder)
        case .command(let command): hasChanged = try change.obey(command)
        case .evidence(let step, let input):
            hasChanged = change.isInHand(step, .evidence) && change.investigated(input)
        case .offers(let step, let offers, let text):
            hasChanged = change.isInHand(step, .plan) && change.offered(offers, text)
        case .verdict(let step, let verdict):
            hasChanged = change.isInHand(step, .verdict) && change.judged(verdict)
        case .approval(let step, let standing):
            hasChanged = change.isInHand(step, .approval) && change.answered(standing)
        case .executed(let step, let report): hasChanged = change.executed(step, report)
        case .verified(let step, let verification):
            hasChanged = change.isInHand(step, .verification) && change.verified(verification)
        case .refused(let step, let text): hasChanged = change.refused(step, text)
        }
        return hasChanged ? change.transition : nil
    }

    /// When time alone changes something, in nanoseconds since 1970; nil where it never does.
    public func due(_ incident: Incident) -> Int64? {
        switch incident.stage {
        case .resolved, .suppressed, .failed: return nil
        case .open, .rejected, .rolledBack: return incident.stageSince
        case .escalated:
            let abandoned = incident.stageSince.later(by: terms.abandoned)
            guard incident.owner == nil, let quiet = incident.quietSince else { return abandoned }
            return min(abandoned, quiet.later(by: terms.calm))
        case .executing, .verifying, .undoing: return incident.step?.deadline
        case .investigating, .diagnosed, .planned, .awaitingApproval:
            guard let quiet = incident.quietSince else { return incident.step?.deadline }
            return min(incident.step?.deadline ?? .max, quiet.later(by: terms.calm))
        }
    }

    /// All states that follow from the inputs of one incident, in sequence: the same inputs give the same states.
    public func replay(_ id: String, _ inputs: [IncidentInput]) throws(LifecycleRefusal) -> [Incident] {
        var states: [Incident] = []
        for input in inputs {
            if case .opened(let opening) = input.event {
                guard states.isEmpty else { throw .openedAlready }
                states.append(open(id, opening, at: input.at, holder: input.actor).incident)
            } else {
                guard let last = states.last else { throw .notOpened }
                states.append(try take(input, last)?.incident ?? last)
            }
        }
        return states
    }
}

extension Int64 {
    /// That much later, or the end of time.
    func later(by span: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(span)
        return overflow ? .max : sum
    }
}
