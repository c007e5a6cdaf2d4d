public import Contracts

/// What is known to help against a kind of trouble: when it may be thought of, what is done, and what takes it back.
public struct Runbook: Codable, Sendable, Equatable {
    /// The change that the diagnosis must blame.
    public enum ChangeNeed: String, Codable, Sendable, Equatable, CaseIterable {
        /// It may blame one or none.
        case any
        /// A commit that changed the configuration alone.
        case configuration
        /// A commit that changed the code.
        case code
        /// None: what nobody changed cannot be put back.
        case none
    }

    /// When it may be thought of; all of it must hold.
    public struct Condition: Codable, Sendable, Equatable {
        public var categories: [String]
        public var leastConfidence: Double
        public var change: ChangeNeed
        /// The culprits that it is for; empty for every one.
        public var roles: [String]
        /// Beginnings of what the culprit is short of, such as `memory` or `queue`; empty for everything.
        public var resources: [String]
        /// The culprit has at most so many workers.
        public var mostWorkers: Int?

        public init(
            categories: [String], leastConfidence: Double = 0, change: ChangeNeed = .any, roles: [String] = [],
            resources: [String] = [], mostWorkers: Int? = nil
        ) {
            self.categories = categories
            self.leastConfidence = leastConfidence
            self.change = change
            self.roles = roles
            self.resources = resources
            self.mostWorkers = mostWorkers
        }
    }

    /// What takes a step back.
    public enum Inverse: String, Codable, Sendable, Equatable, CaseIterable {
        /// The same order with what was set before.
        case previous
        /// The pull request is reverted.
        case revert
        /// There is nothing to take back, as after a restart.
        case nothing
        /// It cannot be taken back.
        case impossible
    }

    /// One step. Names that begin with `$` are filled in: `$culprit`, `$change`, `$workers`, `$workers+1`, `$workers*2`.
    public struct Step: Codable, Sendable, Equatable {
        public var action: ActionClass
        public var door: String
        public var target: String
        public var arguments: [ActionArgument]
        public var inverse: Inverse
        /// Roles that would notice, beside the target.
        public var roles: [String]
        /// The share of the target's capacity that is away at a time.
        public var capacity: Double
        public var touchesData: Bool
        public var text: String
        /// How long it may take.
        public var withinSeconds: Double

        public init(
            _ action: ActionClass, door: String, target: String, arguments: [ActionArgument] = [], inverse: Inverse,
            roles: [String] = [], capacity: Double = 0, touchesData: Bool = false, text: String,
            withinSeconds: Double = 60
        ) {
            self.action = action
            self.door = door
            self.target = target
            self.arguments = arguments
            self.inverse = inverse
            self.roles = roles
            self.capacity = capacity
            self.touchesData = touchesData
            self.text = text
            self.withinSeconds = withinSeconds
        }
    }

    public var name: String
    public var about: String
    public var when: Condition
    public var steps: [Step]
    /// How long the objectives must hold afterwards, and how long what hurts may take to end.
    public var settleSeconds: Double
    public var deadlineSeconds: Double
    /// Objectives that must hold; all of the culprit's where empty.
    public var objectives: [String]
    /// From 0 to 1: how far it is to be preferred where nothing is on record.
    public var worth: Double

    public init(
        name: String, about: String, when: Condition, steps: [Step], settleSeconds: Double = 10,
        deadlineSeconds: Double = 60, objectives: [String] = [], worth: Double = 0.5
    ) {
        self.name = name
        self.about = about
        self.when = when
        self.steps = steps
        self.settleSeconds = settleSeconds
        self.deadlineSeconds = deadlineSeconds
        self.objectives = objectives
        self.worth = worth
    }

    /// The same for the same runbook, and for no other.
    public var digest: Digest {
        Digest("kintsugi runbook 1", of: (try? Packed.encode(self)) ?? [])
    }
}

extension Runbook.Condition {
    /// Whether a diagnosis of this kind is what it is for.
    public func covers(category: String, role: String, change: ForgeFact.Kind?, resource: String?) -> Bool {
        guard categories.contains(category), roles.isEmpty || roles.contains(role) else { return false }
        guard resources.isEmpty || resources.contains(where: { resource?.hasPrefix($0) ?? false }) else { return false }
        return switch self.change {
        case .any: true
        case .none: change == nil
        case .configuration: change == .configuration
        case .code: change == .code
        }
    }
}

/// A commit that may be the cause, and what taking it back would do: all that planning needs to know of the repository.
public struct ForgeFact: Codable, Sendable, Equatable {
    public enum Kind: String, Codable, Sendable, Equatable, CaseIterable {
        case configuration, code
    }

    public var commit: String
    public var kind: Kind
    /// When it was merged: nanoseconds since 1970.
    public var at: Int64
    public var author: String
    public var title: String
    public var touched: [String]
    /// The roles that it reaches.
    public var roles: [String]
    /// What reverting it would change; nil where that cannot be done, and then why.
    public var diff: String?
    public var refusal: String?
    /// The way back as a whole: to the configuration of that commit, from that of this one.
    public var before: String?
    public var main: String?
    public var wayBack: String?
    public var wholeState: Digest?
    /// The forge's state now, and after the revert.
    public var state: Digest
    public var stateAfter: Digest
    /// From 0 to 1: how far it is suspected of what the question is about, and why.
    public var suspicion = 0.0
    public var reason: String?

    public init(
        commit: String, kind: Kind, at: Int64, author: String, title: String, touched: [String], roles: [String],
        diff: String?, refusal: String? = nil, state: Digest, stateAfter: Digest
    ) {
        self.commit = commit
        self.kind = kind
        self.at = at
        self.author = author
        self.title = title
        self.touched = touched
        self.roles = roles
        self.diff = diff
        self.refusal = refusal
        self.state = state
        self.stateAfter = stateAfter
    }
}

/// The state of what a pull request would change.
public enum ForgeState {
    /// `contents` are the paths with what stands for their content on `main`.
    public static func digest(target: String, contents: [ActionArgument]) -> Digest {
        DoorState.digest(.configuration, door: "forge", target: target, settings: contents)
    }
}

/// What a door sees of what an action would change.
public struct SeenDoor: Codable, Sendable, Equatable {
    public var action: ActionClass
    public var sight: DoorSight

    public init(action: ActionClass, sight: DoorSight) {
        self.action = action
        self.sight = sight
    }
}

/// All that a plan is made from, beside the question.
public struct PlanningWorld: Codable, Sendable, Equatable {
    /// The roles of the cluster; empty where the supervisor could not be asked.
    public var roles: [RoleStatus]
    public var doors: [SeenDoor]
    /// The latest first.
    public var commits: [ForgeFact]
    /// What a plan has to wait for: the cluster is just being changed, or was a moment ago.
    public var deploying: String?
    /// Nanoseconds since 1970.
    public var now: Int64

    public init(roles: [RoleStatus], doors: [SeenDoor] = [], commits: [ForgeFact] = [], now: Int64) {
        self.roles = roles
        self.doors = doors
        self.commits = commits
        self.now = now
    }
}

/// All that the plans of a step were made from: from it they can be made again.
public struct PlanGrounds: Codable, Sendable, Equatable {
    public var question: PlanQuestion
    public var world: PlanningWorld
    /// As they were, in their order.
    public var runbooks: [Runbook]

    public init(_ question: PlanQuestion, _ world: PlanningWorld, _ runbooks: [Runbook]) {
        self.question = question
        self.world = world
        self.runbooks = runbooks
    }
}
