import Contracts

/// An incident on its way from one state to the next.
struct Change {
    var incident: Incident
    let now: Int64
    let lifecycle: Lifecycle
    private var effects: [IncidentEffect] = []
    private var notices = 0

    init(_ incident: Incident, at now: Int64, _ lifecycle: Lifecycle) {
        self.incident = incident
        self.now = now
        self.lifecycle = lifecycle
    }

    var terms: LifecycleTerms { lifecycle.terms }
    var transition: Transition { Transition(incident: incident, effects: effects) }

    // MARK: what every transition is made of

    /// Goes to a stage, with nothing in hand.
    mutating func go(_ stage: IncidentStage, _ note: String) {
        if incident.stage != stage { incident.stageSince = now }
        incident.stage = stage
        incident.step = nil
        incident.note = note
    }

    /// Takes the next step in hand.
    mutating func begin(_ errand: IncidentStep.Errand, within: Int64? = nil) {
        incident.steps += 1
        let step = IncidentStep(
            incident: incident.id, number: incident.steps, errand: errand, began: now,
            deadline: now.later(by: within ?? terms.within(errand)), holder: incident.holder,
            leaseUntil: now.later(by: terms.lease))
        incident.step = step
        effects.append(.ask(step))
    }

    mutating func tell(_ kind: IncidentNotice.Kind, _ text: String) {
        notices += 1
        let needsAnswer = kind == .approvalNeeded
        effects.append(
            .tell(
                IncidentNotice(
                    // One event makes few notices, and the steps rise: no two get the same.
                    id: "\(incident.id)/n\(incident.steps).\(now).\(notices)", incident: incident.id,
                    generation: incident.generation, kind: kind, priority: incident.alerts.priority,
                    title: incident.opening.title, text: text,
                    plan: needsAnswer ? incident.plan?.plan.digest : nil,
                    state: needsAnswer ? incident.plan?.state : nil, at: now)))
    }

    func isInHand(_ step: String, _ errand: IncidentStep.Errand) -> Bool {
        incident.step.map { $0.id == step && $0.errand == errand } ?? false
    }

    mutating func claim(_ holder: String) -> Bool {
        guard !incident.stage.isEnd, incident.holder != holder || (incident.step?.leaseUntil ?? .max) <= now else {
            return false
        }
        incident.holder = holder
        guard var step = incident.step else { return true }
        step.holder = holder
        step.leaseUntil = now.later(by: terms.lease)
        incident.step = step
        effects.append(.ask(step))
        return true
    }

    // MARK: alerts and time

    mutating func take(_ standing: AlertsStanding) -> Bool {
        guard !incident.stage.isEnd, standing != incident.alerts else { return false }
        let isMoreUrgent = standing.priority < incident.alerts.priority
        incident.alerts = standing
        incident.quietSince = standing.isQuiet ? incident.quietSince ?? now : nil
        if isMoreUrgent {
            tell(.priorityRaised, standing.reasons.map(\.text).joined(separator: "; "))
        }
        return true
    }

    mutating func pass() -> Bool {
        guard let due = lifecycle.due(incident), due <= now else { return false }
        switch incident.stage {
        case .resolved, .suppressed, .failed: return false
        case .open: investigate("looks for the cause")
        case .rejected, .rolledBack: lookAnew()
        case .escalated: leaveEscalated()
        case .executing, .verifying, .undoing: missed()
        case .investigating, .diagnosed, .planned, .awaitingApproval:
            if let quiet = incident.quietSince, quiet.later(by: terms.calm) <= now { calm() } else { missed() }
        }
        return true
    }

    private mutating func leaveEscalated() {
        if let quiet = incident.quietSince, incident.owner == nil, quiet.later(by: terms.calm) <= now {
            end(.resolved, "nothing fires any more; nobody had taken it")
        } else {
            end(.failed, "nobody has taken it for \(terms.abandoned / .seconds(86_400)) days")
        }
    }

    /// Nothing fires any more, and nothing was in hand that could take effect.
    private mutating func calm() {
        // What the cluster did by itself is on record, and no noise.
        let isNoise =
            incident.opening.source != .supervisor && incident.alerts.severity != .critical
            && incident.diagnosis?.isQuiet ?? true
        end(isNoise ? .suppressed : .resolved, "nothing fires any more, and nothing was done about it")
    }

    /// The deadline of the step in hand: with what there is.
    private mutating func missed() {
        guard let step = incident.step else { return }
        switch step.errand {
        case .evidence: investigatedInVain("Telemetry gave no evidence in time")
        case .pause: resume()
        case .plan: escalate("no plan came in time")
        case .verdict: escalate("Risk gave no verdict in time, and nothing is done without one")
        case .approval: unanswered()
        case .execution: halt("it takes longer than it may")
        case .halt: escalate("what was begun did not end in time: what took effect has to be looked at")
        case .verification: escalate("whether it has helped could not be told; what was done stays")
        case .undo: escalate("what was done could not be taken back in time")
        }
    }

    // MARK: ends

    mutating func end(_ stage: IncidentStage, _ note: String) {
        go(stage, note)
        incident.ended = now
        incident.wish = nil
        switch stage {
        case .resolved: tell(.resolved, note)
        case .suppressed: tell(.suppressed, note)
        default: tell(.failed, note)
        }
        if let past = PastSignature(incident) { remember(past) }
    }

    mutating func remember(_ past: PastSignature) { effects.append(.remember(past)) }

    mutating func escalate(_ note: String) {
        incident.wish = nil
        go(.escalated, note)
        tell(.escalated, note)
    }

    mutating func learn(_ wasRight: Bool, _ truth: CalibrationLesson.Truth) {
        guard let best = incident.diagnosis?.hypotheses.first else { return }
        effects.append(
            .learn(
                CalibrationLesson(
                    incident: incident.id, generation: incident.generation,
                    record: CalibrationRecord(
                        category: best.category, confidence: best.confidence, wasRight: wasRight),
                    truth: truth)))
    }
}

extension PastSignature {
    /// What is worth remembering; nil where no cause was found.
    init?(_ incident: Incident) {
        guard let diagnosis = incident.diagnosis, let best = diagnosis.hypotheses.first else { return nil }
        let hasHelped = incident.verification.map { $0.verdict == .holds }
        let scored = incident.score.flatMap { $0 == 3 ? nil : $0 > 3 }
        self.init(
            signature: diagnosis.signature,
            outcome: PastOutcome(
                incident: incident.id, similarity: 1, node: best.node, category: best.category,
                wasRight: scored ?? hasHelped,
                actions: incident.actions > 0 ? incident.plan?.plan.steps.map(\.order) ?? [] : [],
                helped: incident.actions > 0 ? hasHelped : nil, at: incident.ended ?? incident.opened))
    }
}
