import Contracts
import Incidents

/// Triage: what the process does around the machine, and the people who use it.
extension IncidentWorld {
    func openIncident() {
        let opening = IncidentOpening(
            fingerprint: "failing/orders", title: "orders fails", began: now - .seconds(3), source: .telemetry,
            alerts: standing, reasons: [DecisionReason("impact", "users are hurt")])
        let input = IncidentInput(at: now, actor: "triage#1", .opened(opening))
        adopt(lifecycle.open("I-1", opening, at: now, holder: "triage#1"), input)
    }

    private var standing: AlertsStanding {
        AlertsStanding(
            firing: isFiring ? 1 : 0, total: 1, nodes: ["orders"], findings: isFiring ? ["failing/orders"] : [],
            severity: .critical, priority: 2)
    }

    /// One commit, and what follows from it.
    private func adopt(_ transition: Transition, _ input: IncidentInput) {
        if options.mutation == .actsBeforeCommit {
            let known = incident
            incident = transition.incident
            follow(transition)
            incident = known
        }
        if dies(.triage) { return }
        guard
            let entry = try? end.append(
                input, transition.incident, number: journal.count + 1, before: journal.last?.digest)
        else { return violate("everything can be written down", "\(input)") }
        journal.append(entry)
        incident = transition.incident
        tally.transitions += 1
        note(
            "\(transition.incident.stage.rawValue) \(transition.incident.step?.errand.rawValue ?? ""): \(transition.incident.note)"
        )
        if dies(.triage) { return }
        follow(transition)
    }

    private func follow(_ transition: Transition) {
        for effect in transition.effects {
            if case .ask(let step) = effect { begin(step) }
            if case .tell(let notice) = effect, notice.kind == .approvalNeeded { people(notice) }
            if case .tell(let notice) = effect, notice.kind == .rejected { tally.rejected += 1 }
        }
        wake(transition.incident)
    }

    private func wake(_ incident: Incident) {
        guard let due = lifecycle.due(incident) else { return }
        let life = life(.triage)
        after(max(due - now, 1)) {
            guard self.life(.triage) == life, self.isThere(.triage) else { return }
            self.take(.tick)
        }
    }

    /// Another process of triage, or the same again, goes on with what is on disk.
    func takeOver() {
        guard isThere(.triage), let incident else { return }
        asking = nil
        take(.claimed(holder: "triage#\(life(.triage)).\(tally.steps)"))
        if self.incident?.step == nil { wake(self.incident ?? incident) }
        if let alerts = self.incident?.alerts, (alerts.firing > 0) != isFiring { tellAlerts() }
    }

    func take(_ event: IncidentEvent) {
        guard isThere(.triage), let incident else { return }
        let input = IncidentInput(at: now, actor: "simulator", event)
        do {
            guard var transition = try lifecycle.take(input, incident) else { return }
            if options.mutation == .endsWhileActing, transition.incident.wish != nil {
                transition.incident.stage = .resolved
                transition.incident.step = nil
                transition.effects = []
            }
            adopt(transition, input)
        } catch { note("refused: \(error)") }
    }

    // MARK: asking

    private func begin(_ step: IncidentStep) {
        meet(step.errand, .begun)
        guard isThere(.triage) else { return }
        asking = step.id
        ask(step, pause: 1)
    }

    private func ask(_ step: IncidentStep, pause: Double) {
        guard isThere(.triage), asking == step.id, let incident, incident.step?.id == step.id else { return }
        guard let question = lifecycle.question(incident) else { return }
        let life = life(.triage)
        put(question, step)
        meet(step.errand, .asked)
        after(seconds(pause / 2, pause * 2)) {
            guard self.life(.triage) == life else { return }
            self.ask(step, pause: min(pause * 1.5, 6))
        }
    }

    private func put(_ question: IncidentQuestion, _ step: IncidentStep) {
        let hear: (IncidentEvent?) -> Void = { event in
            self.meet(step.errand, .answered)
            guard let event else { return }
            self.take(event)
        }
        switch question {
        case .evidence:
            call(.triage, .telemetry, { self.evidence($0) }, answered: { hear(.evidence(step: step.id, $0)) })
        case .plan(let question):
            call(
                .triage, .remediation, { self.plans(question, $0) },
                answered: { hear(.offers(step: step.id, $0, text: "none left")) })
        case .verdict(let question):
            call(.triage, .risk, { self.judge(question, $0) }, answered: { hear(.verdict(step: step.id, $0)) })
        case .approval(let question):
            call(.triage, .risk, { self.approval(question, $0) }, answered: { hear(.approval(step: step.id, $0)) })
        case .execution(var question):
            if options.mutation == .asksUnderNewNames {
                repetitions += 1
                question.execution += "+\(repetitions)"
            }
            call(.triage, .remediation, { self.execute(question, $0) }, answered: { hear(self.progress($0, step)) })
        case .halt(let question):
            call(.triage, .remediation, { self.halt(question, $0) }, answered: { hear(self.progress($0, step)) })
        case .undo(let question):
            call(.triage, .remediation, { self.undo(question, $0) }, answered: { hear(self.progress($0, step)) })
        case .verification(let expectation):
            call(
                .triage, .telemetry, { self.verify(expectation, $0) }, answered: { hear(.verified(step: step.id, $0)) })
        }
    }

    private func progress(_ answer: ExecutionAnswer, _ step: IncidentStep) -> IncidentEvent? {
        guard case .done(let report) = answer else { return nil }
        return .executed(step: step.id, report)
    }

    // MARK: alerts and people

    /// What fires has changed: triage hears of it sooner or later.
    func tellAlerts() {
        after(seconds(0.1, 5)) {
            guard self.isThere(.triage) else { return self.tellAlerts() }
            self.take(.alerts(self.standing))
            if let incident = self.incident { self.wake(incident) }
        }
    }

    /// It hurts, or hurts no longer.
    func set(firing: Bool) {
        guard firing != isFiring else { return }
        isFiring = firing
        quietSince = firing ? nil : now
        note(firing ? "it hurts again" : "it hurts no longer")
        tellAlerts()
    }

    /// It goes away by itself for a while.
    func flickers() {
        guard isFaulty, isFiring else { return }
        set(firing: false)
        after(seconds(5, 60)) {
            guard !self.isMended else { return }
            self.set(firing: true)
        }
    }

    var isMended: Bool { remedy.map { door.inForce.contains($0) } ?? false }

    func somebodyWants() {
        guard let incident, !incident.stage.isEnd else { return }
        let kinds: [IncidentCommand.Kind] = [
            .acknowledge, .comment("hm"), .escalate, .take, .suppress, .resolve, .fail, .retry, .score(4), .score(1),
        ]
        take(.command(IncidentCommand(kinds[pick(kinds.count)], person: "kim", text: "so")))
    }

    /// A person reads what has to be agreed to, and answers, or does not.
    private func people(_ notice: IncidentNotice) {
        guard let plan = notice.plan, let state = notice.state else { return }
        if options.story == nil, pick(6) == 0 { return }
        after(seconds(1, options.story == nil ? 400 : 5)) {
            let isAgreed = self.options.story != nil || self.pick(4) > 0
            self.answer(plan: plan, state: state, generation: notice.generation, agrees: isAgreed)
        }
    }

    /// Whoever is given the incident mends it in the end.
    func expectEnd() {
        guard let incident else { return }
        switch incident.stage {
        case .escalated: take(.command(IncidentCommand(.resolve, person: "kim")))
        case .resolved, .suppressed, .failed: break
        default:
            violate(
                "every incident ends",
                "\(incident.stage.rawValue), \(incident.note), with \(incident.step?.id ?? "no step")")
        }
        // What is still under way comes to nothing.
        after(.seconds(1_200)) { self.queue = EventQueue() }
    }
}
