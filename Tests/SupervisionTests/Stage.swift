import Contracts

@testable import Supervision

/// A tree on a stage: a guardian that does what it is told at once, and a clock that is moved by hand.
struct Stage {
    var tree: Tree
    var now = Moment(nanoseconds: 1_000_000_000)
    /// Living processes, in the order of their start.
    var living: [(slot: SlotName, spawn: UInt64)] = []
    /// What happened, in words: `start a.1`, `term a.1`, `kill a.1`, `stopped`.
    var diary: [String] = []
    var answers: [Int: ControlAnswer] = [:]
    var remembered: TreeMemo?
    /// Roles whose workers do not become ready by themselves.
    var mute: Set<String> = []
    /// Roles whose workers do not leave when they are told to.
    var stubborn: Set<String> = []
    /// Roles whose workers die before they are ready.
    var broken: Set<String> = []
    /// Roles and commits, as `a@new`, whose workers die before they are ready.
    var brokenReleases: Set<String> = []
    /// What is said of a role that was deployed; nothing where it is nil.
    var word: GateWord?
    var outcomes: [String] = []

    init(
        _ plan: ClusterPlan, release: Release = Release(commit: "", configuration: ""), memo: TreeMemo = TreeMemo(),
        lastSpawn: UInt64 = 0
    ) throws {
        tree = try Tree(plan: plan, release: release, memo: memo, lastSpawn: lastSpawn, seed: 1)
    }

    mutating func begin() { handle(.begin) }

    mutating func handle(_ event: Tree.Event) {
        var events = [event]
        while !events.isEmpty {
            for effect in tree.handle(events.removeFirst(), at: now) { events += carryOut(effect) }
        }
    }

    private mutating func carryOut(_ effect: Tree.Effect) -> [Tree.Event] {
        switch effect {
        case .spawn(let slot, let spawn, let memo):
            let commit = memo.release.map { $0.isEmpty ? "" : " \($0)" } ?? ""
            diary.append("start \(slot.role).\(slot.number)\(commit)")
            living.append((slot, spawn))
            let spawned = Tree.Event.spawned(slot, spawn: spawn, pid: Int32(spawn))
            if broken.contains(slot.role) || brokenReleases.contains("\(slot.role)@\(memo.release ?? "")") {
                return [spawned, end(slot, spawn, .code(1))]
            }
            return mute.contains(slot.role) ? [spawned] : [spawned, .becameReady(slot, spawn: spawn)]
        case .signal(let slot, let spawn, let signal, _):
            diary.append("\(signal == 15 ? "term" : signal == 9 ? "kill" : "abort") \(slot.role).\(slot.number)")
            guard living.contains(where: { $0.spawn == spawn }) else { return [] }
            if signal != 9, stubborn.contains(slot.role) { return [] }
            return [end(slot, spawn, signal == 15 ? .code(0) : .signal(signal, core: false))]
        case .answer(let ticket, let answer): answers[ticket] = answer
        case .remember(let memo): remembered = memo
        case .baseline: break
        case .judge(let commit, let role):
            if let word { return [.judged(commit: commit, role: role, word)] }
        case .deployed(let order, let outcome, let text, _):
            outcomes.append("\(order.release.commit) \(outcome): \(text)")
        case .allStopped: diary.append("stopped")
        case .noteRole(let role, .givenUp): diary.append("given up \(role)")
        case .noteRole(let role, .isBack): diary.append("back \(role)")
        case .note, .noteRole: break
        }
        return []
    }

    private mutating func end(_ slot: SlotName, _ spawn: UInt64, _ status: ProcessExit) -> Tree.Event {
        living.removeAll { $0.spawn == spawn }
        return .exited(slot, spawn: spawn, status)
    }

    /// The process in a slot dies.
    mutating func die(_ name: String, _ status: ProcessExit) {
        guard let process = living.last(where: { "\($0.slot.role).\($0.slot.number)" == name }) else { return }
        handle(end(process.slot, process.spawn, status))
    }

    mutating func becomeReady(_ name: String) {
        guard let process = living.last(where: { "\($0.slot.role).\($0.slot.number)" == name }) else { return }
        handle(.becameReady(process.slot, spawn: process.spawn))
    }

    /// Lets so much time go by, with a tick at each deadline.
    mutating func wait(_ span: Duration) {
        let end = now + span
        while let next = tree.nextDeadline, next <= end {
            now = max(now, next)
            handle(.tick)
        }
        now = end
    }

    mutating func take() -> [String] {
        defer { diary = [] }
        return diary
    }

    /// `a.1 ready`, one for each slot.
    var states: [String] { tree.slots.map { "\($0.name.role).\($0.name.number) \($0.machine.stateName)" } }
}

func role(_ name: String, after: [String] = [], replicas: Int = 1, group: String? = nil) -> RolePlan {
    var role = RolePlan(name: name, executable: name)
    role.after = after
    role.replicas = replicas
    role.group = group
    return role
}
