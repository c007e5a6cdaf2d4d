public import Contracts

/// The life of one incident in one process: the machine that triage links, with agents, people and a door around it, under
/// one seed.
///
/// Questions and answers are lost, doubled and overtaken, and every party dies at any of its steps; then all is well, and
/// the incident has to end. The same seed gives the same run in every process.
public struct IncidentSimulation: Sendable {
    public let seed: UInt64
    public let options: IncidentOptions

    public init(seed: UInt64, options: IncidentOptions = IncidentOptions()) {
        self.seed = seed
        self.options = options
    }

    /// Runs to the end; a run that fails is repeated with its events written down.
    public func run() -> IncidentOutcome {
        let outcome = IncidentWorld(seed: seed, options: options).run()
        guard outcome.violation != nil, !options.trace else { return outcome }
        var traced = options
        traced.trace = true
        return IncidentWorld(seed: seed, options: traced).run()
    }
}

/// Who takes part in the life of an incident, and can die.
public enum IncidentParty: String, Sendable, CaseIterable {
    case triage, telemetry, remediation, risk
    /// What carries steps out, such as the supervisor.
    case door
    /// All that is under way is lost with it.
    case broker
}

/// One death at one moment of one step, and none besides.
public struct IncidentKill: Sendable, Equatable {
    public enum Occasion: String, Sendable, CaseIterable {
        /// The step is on disk, and nobody was asked.
        case begun
        /// The question is under way.
        case asked
        /// The answer is under way.
        case answered
    }

    public var party: IncidentParty
    public var errand: IncidentStep.Errand
    public var occasion: Occasion

    public init(_ party: IncidentParty, at errand: IncidentStep.Errand, _ occasion: Occasion) {
        self.party = party
        self.errand = errand
        self.occasion = occasion
    }
}

/// What a run is allowed to do.
public struct IncidentOptions: Sendable, Equatable {
    /// Writes every event down; slow.
    public var trace = false
    /// A rule that is broken on purpose, to see that it is noticed.
    public var mutation: IncidentMutation?
    /// Instead of chance: one story, and at most one death in it.
    public var story: IncidentStory?
    public var kill: IncidentKill?
    /// How long faults are made, and how long it may take then, in virtual seconds.
    public var faultySeconds: Int64 = 900
    public var healedSeconds: Int64 = 6 * 3_600

    public init() {}
}

/// What happens when nobody dies: so that a death can be compared with it.
public enum IncidentStory: String, Sendable, CaseIterable {
    /// The first plan goes alone, and helps.
    case helps
    /// A person agrees, and it helps.
    case agreed
    /// The first plan does not help and is taken back; the second does.
    case secondHelps
    /// What is carried out takes too long, and is halted.
    case halted
}

/// One rule broken on purpose.
public enum IncidentMutation: String, Sendable, CaseIterable {
    /// Who acts asks nobody, and the door looks at no capability.
    case actsUnpermitted
    /// The door forgets what was used.
    case forgetsUses
    /// Risk permits whatever has become of the incident.
    case permitsTheEnded
    /// Each repetition of a question is a step of its own.
    case asksUnderNewNames
    /// An incident ends while something is in hand.
    case endsWhileActing
    /// What was permitted holds for ever.
    case capabilitiesLast
    /// Triage goes on before its state is on disk.
    case actsBeforeCommit
    /// What is halted is said to be so, and goes on.
    case ignoresHalts
    /// What is taken back is believed to be so.
    case forgetsInverses
}

/// How a run ended.
public struct IncidentOutcome: Sendable, Equatable {
    public var seed: UInt64
    public var violation: Violation?
    public var tally = IncidentTally()
    /// Where the incident ended.
    public var stage: IncidentStage?
    public var generation = 0
    /// What took effect and stayed, in the order of its names.
    public var inForce: [String] = []
    /// What took effect, with how often; and what was taken back.
    public var effects = 0
    public var undone = 0
    public var digest: UInt64 = 0
    public var events: [String] = []
}

/// What happened, to see that a run reaches what it is meant to reach.
public struct IncidentTally: Sendable, Equatable {
    public var steps = 0
    public var virtualNanoseconds: UInt64 = 0
    public var incidents = 0
    public var transitions = 0
    public var questions = 0
    public var lost = 0
    public var doubled = 0
    public var deaths = 0
    public var effects = 0
    public var undone = 0
    public var refused = 0
    public var repeated = 0
    public var rejected = 0
    public var resolved = 0
    public var escalated = 0
    public var suppressed = 0
    public var failed = 0

    public init() {}

    /// Adds another run's numbers.
    public mutating func add(_ other: IncidentTally) {
        steps += other.steps
        virtualNanoseconds += other.virtualNanoseconds
        incidents += other.incidents
        transitions += other.transitions
        questions += other.questions
        lost += other.lost
        doubled += other.doubled
        deaths += other.deaths
        effects += other.effects
        undone += other.undone
        refused += other.refused
        repeated += other.repeated
        rejected += other.rejected
        resolved += other.resolved
        escalated += other.escalated
        suppressed += other.suppressed
        failed += other.failed
    }
}
