import Contracts

/// One role being replaced, one worker at a time.
///
/// Start-first: a spare in the next free slot proves that a new worker becomes ready at all, and stands in while each
/// slot is stopped and filled anew; so the role never has fewer ready workers than it wants, with one replica too,
/// and slots keep their numbers (what is sharded by slot stays where it is). It costs one start more than there are
/// workers. If the spare does not become ready, nothing else was touched. If a later one does not, the rest is left
/// as it is, and the spare stays until that slot is ready again.
///
/// Stop-first, for a role that may exist only once: the same without a spare.
struct Roll: Sendable {
    enum Step: Sendable {
        case proving(spare: SlotName)
        case replacing(Errand.Target)
        case next
    }
    /// nil where it is a deploy that waits for its end.
    let ticket: Int?
    var spare: SlotName?
    var step: Step
    var remaining: [SlotName]
    var done: Int = 0
}

extension Tree {
    /// Begins a roll, or says why not.
    mutating func beginRoll(_ role: String, _ number: Int?, _ ticket: Int?, next: Version? = nil) -> String? {
        if let reason = refusal(role, number) { return reason }
        let place = place(role)
        if roles[place].roll != nil { return "\(role) is being rolled already" }
        if roles[place].isGivenUp { return "\(role) has been given up; restart it without rolling" }
        roles[place].next = next
        roles[place].rollResult = nil
        let limits = next?.plan.limits ?? roles[place].plan.limits
        let names = targets(role, number).filter { !slots[$0].isDismissed }.map { slots[$0].name }
        var roll = Roll(ticket: ticket, step: .next, remaining: names)
        if (next?.plan ?? roles[place].plan).replacement == .startFirst, !names.isEmpty {
            let highest = indices(of: role).map { slots[$0].name.number }.max() ?? 0
            guard let spare = SlotName(role: role, host: host, number: highest + 1) else {
                return "\(role) has no number left for a spare worker"
            }
            let index = add(spare, limits: limits, memo: SlotMemo())
            slots[index].isSpare = true
            slots[index].isNext = next != nil
            roll.spare = spare
            roll.step = .proving(spare: spare)
        }
        roles[place].roll = roll
        return nil
    }

    mutating func advanceRolls(_ now: Moment, _ effects: inout [Effect]) {
        for place in roles.indices {
            guard var roll = roles[place].roll else { continue }
            let end = advance(&roll, now, &effects)
            roles[place].roll = roll
            if let end { finish(place, roll, end, &effects) }
        }
    }

    /// One step further if the last one is done; the answer when the roll has ended.
    private mutating func advance(_ roll: inout Roll, _ now: Moment, _ effects: inout [Effect]) -> ControlAnswer? {
        switch roll.step {
        case .proving(let name):
            guard let slot = slot(name) else { return .refused(reason: "the spare \(name) is gone") }
            if slot.machine.faults > 0 || slot.machine.hasFailed {
                let reason = slot.machine.lastReason ?? "for no known reason"
                return .refused(reason: "a new worker does not become ready (\(reason)); the old ones were kept")
            }
            guard slot.machine.isReady else { return nil }
        case .replacing(let target):
            if let slot = slot(target.name) {
                if slot.machine.faults > target.deaths, slot.spawn > target.spawn || !slot.machine.isReady {
                    let reason = slot.machine.lastReason ?? "for no known reason"
                    return .refused(
                        reason: "\(target.name) does not become ready (\(reason)); \(roll.remaining.count) were kept")
                }
                guard slot.spawn > target.spawn, slot.machine.isReady else { return nil }
            }
            roll.done += 1
        case .next: break
        }
        return replaceNext(&roll, now, &effects)
    }

    private mutating func replaceNext(
        _ roll: inout Roll, _ now: Moment, _ effects: inout [Effect]
    ) -> ControlAnswer? {
        guard !roll.remaining.isEmpty else {
            return .done(note: "rolled \(roll.done) \(roll.done == 1 ? "worker" : "workers"), one at a time")
        }
        let name = roll.remaining.removeFirst()
        roll.step = .next
        // Scaled away or given up meanwhile: there is nothing of it left to replace.
        guard let index = slots.firstIndex(where: { $0.name == name }) else { return replaceNext(&roll, now, &effects) }
        roll.step = .replacing(
            Errand.Target(name: name, spawn: slots[index].spawn, deaths: slots[index].machine.faults))
        if let next = roles[place(name.role)].next {
            slots[index].isNext = true
            slots[index].machine.limits = next.plan.limits
        }
        drive(index, .restartWanted, now, &effects)
        return nil
    }

    private mutating func finish(_ place: Int, _ roll: Roll, _ end: ControlAnswer, _ effects: inout [Effect]) {
        roles[place].roll = nil
        roles[place].rollResult = end
        if case .done = end, let next = roles[place].next { roles[place].adopt(next) }
        roles[place].next = nil
        for index in indices(of: roles[place].plan.name) {
            slots[index].isNext = false
            slots[index].machine.limits = roles[place].plan.limits
        }
        if let index = slots.firstIndex(where: { $0.name == roll.spare }) { slots[index].isDismissed = true }
        if case .refused(let reason) = end {
            effects.append(.noteRole(roles[place].plan.name, .rollAborted(reason: reason)))
        } else {
            effects.append(.noteRole(roles[place].plan.name, .rolled))
        }
        if let ticket = roll.ticket { effects.append(.answer(ticket: ticket, end)) }
    }
}
