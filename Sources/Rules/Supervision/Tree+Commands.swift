import Contracts

/// A command under way: what must come true before it is answered.
struct Errand: Sendable {
    /// A slot that shall be filled by a later process than the one in it when the command came.
    struct Target: Sendable {
        let name: SlotName
        let spawn: UInt64
        /// When the command came: all deaths for a restart, those of its own fault for a roll, which a kill from outside must not
        /// abort.
        let deaths: Int
    }
    enum Goal: Sendable {
        case restarted([Target])
        case scaled(role: String, count: Int)
    }
    let ticket: Int
    let goal: Goal
}

extension Tree {
    mutating func command(_ request: ControlRequest, _ ticket: Int, _ now: Moment, _ effects: inout [Effect]) {
        let refusal: String?
        switch request {
        case .status:
            effects.append(.answer(ticket: ticket, .refused(reason: "the status is not the tree's to give")))
            return
        case .shutdown:
            shutDown(ticket, now, &effects)
            return
        case .restart(let role, let number, let rolling):
            refusal =
                rolling
                ? beginRoll(role, number, ticket)
                : restart(role, number, ticket, now, &effects)
        case .scale(let role, let count): refusal = scale(role, count, ticket, &effects)
        case .deploy: refusal = "a deploy is begun by its own event, with its plan"
        case .kill(let role, let number, let signal): refusal = kill(role, number, signal, ticket, &effects)
        }
        if let refusal { effects.append(.answer(ticket: ticket, .refused(reason: refusal))) }
    }

    private mutating func shutDown(_ ticket: Int, _ now: Moment, _ effects: inout [Effect]) {
        if phase == .stopped {
            effects.append(.answer(ticket: ticket, .done(note: "the cluster has stopped")))
            return
        }
        // Before `begin` there may be workers that are not adopted yet; the guardian gives the table first.
        shutdownTickets.append(ticket)
        phase = .stopping
        for errand in errands {
            effects.append(.answer(ticket: errand.ticket, .refused(reason: Self.stoppingReason)))
        }
        errands = []
        for role in roles.indices {
            guard let roll = roles[role].roll else { continue }
            if let ticket = roll.ticket {
                effects.append(.answer(ticket: ticket, .refused(reason: Self.stoppingReason)))
            }
            roles[role].roll = nil
        }
        if let ticket = deploy?.ticket {
            effects.append(.answer(ticket: ticket, .refused(reason: Self.stoppingReason)))
        }
        deploy = nil
    }

    static let stoppingReason = "the cluster is being stopped"

    /// Why a command for this role, or for this slot of it, cannot be taken; nil when it can.
    func refusal(_ role: String, _ number: Int?) -> String? {
        guard phase == .running else {
            return isStopping ? Self.stoppingReason : "the supervisor is still reading what runs; ask again"
        }
        guard roles.contains(where: { $0.plan.name == role }) else {
            return "there is no role \"\(role)\"; the roles are \(roles.map(\.plan.name).joined(separator: ", "))"
        }
        if let number, targets(role, number).isEmpty {
            let numbers = targets(role, nil).map { "\(slots[$0].name.number)" }.joined(separator: ", ")
            return "\(role) has no slot \(number); its slots are \(numbers)"
        }
        return nil
    }

    func targets(_ role: String, _ number: Int?) -> [Int] {
        indices(of: role).filter { number == nil || slots[$0].name.number == number }
    }

    private mutating func restart(
        _ role: String, _ number: Int?, _ ticket: Int, _ now: Moment, _ effects: inout [Effect]
    ) -> String? {
        if let reason = refusal(role, number) { return reason }
        if roles[place(role)].roll != nil { return "\(role) is being rolled; wait until that has finished" }
        let chosen = targets(role, number).filter { !slots[$0].isDismissed }
        let goals = chosen.map { index in
            Errand.Target(name: slots[index].name, spawn: slots[index].spawn, deaths: slots[index].machine.deaths)
        }
        for index in chosen { drive(index, .restartWanted, now, &effects) }
        errands.append(Errand(ticket: ticket, goal: .restarted(goals)))
        return nil
    }

    private mutating func scale(
        _ role: String, _ count: Int, _ ticket: Int, _ effects: inout [Effect]
    ) -> String? {
        if let reason = refusal(role, nil) { return reason }
        let place = place(role)
        guard (0...1000).contains(count) else { return "a role can have 0 to 1000 workers, not \(count)" }
        if roles[place].plan.replacement == .stopFirst, count > 1 {
            return "of \(role) there can be only one at a time"
        }
        if roles[place].roll != nil { return "\(role) is being rolled; wait until that has finished" }
        roles[place].wanted = count
        fill(place)
        for index in indices(of: role) where slots[index].name.number > count { slots[index].isDismissed = true }
        effects.append(.remember(memo))
        errands.append(Errand(ticket: ticket, goal: .scaled(role: role, count: count)))
        return nil
    }

    private mutating func kill(
        _ role: String, _ number: Int?, _ signal: Int32, _ ticket: Int, _ effects: inout [Effect]
    ) -> String? {
        if let reason = refusal(role, number) { return reason }
        guard (1...64).contains(signal) else { return "there is no signal \(signal)" }
        let living = targets(role, number).filter { slots[$0].machine.pid != nil }
        for index in living {
            effects.append(.signal(slots[index].name, spawn: slots[index].spawn, signal, group: false))
        }
        let workers = living.count == 1 ? "1 worker" : "\(living.count) workers"
        let note = "sent signal \(ProcessExit.describe(signal)) to \(workers) of \(role)"
        effects.append(.answer(ticket: ticket, .done(note: note)))
        return nil
    }

    var memo: TreeMemo {
        var memo = TreeMemo(wanted: roles.map { TreeMemo.Wanted(role: $0.plan.name, count: $0.wanted) })
        memo.release = release.configuration.isEmpty ? nil : release
        memo.deploy = deploy.map {
            DeployMemo(
                order: $0.order, previous: $0.previousRelease, remaining: $0.remaining, done: $0.done,
                resumed: $0.resumed,
                cause: $0.cause)
        }
        return memo
    }

    /// Answers the commands that have come to their end.
    mutating func finishErrands(_ effects: inout [Effect]) {
        var waiting: [Errand] = []
        for errand in errands {
            if let answer = outcome(of: errand.goal) {
                effects.append(.answer(ticket: errand.ticket, answer))
            } else {
                waiting.append(errand)
            }
        }
        errands = waiting
    }

    private func outcome(of goal: Errand.Goal) -> ControlAnswer? {
        switch goal {
        case .restarted(let targets):
            for target in targets {
                guard let slot = slot(target.name), !slot.isDismissed else { continue }
                if slot.machine.deaths > target.deaths {
                    return .refused(reason: "\(slot.name) died: \(slot.machine.lastReason ?? "for no known reason")")
                }
                guard slot.spawn > target.spawn, slot.machine.isReady else { return nil }
            }
            let names = targets.map(\.name.description).joined(separator: ", ")
            return .done(note: names.isEmpty ? "there was nothing to restart" : "restarted \(names)")
        case .scaled(let role, let count):
            let all = indices(of: role)
            if let failed = all.first(where: { slots[$0].machine.hasFailed }) {
                let reason = slots[failed].machine.lastReason ?? "for no known reason"
                return .refused(reason: "\(slots[failed].name) has failed: \(reason); it is tried again slowly")
            }
            guard all.allSatisfy({ slots[$0].machine.isReady && !slots[$0].isDismissed }) else { return nil }
            return .done(note: "\(role) has \(count) ready \(count == 1 ? "worker" : "workers")")
        }
    }
}
