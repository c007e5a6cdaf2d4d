public import Distributed

/// What the risk agent answers, on the bus. One replica is active; those that stand by pass the question on.
///
/// Every question that changes something has the id of the step that asks: asked again under the same id, it gets the
/// first answer.
@Resolvable
public protocol RiskDesk: DistributedActor where ActorSystem: DistributedActorSystem<any Codable> {
    /// The policy in force, the key, the record, and whether this replica is the active one.
    distributed func standing() async throws -> RiskStanding
    /// What may be done with a plan.
    distributed func judge(_ question: VerdictQuestion) async throws -> Verdict
    /// A person's answer to a plan, with the person's own proof; on disk before this returns.
    distributed func answer(_ approval: Approval) async throws -> ApprovalReceipt
    /// How the approval of a judged plan stands.
    distributed func approval(_ question: ApprovalQuestion) async throws -> ApprovalStanding
    /// One capability for each step of a plan, where the verdict or people allow it; asked by who will act.
    distributed func permit(_ question: PermitQuestion) async throws -> PermitAnswer
    /// How a diagnosis turned out.
    distributed func learn(_ lesson: CalibrationLesson) async throws
    /// The verdicts of the past, with what they depended on.
    distributed func verdicts(_ query: VerdictQuery) async throws -> [KeptVerdict]
    /// A policy that was in force, with all that it is made of; nil where none of that version ever was.
    distributed func policy(_ version: String) async throws -> PolicyRecord?
}

/// What Triage asks of Risk about a plan.
public struct VerdictQuestion: Codable, Sendable, Equatable {
    /// The step of the lifecycle that asks.
    public var step: String
    public var plan: PlanSummary
    /// The state of all that the plan touches, as the planner saw it.
    public var state: Digest
    public var standing: IncidentStanding
    /// Who proposed the plan.
    public var asker: Asker

    public init(step: String, plan: PlanSummary, state: Digest, standing: IncidentStanding, asker: Asker) {
        self.step = step
        self.plan = plan
        self.state = state
        self.standing = standing
        self.asker = asker
    }
}

/// What became of a person's answer.
public struct ApprovalReceipt: Codable, Sendable, Equatable {
    public var counts: Bool
    /// Who it was, as proved; nil where it was not.
    public var person: String?
    /// Why it does not count, or what follows from it, in a sentence.
    public var text: String
    public var standing: ApprovalStanding

    public init(counts: Bool, person: String?, text: String, standing: ApprovalStanding) {
        self.counts = counts
        self.person = person
        self.text = text
        self.standing = standing
    }
}

/// Which plan's approval is asked for.
public struct ApprovalQuestion: Codable, Sendable, Equatable {
    public var incident: String
    public var generation: Int
    public var plan: Digest

    public init(incident: String, generation: Int, plan: Digest) {
        self.incident = incident
        self.generation = generation
        self.plan = plan
    }
}

/// How the approval of a plan stands.
public struct ApprovalStanding: Codable, Sendable, Equatable {
    public enum Outcome: String, Codable, Sendable, Equatable, CaseIterable {
        /// The policy lets it go without anyone.
        case notNeeded
        /// So many people more have to agree.
        case waiting
        case granted
        case rejected
        /// The policy lets nobody agree to it.
        case denied
        /// The plan or the state moved, or nobody judged this plan: have it judged anew.
        case void
        /// Nobody answered in time.
        case expired
    }

    public var outcome: Outcome
    /// Who agreed, or who rejected it.
    public var people: [String]
    public var missing: Int
    /// What the person who rejected it had to say.
    public var feedback: String?
    /// Nanoseconds since 1970: how long it holds, or is waited for.
    public var until: Int64?
    public var text: String

    public init(
        _ outcome: Outcome, people: [String] = [], missing: Int = 0, feedback: String? = nil, until: Int64? = nil,
        text: String = ""
    ) {
        self.outcome = outcome
        self.people = people
        self.missing = missing
        self.feedback = feedback
        self.until = until
        self.text = text
    }
}

/// What who will act asks of Risk.
public struct PermitQuestion: Codable, Sendable, Equatable {
    /// The step of the lifecycle that acts.
    public var step: String
    public var plan: PlanSummary
    /// The state of all that the plan touches, as it is now.
    public var state: Digest

    public init(step: String, plan: PlanSummary, state: Digest) {
        self.step = step
        self.plan = plan
        self.state = state
    }
}

/// Capabilities, or why there are none.
public struct PermitAnswer: Codable, Sendable, Equatable {
    /// One for each step, in order; empty where it is refused.
    public var capabilities: [SignedCapability]
    /// Why there are none, in a sentence.
    public var refusal: String?
    /// Nanoseconds since 1970: none of them takes effect from then on.
    public var expires: Int64

    public init(capabilities: [SignedCapability], refusal: String? = nil, expires: Int64) {
        self.capabilities = capabilities
        self.refusal = refusal
        self.expires = expires
    }
}

/// How a diagnosis turned out; a later one of the same diagnosis takes the place of the earlier.
public struct CalibrationLesson: Codable, Sendable, Equatable {
    public enum Truth: String, Codable, Sendable, Equatable, CaseIterable {
        /// The fix was verified, or did not hold.
        case verification
        /// A person said so.
        case person
    }

    public var incident: String
    public var generation: Int
    public var record: CalibrationRecord
    public var truth: Truth

    public init(incident: String, generation: Int, record: CalibrationRecord, truth: Truth) {
        self.incident = incident
        self.generation = generation
        self.record = record
        self.truth = truth
    }
}

/// Which verdicts are asked for; the latest first.
public struct VerdictQuery: Codable, Sendable, Equatable {
    public var incident: String?
    public var limit: Int

    public init(incident: String? = nil, limit: Int = 100) {
        self.incident = incident
        self.limit = limit
    }
}

/// A verdict with all that it depended on: judged again by the same policy, it is the same.
public struct KeptVerdict: Codable, Sendable, Equatable {
    public var step: String
    public var proposal: Proposal
    public var verdict: Verdict
    /// How its incident ended, as far as Risk was told: `fix verified`, `fix failed`, or nil.
    public var ended: String?

    public init(step: String, proposal: Proposal, verdict: Verdict) {
        self.step = step
        self.proposal = proposal
        self.verdict = verdict
    }
}

/// How the risk agent is.
public struct RiskStanding: Codable, Sendable, Equatable {
    public var slot: String
    public var isActive: Bool
    public var active: String?
    /// The version of the policy in force; nil where there is none, and nothing goes alone.
    public var policy: String?
    /// What is wrong with the files as they are now: then an earlier policy may be in force.
    public var mistakes: [String]
    /// The public key by which doors check capabilities, in base64.
    public var publicKey: String
    public var calibration: CalibrationTable
    /// Plans that wait for people.
    public var waiting: Int
    public var capabilitiesIssued: Int

    public init(
        slot: String, isActive: Bool, active: String?, policy: String?, mistakes: [String], publicKey: String,
        calibration: CalibrationTable, waiting: Int, capabilitiesIssued: Int
    ) {
        self.slot = slot
        self.isActive = isActive
        self.active = active
        self.policy = policy
        self.mistakes = mistakes
        self.publicKey = publicKey
        self.calibration = calibration
        self.waiting = waiting
        self.capabilitiesIssued = capabilitiesIssued
    }
}
