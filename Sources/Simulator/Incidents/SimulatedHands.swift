import Capabilities
import Contracts

/// What Remediation has on disk, and what it does at the moment.
struct SimulatedRemediation {
    /// One execution, from the first question about it on.
    struct Record {
        var id: String
        var plan: PlanSummary
        var capabilities: [SignedCapability] = []
        /// The step that is being done: it is written down before it is done, so that it can be taken back.
        var next = 0
        var isHalting = false
        /// Down from the last step that may have taken effect; nil where nothing is taken back.
        var back: Int?
        var report: ExecutionReport?
        var undoing: ExecutionReport?
    }

    var records: [Record] = []
    /// In memory: which executions are at work.
    var working: [String] = []
}

/// Remediation: a plan, step by step.
extension IncidentWorld {
    func plans(_ question: PlanQuestion, _ reply: @escaping ([PlanOffer]) -> Void) {
        if dies(.remediation) { return }
        var offers: [PlanOffer] = []
        for target in guesses {
            let offer = offer(target, question)
            let orders = offer.plan.steps.map(\.order.digest)
            if !question.earlier.contains(where: { $0.orders == orders }) { offers.append(offer) }
        }
        reply(Array(offers.prefix(2)))
    }

    private func offer(_ target: String, _ question: PlanQuestion) -> PlanOffer {
        let count = options.story == nil && seed % 3 == 0 ? 2 : 1
        var steps: [PlanStep] = []
        for index in 0..<count {
            let name = index == 0 ? target : "\(target)-more"
            let order = ActionOrder(.configuration, door: "door", target: name)
            steps.append(
                PlanStep(
                    order, state: SimulatedDoor.state(door.version + index),
                    blast: BlastRadius(roles: [name], capacity: 0.5), reversibility: .whole,
                    inverse: PlanInverse(order, "take it back")))
        }
        let plan = PlanSummary(
            incident: question.incident, generation: question.generation, category: "Config_Error", confidence: 0.9,
            steps: steps, substance: Digest(of: []), text: "mend \(target)")
        return PlanOffer(
            plan: plan, state: SimulatedDoor.state(door.version), origin: "simulated",
            expectation: Expectation(nodes: [target], since: 0, settleSeconds: 10, deadlineSeconds: 60))
    }

    func execute(_ question: ExecutionQuestion, _ reply: @escaping (ExecutionAnswer) -> Void) {
        if let number = question.step.split(separator: "/").last.flatMap({ Int($0) }), number > incident?.steps ?? 0 {
            violate("nothing is asked that is not on disk", question.step)
        }
        if dies(.remediation) { return }
        if place(question.execution) == nil {
            remediation.records.append(.init(id: question.execution, plan: question.plan))
        }
        answer(question.execution, reply)
    }

    func halt(_ question: ExecutionQuestion, _ reply: @escaping (ExecutionAnswer) -> Void) {
        if dies(.remediation) { return }
        if options.mutation == .ignoresHalts {
            return reply(.done(ExecutionReport(.refused, text: "so it is said", began: now, ended: now)))
        }
        if let place = place(question.execution) {
            remediation.records[place].isHalting = true
        } else {
            // A question that comes after its halt begins nothing.
            var record = SimulatedRemediation.Record(id: question.execution, plan: question.plan)
            record.isHalting = true
            record.report = ExecutionReport(.refused, text: "halted before it began", began: now, ended: now)
            remediation.records.append(record)
        }
        answer(question.execution, reply)
    }

    func undo(_ question: ExecutionQuestion, _ reply: @escaping (ExecutionAnswer) -> Void) {
        if dies(.remediation) { return }
        guard let place = place(question.execution), remediation.records[place].report?.outcome == .done else {
            return reply(
                .done(ExecutionReport(.refused, text: "there is nothing to take back", began: now, ended: now)))
        }
        if let report = remediation.records[place].undoing { return reply(.done(report)) }
        if options.mutation == .forgetsInverses {
            return reply(.done(ExecutionReport(.undone, text: "believed", began: now, ended: now)))
        }
        if remediation.records[place].back == nil {
            remediation.records[place].back = remediation.records[place].plan.steps.count - 1
        }
        work(question.execution)
        reply(.underway(text: "is taken back"))
    }

    private func answer(_ id: String, _ reply: (ExecutionAnswer) -> Void) {
        guard let place = place(id) else { return }
        if let report = remediation.records[place].report { return reply(.done(report)) }
        work(id)
        reply(.underway(text: "at work"))
    }

    private func place(_ id: String) -> Int? { remediation.records.firstIndex { $0.id == id } }

    private func work(_ id: String) {
        guard !remediation.working.contains(id) else { return }
        remediation.working.append(id)
        advance(id)
    }

    /// The next thing to do for an execution. Whatever is asked of others is asked again until it is answered.
    private func advance(_ id: String) {
        guard isThere(.remediation), remediation.working.contains(id), let place = place(id) else { return }
        if dies(.remediation) { return }
        let record = remediation.records[place]
        if record.report != nil, record.back == nil { return rest(id) }
        if record.isHalting, record.report == nil, record.back == nil {
            // The step in hand may have taken effect, whatever is known of it.
            remediation.records[place].back =
                record.capabilities.isEmpty ? -1 : min(record.next, record.plan.steps.count - 1)
            return advance(id)
        }
        if let back = record.back { return takeBack(id, place, back) }
        // What takes for ever, for one story.
        if options.story == .halted { return again(id) }
        if record.capabilities.isEmpty { return askPermission(id, record) }
        guard record.next < record.plan.steps.count else { return finish(id, .done, "as planned") }
        act(id, record)
    }

    private func askPermission(_ id: String, _ record: SimulatedRemediation.Record) {
        if options.mutation == .actsUnpermitted {
            remediation.records[place(id) ?? 0].capabilities = record.plan.steps.map { _ in SignedCapability(bytes: [])
            }
            return advance(id)
        }
        let question = PermitQuestion(step: id, plan: record.plan, state: SimulatedDoor.state(door.version))
        call(.remediation, .risk, { self.permit(question, $0) }) { (answer: PermitAnswer) in
            guard let place = self.place(id), self.remediation.records[place].capabilities.isEmpty,
                self.remediation.records[place].report == nil, self.remediation.records[place].back == nil
            else { return }
            if answer.capabilities.isEmpty {
                self.finish(id, .refused, answer.refusal ?? "")
            } else {
                self.remediation.records[place].capabilities = answer.capabilities
                self.advance(id)
            }
        }
        again(id)
    }

    private func act(_ id: String, _ record: SimulatedRemediation.Record) {
        let (step, plan) = (record.plan.steps[record.next], record.plan)
        let use = CapabilityUse(signed: record.capabilities[record.next], order: step.order, plan: plan.digest)
        call(.remediation, .door, { self.act(use, plan, $0) }) { (answer: SimulatedDoor.Answer) in
            guard let place = self.place(id), self.remediation.records[place].next == record.next,
                self.remediation.records[place].back == nil, self.remediation.records[place].report == nil
            else { return }
            switch answer {
            case .done:
                self.remediation.records[place].next += 1
                self.advance(id)
            case .refused(let why):
                self.tally.refused += 1
                if record.next == 0 { return self.finish(id, .refused, why) }
                self.remediation.records[place].back = record.next - 1
                self.advance(id)
            }
        }
        again(id)
    }

    private func takeBack(_ id: String, _ place: Int, _ back: Int) {
        let record = remediation.records[place]
        guard back >= 0 else { return finishBack(id, place) }
        let capability = record.capabilities[back]
        call(.remediation, .door, { self.takeBack(capability, $0) }) { (_: SimulatedDoor.Answer) in
            guard let place = self.place(id), self.remediation.records[place].back == back else { return }
            self.remediation.records[place].back = back - 1
            self.advance(id)
        }
        again(id)
    }

    private func finishBack(_ id: String, _ place: Int) {
        remediation.records[place].back = nil
        let report = ExecutionReport(.undone, text: "taken back", began: now, ended: now)
        if remediation.records[place].report?.outcome == .done {
            remediation.records[place].undoing = report
        } else if remediation.records[place].capabilities.isEmpty {
            remediation.records[place].report = ExecutionReport(.refused, text: "halted", began: now, ended: now)
        } else {
            remediation.records[place].report = report
        }
        rest(id)
    }

    private func finish(_ id: String, _ outcome: ExecutionReport.Outcome, _ text: String) {
        guard let place = place(id) else { return }
        remediation.records[place].report = ExecutionReport(outcome, text: text, began: now, ended: now)
        note("\(id): \(outcome.rawValue) \(text)")
        rest(id)
    }

    /// Back again, it goes on with what it had in hand.
    func resumeWork() {
        for record in remediation.records where record.report == nil || record.back != nil { work(record.id) }
    }

    private func rest(_ id: String) { remediation.working.removeAll { $0 == id } }

    private func again(_ id: String) {
        let life = life(.remediation)
        after(options.story == .halted ? seconds(20, 30) : seconds(0.5, 3)) {
            guard self.life(.remediation) == life else { return }
            self.advance(id)
        }
    }
}
