public import Contracts

/// The whole cluster as the supervisor decides it: roles in their order, slots in their states, commands under way.
///
/// A value: events in, effects out, time and chance given. Each slot is a lane of its own; no command waits for
/// another unless both want the same role rolled or scaled. What one worker's death means:
///
/// - The worker alone is replaced. When the broker dies, ready workers are left alone: they reconnect by themselves.
/// - The intensity is counted per slot, so that a replica that crashes in a loop does not take its healthy
///   siblings with it. A role is given up when all of its slots have failed.
/// - Only then does a rest-for-one group act: the roles after it stop, and start again once it is ready.
/// - While something a starting worker needs is away, its readiness deadline does not run: its wait is not its fault.
public struct Tree: Sendable {
    public enum Event: Sendable, Equatable {
        /// A living process, or an exit that nobody heard of, from the guardian's table; before `begin`.
        case adopted(Adoption)
        /// The guardian's table has been read: from now on the tree starts what is missing.
        case begin
        case tick
        case spawned(SlotName, spawn: UInt64, pid: Int32)
        case spawnRefused(SlotName, spawn: UInt64, reason: String)
        case becameReady(SlotName, spawn: UInt64)
        case exited(SlotName, spawn: UInt64, ProcessExit)
        case hung(SlotName, spawn: UInt64)
        case overMemory(SlotName, spawn: UInt64, bytes: Int)
        /// Answered by the effect `answer` with the same ticket, when it is finished.
        case command(ControlRequest, ticket: Int)
        /// Another release, whose plan that is; answered as a command is.
        case deploy(DeployOrder, ClusterPlan, ticket: Int?)
        /// The word of the objectives about a role that was rolled for a deploy.
        case judged(commit: String, role: String, GateWord)
    }

    public enum Effect: Sendable, Equatable {
        case spawn(SlotName, spawn: UInt64, memo: SlotMemo)
        case signal(SlotName, spawn: UInt64, Int32, group: Bool)
        case note(SlotName, spawn: UInt64, SlotMachine.Note)
        case noteRole(String, RoleNote)
        case answer(ticket: Int, ControlAnswer)
        /// What a new supervisor must know besides the guardian's table.
        case remember(TreeMemo)
        case allStopped
        /// A deploy begins: how the objectives stand is to be kept in mind.
        case baseline(commit: String)
        /// The role was changed: whether the objectives bear it is to be said by `judged`.
        case judge(commit: String, role: String)
        case deployed(DeployOrder, DeployRecord.Outcome, text: String, roles: [String])
    }

    public enum RoleNote: Sendable, Equatable {
        case givenUp
        case isBack
        case rolled
        case rollAborted(reason: String)
    }

    /// One slot: its machine, and the number of the process in it.
    public struct Slot: Sendable, Equatable {
        public let name: SlotName
        public internal(set) var spawn: UInt64 = 0
        public internal(set) var machine: SlotMachine
        /// Not to be filled any more: it goes away once it is drained.
        public internal(set) var isDismissed = false
        /// Beyond what the role wants: the spare of a roll.
        public internal(set) var isSpare = false
        /// The commit of what its process was born with.
        public internal(set) var release = ""
        /// It gets what its role is being rolled to.
        var isNext = false
    }

    struct Role: Sendable {
        var plan: RolePlan
        var needs: [String]
        var restsOn: [String]
        var wanted: Int
        var release: Release
        /// What it is being rolled to.
        var next: Version?
        var roll: Roll?
        /// How the last roll ended that nobody waits for with a ticket.
        var rollResult: ControlAnswer?
        var isGivenUp = false

        mutating func adopt(_ version: Version) {
            plan = version.plan
            release = version.release
        }
    }

    /// What the workers of a role are born with.
    struct Version: Sendable {
        var plan: RolePlan
        var release: Release
    }

    enum Phase: Sendable { case reading, running, stopping, stopped }

    public internal(set) var slots: [Slot] = []
    /// In the order of start.
    var roles: [Role]
    var phase = Phase.reading
    var errands: [Errand] = []
    var shutdownTickets: [Int] = []
    var lastSpawn: UInt64
    var deploy: Deploy?
    /// What is run, as far as no deploy is under way.
    public internal(set) var plan: ClusterPlan
    /// What runs, as far as no deploy is under way.
    public internal(set) var release: Release
    let host: String
    let seed: UInt64

    /// `memo` and `lastSpawn` come from the guardian when an earlier supervisor has worked on the same plan.
    public init(
        plan: ClusterPlan, release: Release = Release(commit: "", configuration: ""), memo: TreeMemo = TreeMemo(),
        lastSpawn: UInt64 = 0, seed: UInt64
    ) throws(PlanFault) {
        try plan.validate()
        self.plan = plan
        self.release = release
        host = plan.host
        self.seed = seed
        self.lastSpawn = lastSpawn
        roles = try plan.startOrder().map { role in
            Role(
                plan: role, needs: plan.needs(of: role), restsOn: plan.earlierInGroup(role),
                wanted: memo.wanted.first { $0.role == role.name }?.count ?? role.replicas, release: release)
        }
    }

    /// The one way in.
    public mutating func handle(_ event: Event, at now: Moment) -> [Effect] {
        var effects: [Effect] = []
        switch event {
        case .adopted(let adoption): adopt(adoption, now, &effects)
        case .begin: begin()
        case .tick: tick(now, &effects)
        case .spawned(let name, let spawn, let pid): tell(name, spawn, .spawned(pid: pid), now, &effects)
        case .spawnRefused(let name, let spawn, let reason):
            tell(name, spawn, .spawnRefused(reason: reason), now, &effects)
        case .becameReady(let name, let spawn): tell(name, spawn, .becameReady, now, &effects)
        case .exited(let name, let spawn, let status): tell(name, spawn, .exited(status), now, &effects)
        case .hung(let name, let spawn): tell(name, spawn, .hung, now, &effects)
        case .overMemory(let name, let spawn, let bytes):
            tell(name, spawn, .overMemory(bytes: bytes), now, &effects)
        case .command(let request, let ticket): command(request, ticket, now, &effects)
        case .deploy(let order, let plan, let ticket):
            guard let reason = beginDeploy(order, plan, ticket, &effects) else { break }
            effects.append(.deployed(order, .refused, text: reason, roles: []))
            if let ticket { effects.append(.answer(ticket: ticket, .refused(reason: reason))) }
        case .judged(let commit, let role, let word): judged(commit, role, word)
        }
        settle(now, &effects)
        return effects
    }

    /// When it wants a `tick`, if nothing else happens before.
    public var nextDeadline: Moment? {
        (slots.compactMap(\.machine.deadline) + [deployDeadline].compactMap { $0 }).min()
    }

    /// The deploy that is under way.
    public var deploying: DeployOrder? { deploy?.order }

    /// Whether what runs is not known yet.
    public var isReading: Bool { phase == .reading }

    /// Whether the cluster is stopping, or has stopped.
    public var isStopping: Bool { phase == .stopping || phase == .stopped }

    /// The slot of that name.
    public func slot(_ name: SlotName) -> Slot? { slots.first { $0.name == name } }
}

/// A line of the guardian's slot table, as a new supervisor finds it.
public struct Adoption: Sendable, Equatable, Codable {
    public var slot: SlotName
    public var spawn: UInt64
    public var pid: Int32
    public var since: Moment
    public var isReady: Bool
    /// How it ended, if no supervisor has heard of that yet.
    public var exit: ProcessExit?
    public var memo: SlotMemo

    public init(slot: SlotName, spawn: UInt64, pid: Int32, since: Moment, isReady: Bool, memo: SlotMemo) {
        self.slot = slot
        self.spawn = spawn
        self.pid = pid
        self.since = since
        self.isReady = isReady
        self.memo = memo
    }
}

/// What the guardian keeps for the supervisor beside each process.
public struct SlotMemo: Sendable, Equatable, Codable {
    public var restarts: Int
    public var lastReason: String?
    /// The commit of what it was born with.
    public var release: String?

    public init(restarts: Int = 0, lastReason: String? = nil, release: String? = nil) {
        self.restarts = restarts
        self.lastReason = lastReason
        self.release = release
    }
}

/// What the guardian keeps for the supervisor about the tree: how many workers each role shall have by now.
/// Faults are not kept: a new supervisor begins from a known good state, as OTP teaches.
public struct TreeMemo: Sendable, Equatable, Codable {
    public struct Wanted: Sendable, Equatable, Codable {
        public var role: String
        public var count: Int
    }
    public var wanted: [Wanted]
    /// What ran before the deploy that is under way, or what runs.
    public var release: Release?
    public var deploy: DeployMemo?

    public init(wanted: [Wanted] = []) { self.wanted = wanted }
}
