import Contracts

extension Tree {
    /// Begins a deploy, or says why not. `touched` are the paths below the folder of the configuration that differ.
    mutating func beginDeploy(
        _ order: DeployOrder, _ plan: ClusterPlan, _ ticket: Int?, _ effects: inout [Effect]
    ) -> String? {
        guard phase == .running else {
            return isStopping ? Self.stoppingReason : "the supervisor is still reading what runs; ask again"
        }
        if let deploy { return "\(deploy.order.release.brief) is being deployed; wait until that has ended" }
        if let reason = cannotBecome(plan) { return reason }
        let steps = steps(
            to: plan,
            rolling: Reach.roles(
                touched: order.touched, executables: order.executables ?? [], old: self.plan, new: plan))
        deploy = Deploy(
            order: order, plan: plan, previous: self.plan, previousRelease: release,
            ticket: ticket, remaining: steps)
        effects.append(.baseline(commit: order.release.commit))
        effects.append(.remember(memo))
        return nil
    }

    /// Goes on with what an earlier supervisor had begun; `plan` is that of its release.
    public mutating func resume(_ memo: DeployMemo, _ plan: ClusterPlan) {
        var found = Deploy(
            order: memo.order, plan: plan, previous: self.plan, previousRelease: memo.previous, ticket: nil,
            remaining: memo.remaining, done: memo.done)
        found.resumed = memo.resumed + 1
        found.cause = memo.cause
        deploy = found
        for step in memo.done { take(over: step) }
        if found.cause.isEmpty, found.resumed > Deploy.mostResumed {
            deploy?.cause = "the supervisor died \(found.resumed) times meanwhile"
        }
        if let cause = deploy?.cause, !cause.isEmpty { turnBack(cause) }
    }

    /// What is the same for all roles and is bound once cannot change while they run.
    private func cannotBecome(_ plan: ClusterPlan) -> String? {
        if let fault = fault(of: plan) { return fault }
        guard plan.host == self.plan.host else { return "the host's name cannot change while the cluster runs" }
        for listener in plan.listeners {
            if let before = self.plan.listeners.first(where: { $0.name == listener.name }), before != listener {
                return "listener \"\(listener.name)\": its address is bound; it can change with kintsugi down and up"
            }
        }
        return nil
    }

    private func fault(of plan: ClusterPlan) -> String? {
        do throws(PlanFault) { try plan.validate() } catch { return error.description }
        return nil
    }

    private func steps(to plan: ClusterPlan, rolling: [String]) -> [DeployStep] {
        var steps: [DeployStep] = []
        for role in (try? plan.startOrder()) ?? plan.roles {
            guard let before = self.plan.role(named: role.name) else {
                steps.append(.start(role.name))
                continue
            }
            if rolling.contains(role.name) { steps.append(.roll(role.name)) }
            let wanted = roles[place(role.name)].wanted
            if before.replicas != role.replicas, wanted != role.replicas {
                steps.append(.resize(role.name, from: wanted, to: role.replicas))
            }
        }
        for role in roles.reversed() where plan.role(named: role.plan.name) == nil {
            steps.append(.retire(role.plan.name))
        }
        return steps
    }

    // MARK: - Onwards

    /// One step further, if the last one is done.
    mutating func advanceDeploy(_ now: Moment, _ effects: inout [Effect]) {
        guard var current = deploy else { return }
        switch current.phase {
        case .next:
            guard let step = current.remaining.first else { return finishDeploy(&effects) }
            guard !isBusy(step.role) else { return }
            current.phase = .acting(step)
            deploy = current
            if let reason = begin(step, to: version(step.role), now, &effects) { turnBack("\(step.role): \(reason)") }
        case .acting(let step):
            switch result(of: step) {
            case nil: return
            case .refused(let reason): turnBack("\(step.role): \(reason)")
            default:
                current.phase = .watching(
                    step, since: now, until: now + Deploy.watch, deaths: deaths(step.role), judged: false)
                deploy = current
                settle(step)
                effects.append(.judge(commit: current.order.release.commit, role: step.role))
            }
        case .watching(let step, _, let until, let deaths, let judged):
            if let reason = illness(step.role, since: deaths) { return turnBack("\(step.role): \(reason)") }
            guard now >= until, judged || now >= until + Deploy.patience else { return }
            current.remaining.removeFirst()
            current.done.append(step)
            current.phase = .next
            deploy = current
            effects.append(.remember(memo))
            advanceDeploy(now, &effects)
        case .takingBack(let steps, let isActing): takeBack(steps, isActing, now, &effects)
        }
    }

    /// The word of the objectives about the role that is being watched.
    mutating func judged(_ commit: String, _ role: String, _ word: GateWord) {
        guard var current = deploy, current.order.release.commit == commit,
            case .watching(let step, let since, let until, let deaths, _) = current.phase, step.role == role
        else { return }
        if case .fails(let text) = word { return turnBack(text) }
        current.phase = .watching(step, since: since, until: until, deaths: deaths, judged: true)
        deploy = current
    }

    /// When a deploy wants to be asked again.
    var deployDeadline: Moment? {
        guard case .watching(_, _, let until, _, let judged) = deploy?.phase else { return nil }
        return judged ? until : until + Deploy.patience
    }

    private func isBusy(_ role: String) -> Bool {
        guard let found = roles.first(where: { $0.plan.name == role }) else { return false }
        return found.roll != nil
            || errands.contains { if case .scaled(role, _) = $0.goal { true } else { false } }
    }

    private func deaths(_ role: String) -> Int {
        indices(of: role).reduce(0) { $0 + slots[$1].machine.faults }
    }

    /// Why a role that was just changed is not well; nil while it is.
    private func illness(_ role: String, since deaths: Int) -> String? {
        for index in indices(of: role) where !slots[index].isDismissed {
            let machine = slots[index].machine
            if machine.hasFailed || self.deaths(role) > deaths {
                return
                    "\(slots[index].name) died soon after it was ready: \(machine.lastReason ?? "for no known reason")"
            }
        }
        return nil
    }

    private func version(_ role: String) -> Version? {
        guard let deploy, let plan = deploy.plan.role(named: role) else { return nil }
        return Version(plan: plan, release: deploy.order.release)
    }

    private func previousVersion(_ role: String) -> Version? {
        guard let deploy, let plan = deploy.previous.role(named: role) else { return nil }
        return Version(plan: plan, release: deploy.previousRelease)
    }

    // MARK: - One step

    private mutating func begin(
        _ step: DeployStep, to version: Version?, _ now: Moment, _ effects: inout [Effect]
    ) -> String? {
        let place = place(step.role)
        switch step {
        case .roll(let role):
            guard let version, roles.indices.contains(place) else { return "there is no such role" }
            return replace(role, by: version, now, &effects)
        case .resize(let role, _, let count):
            guard roles.indices.contains(place) else { return "there is no such role" }
            return resize(role, count)
        case .start:
            guard let version else { return "the plan does not have it" }
            if !roles.indices.contains(place) { addRole(version) }
            fill(self.place(step.role))
            return nil
        case .retire(let role):
            guard roles.indices.contains(place) else { return nil }
            return resize(role, 0)
        }
    }

    /// By a roll, or all at once where nothing is left that a roll could spare.
    private mutating func replace(
        _ role: String, by version: Version, _ now: Moment, _ effects: inout [Effect]
    ) -> String? {
        let place = place(role)
        guard roles[place].isGivenUp else { return beginRoll(role, nil, nil, next: version) }
        roles[place].adopt(version)
        roles[place].rollResult = nil
        for index in indices(of: role) {
            slots[index].machine.limits = version.plan.limits
            drive(index, .restartWanted, now, &effects)
        }
        return nil
    }

    private mutating func resize(_ role: String, _ count: Int) -> String? {
        let place = place(role)
        roles[place].wanted = count
        fill(place)
        for index in indices(of: role) where slots[index].name.number > count { slots[index].isDismissed = true }
        return nil
    }

    private mutating func addRole(_ version: Version) {
        guard let deploy else { return }
        let plan = deploy.plan.role(named: version.plan.name) == nil ? deploy.previous : deploy.plan
        var role = Role(
            plan: version.plan, needs: plan.needs(of: version.plan), restsOn: plan.earlierInGroup(version.plan),
            wanted: version.plan.replicas, release: version.release)
        role.needs = role.needs.filter { name in roles.contains { $0.plan.name == name } }
        // After all that it needs; the order of start is that of the plan again once the deploy has ended.
        roles.append(role)
    }

    /// What came of a step that was begun; nil while it goes on.
    private func result(of step: DeployStep) -> ControlAnswer? {
        let place = place(step.role)
        guard roles.indices.contains(place) else { return .done(note: "it is gone") }
        // What is dismissed and at rest is about to be gone.
        let all = indices(of: step.role).filter { !slots[$0].isDismissed || !slots[$0].machine.isAtRest }
        if case .roll = step, roles[place].roll != nil { return nil }
        if let failed = all.first(where: { slots[$0].machine.hasFailed && !slots[$0].isDismissed }) {
            return .refused(reason: slots[failed].machine.lastReason ?? "it has failed")
        }
        if case .roll = step, !roles[place].isGivenUp {
            if let result = roles[place].rollResult { return result }
        }
        if case .start = step, let died = all.first(where: { slots[$0].machine.faults > 0 }) {
            return .refused(reason: slots[died].machine.lastReason ?? "it died before it was ready")
        }
        guard all.allSatisfy({ slots[$0].machine.isReady && !slots[$0].isDismissed }) else { return nil }
        return .done(note: "ready")
    }

    /// What a finished step leaves behind.
    private mutating func settle(_ step: DeployStep) {
        guard case .retire(let role) = step else { return }
        slots.removeAll { $0.name.role == role }
        roles.removeAll { $0.plan.name == role }
    }

    /// A step that an earlier supervisor had done.
    private mutating func take(over step: DeployStep) {
        guard let version = version(step.role) else { return }
        let place = place(step.role)
        if roles.indices.contains(place) { roles[place].adopt(version) } else { addRole(version) }
    }

    // MARK: - The way back

    private mutating func turnBack(_ cause: String) {
        guard var current = deploy else { return }
        current.cause = cause
        var steps = current.done
        switch current.phase {
        case .acting(let step), .watching(let step, _, _, _, _): steps.append(step)
        case .next:
            // After a death of the supervisor: the first that is left may have been begun.
            if current.resumed > 0, let first = current.remaining.first { steps.append(first) }
        case .takingBack: return
        }
        current.phase = .takingBack(steps.reversed(), isActing: false)
        deploy = current
    }

    private mutating func takeBack(
        _ steps: [DeployStep], _ isActing: Bool, _ now: Moment, _ effects: inout [Effect]
    ) {
        guard let step = steps.first else { return finishDeploy(&effects) }
        let inverse = step.inverse
        if isActing {
            // What cannot be put back is left to the rules of restart, with what it had.
            guard result(of: inverse) != nil else { return }
            settle(inverse)
            deploy?.phase = .takingBack(Array(steps.dropFirst()), isActing: false)
            effects.append(.remember(memo))
            return advanceDeploy(now, &effects)
        }
        guard !isBusy(step.role) else { return }
        deploy?.phase = .takingBack(steps, isActing: true)
        if case .roll(let role) = step, let version = previousVersion(role), !hasOthers(role, than: version.release) {
            // Nothing of it was replaced: the spare was all there was.
            roles[place(role)].adopt(version)
            deploy?.phase = .takingBack(Array(steps.dropFirst()), isActing: false)
            return advanceDeploy(now, &effects)
        }
        if begin(inverse, to: previousVersion(step.role), now, &effects) != nil {
            deploy?.phase = .takingBack(Array(steps.dropFirst()), isActing: false)
            advanceDeploy(now, &effects)
        }
    }

    /// Whether a worker of the role runs something else.
    private func hasOthers(_ role: String, than release: Release) -> Bool {
        indices(of: role).contains { !slots[$0].isSpare && slots[$0].release != release.commit }
    }

    private mutating func finishDeploy(_ effects: inout [Effect]) {
        guard let current = deploy else { return }
        let isDone = current.cause.isEmpty
        deploy = nil
        plan = isDone ? current.plan : current.previous
        release = isDone ? current.order.release : current.previousRelease
        adoptPlan()
        let touched = current.done.map(\.role)
        let text = isDone ? "\(touched.count) steps" : current.cause
        effects.append(.deployed(current.order, isDone ? .done : .takenBack, text: text, roles: touched))
        effects.append(.remember(memo))
        guard let ticket = current.ticket else { return }
        effects.append(
            .answer(
                ticket: ticket, isDone ? .done(note: "deployed \(current.order.release.brief)") : .refused(reason: text)
            ))
    }

    /// The order of the roles, what they need and what they are born with, as the plan has it now.
    private mutating func adoptPlan() {
        let ordered = (try? plan.startOrder()) ?? plan.roles
        var sorted: [Role] = []
        for role in ordered {
            guard var found = roles.first(where: { $0.plan.name == role.name }) else { continue }
            found.needs = plan.needs(of: role)
            found.restsOn = plan.earlierInGroup(role)
            found.adopt(Version(plan: role, release: release))
            sorted.append(found)
        }
        roles = sorted + roles.filter { role in !ordered.contains { $0.name == role.plan.name } }
        let order = roles.map(\.plan.name)
        func place(of slot: Slot) -> Int { order.firstIndex(of: slot.name.role) ?? order.endIndex }
        slots.sort { (place(of: $0), $0.name.number) < (place(of: $1), $1.name.number) }
        for index in slots.indices {
            slots[index].machine.limits = roles[self.place(slots[index].name.role)].plan.limits
        }
    }
}

extension DeployStep {
    /// What takes it back.
    var inverse: DeployStep {
        switch self {
        case .roll: self
        case .resize(let role, let from, let to): .resize(role, from: to, to: from)
        case .start(let role): .retire(role)
        case .retire(let role): .start(role)
        }
    }
}
