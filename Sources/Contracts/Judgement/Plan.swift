/// What kind of thing an agent may want to do.
public enum ActionClass: String, Codable, Sendable, Equatable, CaseIterable {
    /// Workers are replaced, without another version.
    case restart
    /// More or fewer workers.
    case scale
    /// Another binary or configuration, one worker at a time.
    case roll
    /// Back to what ran before.
    case rollback
    /// Nothing more is taken from a queue.
    case pauseQueue = "pause-queue"
    /// What waits in a queue is worked off or put aside.
    case drainQueue = "drain-queue"
    /// Dead letters are sent again.
    case redrive
    /// A circuit breaker is opened or closed.
    case breaker
    /// Some requests are refused so that others are served.
    case shedLoad = "shed-load"
    /// Another configuration, by a pull request.
    case configuration
    /// A change of the code is taken back, by a pull request.
    case codeRevert = "code-revert"
    /// New code, by a pull request.
    case patch

    /// Whether it is done by a commit that somebody merges.
    public var isPullRequest: Bool {
        switch self {
        case .configuration, .codeRevert, .patch: true
        default: false
        }
    }
}

/// One word of an order, such as `count` and `3`.
public struct ActionArgument: Codable, Sendable, Equatable, Comparable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    public static func < (left: ActionArgument, right: ActionArgument) -> Bool {
        (left.name, left.value) < (right.name, right.value)
    }
}

/// What exactly a door is asked to do. Whoever serves the door makes it out of the call that came, and holds its digest
/// against that in the capability.
public struct ActionOrder: Codable, Sendable, Equatable {
    public var action: ActionClass
    /// The role whose process carries it out: the supervisor, the broker, orders, inventory, the forge.
    public var door: String
    /// The role that it is about.
    public var target: String
    /// In no order of their own.
    public var arguments: [ActionArgument]

    public init(_ action: ActionClass, door: String, target: String, arguments: [ActionArgument] = []) {
        self.action = action
        self.door = door
        self.target = target
        self.arguments = arguments.sorted()
    }

    /// The same for two orders that ask for the same, and for no others.
    public var digest: Digest {
        var writer = PackedWriter()
        write(to: &writer)
        return Digest("kintsugi order 1", of: writer.bytes)
    }

    func write(to writer: inout PackedWriter) {
        writer.list(count: 4)
        for text in [action.rawValue, door, target] { writer.text(text) }
        writer.list(count: arguments.count * 2)
        for argument in arguments.sorted() {
            writer.text(argument.name)
            writer.text(argument.value)
        }
    }
}

/// What would be hit if a step went wrong.
public struct BlastRadius: Codable, Sendable, Equatable {
    /// Every role that would notice, the target among them.
    public var roles: [String]
    /// The share of the target's capacity, from 0 to 1, that is away or replaced at the same time.
    public var capacity: Double
    /// Whether stored data of users change.
    public var touchesData: Bool

    public init(roles: [String], capacity: Double, touchesData: Bool = false) {
        self.roles = roles
        self.capacity = capacity
        self.touchesData = touchesData
    }
}

/// What undoes a step.
public struct PlanInverse: Codable, Sendable, Equatable {
    /// nil says that there is nothing to undo, which is believed of a restart alone.
    public var order: ActionOrder?
    public var text: String

    public init(_ order: ActionOrder?, _ text: String) {
        self.order = order
        self.text = text
    }
}

/// The change that a step takes back.
public struct RevertedChange: Codable, Sendable, Equatable {
    public var commit: String
    /// When it was merged: nanoseconds since 1970.
    public var at: Int64

    public init(commit: String, at: Int64) {
        self.commit = commit
        self.at = at
    }
}

/// One step of a plan.
public struct PlanStep: Codable, Sendable, Equatable {
    /// How much of it can be undone.
    public enum Reversibility: String, Codable, Sendable, Equatable, CaseIterable {
        case whole, partial, none
    }

    public var order: ActionOrder
    /// The hash of the state that the step's door must see when its turn comes: that after the steps before it.
    public var state: Digest
    public var blast: BlastRadius
    public var reversibility: Reversibility
    public var inverse: PlanInverse?
    /// Where the step is the revert of a change.
    public var reverts: RevertedChange?
    /// In a sentence.
    public var text: String

    public init(
        _ order: ActionOrder, state: Digest, blast: BlastRadius, reversibility: Reversibility,
        inverse: PlanInverse? = nil, reverts: RevertedChange? = nil, text: String = ""
    ) {
        self.order = order
        self.state = state
        self.blast = blast
        self.reversibility = reversibility
        self.inverse = inverse
        self.reverts = reverts
        self.text = text
    }
}

/// A plan as far as somebody has to judge it. What it leaves out (a diff, a runbook) is bound to it by `substance`.
public struct PlanSummary: Codable, Sendable, Equatable {
    public var incident: String
    /// Rises when the incident is diagnosed anew; an older one may not act.
    public var generation: Int
    /// What the diagnosis says, such as `Config_Error`, and how sure it is, from 0 to 1.
    public var category: String
    public var confidence: Double
    public var steps: [PlanStep]
    /// Of all that the summary leaves out.
    public var substance: Digest
    /// Why, in a sentence.
    public var text: String

    public init(
        incident: String, generation: Int, category: String, confidence: Double, steps: [PlanStep],
        substance: Digest, text: String = ""
    ) {
        self.incident = incident
        self.generation = generation
        self.category = category
        self.confidence = confidence
        self.steps = steps
        self.substance = substance
        self.text = text
    }

    /// The plan's hash: another one as soon as a single letter of the plan is another.
    public var digest: Digest {
        var writer = PackedWriter(capacity: 1_024)
        writer.list(count: 7)
        writer.text(incident)
        writer.signed(Int64(generation))
        writer.text(category)
        writer.double(confidence)
        writer.list(count: steps.count)
        for step in steps { step.write(to: &writer) }
        writer.data(substance.bytes)
        writer.text(text)
        return Digest("kintsugi plan 1", of: writer.bytes)
    }
}

extension PlanStep {
    fileprivate func write(to writer: inout PackedWriter) {
        writer.list(count: 7)
        order.write(to: &writer)
        writer.data(state.bytes)
        writer.list(count: 3)
        writer.list(count: blast.roles.count)
        for role in blast.roles { writer.text(role) }
        writer.double(blast.capacity)
        writer.bool(blast.touchesData)
        writer.text(reversibility.rawValue)
        if let inverse {
            writer.list(count: 2)
            if let order = inverse.order { order.write(to: &writer) } else { writer.null() }
            writer.text(inverse.text)
        } else {
            writer.null()
        }
        if let reverts {
            writer.list(count: 2)
            writer.text(reverts.commit)
            writer.signed(reverts.at)
        } else {
            writer.null()
        }
        writer.text(text)
    }
}
