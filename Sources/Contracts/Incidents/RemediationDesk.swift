public import Distributed

/// What the remediation agent answers, on the bus.
///
/// Work that takes long is not waited for in one call: the first question under the id of a step begins it, each further
/// one under that id says how far it is, and once it is done always the same. So a lost answer, a doubled question and
/// a death on either side begin nothing a second time.
@Resolvable
public protocol RemediationDesk: DistributedActor where ActorSystem: DistributedActorSystem<any Codable> {
    /// What could be done about a diagnosis, the best first.
    distributed func plan(_ question: PlanQuestion) async throws -> PlanAnswer
    /// Carries a plan out; it asks Risk for the capabilities itself.
    distributed func execute(_ question: ExecutionQuestion) async throws -> ExecutionAnswer
    /// Takes back what a finished execution did, in reverse order.
    distributed func undo(_ question: ExecutionQuestion) async throws -> ExecutionAnswer
    /// Begins no further step of the execution, takes back what it did, and says what came of it.
    distributed func halt(_ question: ExecutionQuestion) async throws -> ExecutionAnswer
    /// The state now of all that a plan touches; an approval holds for one state.
    distributed func state(of plan: PlanSummary) async throws -> Digest
    /// What the plans of a step were made from: its question, what was seen of the world, and the runbooks as they were,
    /// in packed bytes. Nil where nothing was planned under that step.
    distributed func grounds(of step: String) async throws -> [UInt8]?
}

/// What Triage asks for a plan.
public struct PlanQuestion: Codable, Sendable, Equatable {
    /// The step of the lifecycle that asks.
    public var step: String
    public var incident: String
    public var generation: Int
    public var diagnosis: Diagnosis
    /// Plans of this incident that were tried or refused, and what came of them.
    public var earlier: [EarlierPlan]
    /// What people said.
    public var feedback: [String]
    /// What was done about incidents like this one.
    public var history: [PastOutcome]

    public init(
        step: String, incident: String, generation: Int, diagnosis: Diagnosis, earlier: [EarlierPlan] = [],
        feedback: [String] = [], history: [PastOutcome] = []
    ) {
        self.step = step
        self.incident = incident
        self.generation = generation
        self.diagnosis = diagnosis
        self.earlier = earlier
        self.feedback = feedback
        self.history = history
    }
}

/// A plan that was tried or refused.
public struct EarlierPlan: Codable, Sendable, Equatable {
    public enum Fate: String, Codable, Sendable, Equatable, CaseIterable {
        case rejected, denied, expired, refused, undone, notHelped
        /// It took effect, nobody knows whether it helps, and it was not taken back.
        case stays
    }

    public var plan: Digest
    /// Of what it would have done, whatever the generation: the next one must be another.
    public var orders: [Digest]
    public var fate: Fate
    public var text: String

    public init(plan: Digest, orders: [Digest], fate: Fate, text: String) {
        self.plan = plan
        self.orders = orders
        self.fate = fate
        self.text = text
    }
}

/// A plan with what people see of it.
public struct PlanOffer: Codable, Sendable, Equatable {
    public var plan: PlanSummary
    /// The state of all that the plan touches, as the planner saw it.
    public var state: Digest
    /// The runbook or rule that it comes from.
    public var origin: String
    /// What would change, line by line.
    public var diff: String
    /// What should come of it: what verification waits for. Its times begin when the plan is carried out.
    public var expectation: Expectation
    /// Who proposed it; nil for the agent itself.
    public var proposer: String?

    public init(
        plan: PlanSummary, state: Digest, origin: String, diff: String = "", expectation: Expectation,
        proposer: String? = nil
    ) {
        self.plan = plan
        self.state = state
        self.origin = origin
        self.diff = diff
        self.expectation = expectation
        self.proposer = proposer
    }
}

/// Plans, or that they are being made.
public enum PlanAnswer: Codable, Sendable, Equatable {
    case underway(text: String)
    /// The best first.
    case offers([PlanOffer])
    /// Nothing that this agent knows would help: why.
    case none(text: String)
}

/// Which plan, for which step.
public struct ExecutionQuestion: Codable, Sendable, Equatable {
    /// The step of the lifecycle that asks.
    public var step: String
    /// The step that carries or carried the plan out; the same as `step` where that is this one.
    public var execution: String
    public var plan: PlanSummary

    public init(step: String, execution: String, plan: PlanSummary) {
        self.step = step
        self.execution = execution
        self.plan = plan
    }
}

/// How far it is.
public enum ExecutionAnswer: Codable, Sendable, Equatable {
    case underway(text: String)
    case done(ExecutionReport)
}

/// What was done.
public struct ExecutionReport: Codable, Sendable, Equatable {
    public enum Outcome: String, Codable, Sendable, Equatable, CaseIterable {
        /// All steps took effect.
        case done
        /// Nothing took effect: no capability, another state.
        case refused
        /// What took effect was taken back.
        case undone
        /// Something took effect and could not be taken back: a person has to.
        case stuck
    }

    public var outcome: Outcome
    public var steps: [StepReport]
    public var text: String
    /// Nanoseconds since 1970.
    public var began: Int64
    public var ended: Int64

    public init(_ outcome: Outcome, steps: [StepReport] = [], text: String = "", began: Int64, ended: Int64) {
        self.outcome = outcome
        self.steps = steps
        self.text = text
        self.began = began
        self.ended = ended
    }
}

/// What became of one step of a plan.
public struct StepReport: Codable, Sendable, Equatable {
    public enum Outcome: String, Codable, Sendable, Equatable, CaseIterable {
        case done, failed, undone, notBegun, stuck
    }

    /// From 0.
    public var step: Int
    public var outcome: Outcome
    /// The door's own words.
    public var text: String
    public var began: Int64?
    public var ended: Int64?

    public init(step: Int, outcome: Outcome, text: String, began: Int64? = nil, ended: Int64? = nil) {
        self.step = step
        self.outcome = outcome
        self.text = text
        self.began = began
        self.ended = ended
    }
}

/// Why the remediation agent answers nothing. It crosses the bus where both sides allow it under the name `RemediationFault`.
public enum RemediationFault: Error, Codable, Sendable, Equatable, CustomStringConvertible {
    /// No replica is the active one now.
    case nobodyActive(why: String)
    /// Who asks may not ask this.
    case notForYou(question: String, caller: String, allowed: [String])

    public var description: String {
        switch self {
        case .nobodyActive(let why): "no replica of the remediation agent is active: \(why); ask again"
        case .notForYou(let question, let caller, let allowed):
            "\(question): expected to be asked by \(allowed.joined(separator: " or ")), found \"\(caller)\""
        }
    }
}
