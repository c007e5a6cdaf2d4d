import Capabilities
import Contracts
import Incidents

/// What carries steps out: its state, and what it has on disk of the capabilities that came.
struct SimulatedDoor {
    enum Answer {
        case done
        case refused(String)
    }

    struct Use {
        var stored: StoredUse
        var target: String
        var isUndone: Bool
    }

    var version = 0
    var uses: [Use] = []
    var inForce: [String] = []
    var effects = 0
    var undone = 0

    static func state(_ version: Int) -> Digest { Digest("state", of: Array("\(version)".utf8)) }
}

/// The door, and what must hold at it.
extension IncidentWorld {
    func act(_ use: CapabilityUse, _ plan: PlanSummary, _ reply: @escaping (SimulatedDoor.Answer) -> Void) {
        if dies(.door) { return }
        if options.mutation == .actsUnpermitted { return permitted(use, plan, nil, reply) }
        let earlier = CapabilityCheck.identifier(of: use.signed).flatMap { id in
            options.mutation == .forgetsUses ? nil : door.uses.first { $0.stored.id == id }?.stored
        }
        let known = DoorKnowledge(
            door: "door", now: now + Int64(seed % 3) * .seconds(1) - .seconds(1),
            state: SimulatedDoor.state(door.version),
            standing: nil, issuers: [IssuerKey(issuer: "risk", publicKey: Self.riskKey)], earlier: earlier)
        switch CapabilityCheck.decide(use, known, verify: { message, signature, _ in Self.sign(message) == signature })
        {
        case .accept(_, let stored): permitted(use, plan, stored, reply)
        case .again(let result):
            tally.repeated += 1
            reply(result.isEmpty ? .refused("it was called off") : .done)
        case .underway: reply(.refused("is being done"))
        case .refuse(let refusal): reply(.refused("\(refusal)"))
        }
    }

    /// The effect and the note of it are one transaction.
    private func permitted(
        _ use: CapabilityUse, _ plan: PlanSummary, _ stored: StoredUse?,
        _ reply: @escaping (SimulatedDoor.Answer) -> Void
    ) {
        if dies(.door) { return }
        expectPermitted(use, plan)
        if var stored {
            stored.result = [1]
            door.uses.append(.init(stored: stored, target: use.order.target, isUndone: false))
        }
        door.effects += 1
        tally.effects += 1
        door.version += 1
        door.inForce.append(use.order.target)
        note("\(use.order.target) takes effect, for \(plan.incident) \(plan.digest.brief)")
        if isMended { after(seconds(0.1, 20)) { if self.isMended { self.set(firing: false) } } }
        if dies(.door) { return }
        reply(.done)
    }

    /// The permission to do a step is the permission to take it back, once, at any time; and what was not done by then is
    /// not done any more.
    func takeBack(_ capability: SignedCapability, _ reply: @escaping (SimulatedDoor.Answer) -> Void) {
        if dies(.door) { return }
        guard let id = CapabilityCheck.identifier(of: capability) else { return reply(.refused("no capability")) }
        guard let place = door.uses.firstIndex(where: { $0.stored.id == id }) else {
            let never = StoredUse(
                id: id, capability: Digest(of: capability.bytes), order: Digest(of: []), plan: Digest(of: []),
                result: [])
            door.uses.append(.init(stored: never, target: "", isUndone: true))
            return reply(.done)
        }
        guard !door.uses[place].isUndone else { return reply(.done) }
        door.uses[place].isUndone = true
        door.undone += 1
        tally.undone += 1
        door.version += 1
        if let last = door.inForce.lastIndex(of: door.uses[place].target) { door.inForce.remove(at: last) }
        note("\(door.uses[place].target) is taken back")
        if !isMended, options.story == nil || remedy == door.uses[place].target { set(firing: true) }
        if dies(.door) { return }
        reply(.done)
    }

    /// Somebody else changes something.
    func drifts() {
        guard isFaulty else { return }
        if pick(6) == 0 {
            door.version += 1
            note("somebody else changed the state")
        }
        after(seconds(5, 120)) { self.drifts() }
    }

    // MARK: what must always hold

    private func expectPermitted(_ use: CapabilityUse, _ plan: PlanSummary) {
        guard let incident else { return }
        let name = "\(plan.incident) \(plan.digest) \(use.order.target)"
        if door.inForce.contains(use.order.target) { violate("no step takes effect twice", name) }
        if incident.stage != .executing || incident.plan?.plan.digest != plan.digest {
            violate("nothing is done but what the incident has decided", "\(incident.stage.rawValue): \(plan.text)")
        }
        if incident.stage.isOver {
            violate("nothing is done for an incident that is over", "\(incident.stage.rawValue): \(use.order.target)")
        }
        if incident.generation != plan.generation {
            violate("nothing is done for an old generation", "\(plan.generation) in \(incident.generation)")
        }
        guard let kept = risk.kept.last(where: { $0.verdict.plan == plan.digest }) else {
            return violate("nothing is done that nobody judged", plan.text)
        }
        let isAgreed = risk.answers.contains { $0.answer == .approve && $0.plan == plan.digest }
        switch kept.verdict.outcome {
        case .auto: break
        case .approve: if !isAgreed { violate("nothing is done that nobody agreed to", plan.text) }
        case .deny: violate("nothing is done that is forbidden", plan.text)
        }
        if risk.answers.contains(where: {
            $0.answer == .reject && $0.plan == plan.digest && $0.given < now - .seconds(200)
        }) {
            violate("nothing is done that somebody rejected", plan.text)
        }
    }

    /// When all is over: the journal holds, it tells what happened, and nothing is half done.
    func lookBack() {
        guard let incident else { return }
        tally.resolved += incident.stage == .resolved ? 1 : 0
        tally.suppressed += incident.stage == .suppressed ? 1 : 0
        tally.failed += incident.stage == .failed ? 1 : 0
        tally.escalated += journal.isEmpty ? 0 : incident.note.contains("kim") ? 1 : 0
        var check = JournalCheck(isWhole: true)
        for entry in journal {
            if let fault = check.take(entry) { return violate("the journal holds", fault.description) }
        }
        do {
            let replayed = try lifecycle.replayed(journal)
            if let fault = replayed.fault { return violate("the journal tells what happened", fault.description) }
            if replayed.incident != incident { violate("the journal tells what happened", "another end") }
        } catch { violate("the journal can be read", "\(error)") }
        expectWhole(incident)
    }

    /// A plan is in force as a whole or not at all, unless a person was told.
    private func expectWhole(_ incident: Incident) {
        for record in remediation.records
        where record.report?.outcome == .done && record.undoing == nil && record.back == nil {
            for step in record.plan.steps where !door.inForce.contains(step.order.target) {
                violate("what is done stays done", "\(record.id): \(step.order.target)")
            }
        }
        for record in remediation.records where record.report?.outcome == .undone || record.undoing != nil {
            for step in record.plan.steps where door.inForce.contains(step.order.target) {
                let isOthers = remediation.records.contains { other in
                    other.id != record.id && other.report?.outcome == .done && other.undoing == nil
                        && other.plan.steps.contains { $0.order.target == step.order.target }
                }
                if !isOthers { violate("what is taken back is gone", "\(record.id): \(step.order.target)") }
            }
        }
        for earlier in incident.earlier where earlier.fate == .notHelped || earlier.fate == .undone {
            for record in remediation.records where record.plan.digest == earlier.plan && !isSettledOtherwise(record) {
                for step in record.plan.steps where door.inForce.contains(step.order.target) {
                    violate("what did not help is taken back", "\(record.id): \(step.order.target)")
                }
            }
        }
    }

    /// Something of it was done again later, and stays; or a person was told that not all could be taken back.
    private func isSettledOtherwise(_ record: SimulatedRemediation.Record) -> Bool {
        record.report?.outcome == .stuck
            || remediation.records.contains { other in
                other.id != record.id && other.report?.outcome == .done && other.undoing == nil
                    && other.plan.steps.contains { step in
                        record.plan.steps.contains { $0.order.target == step.order.target }
                    }
            }
    }
}
