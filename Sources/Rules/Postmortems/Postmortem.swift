public import Contracts

/// What is written when an incident has ended: all of it follows from the incident's journal.
///
/// Its JSON has the names of `docs/schemas/postmortem.schema.json`, in one order, and one spelling.
public struct Postmortem: Codable, Sendable, Equatable {
    /// Whether it tells everything, or, of noise, only what it was.
    public enum Form: String, Codable, Sendable, Equatable, CaseIterable { case full, short }

    /// What the schema calls itself, and its version.
    public static let schemaName = "urn:kintsugi:schema:postmortem:1"
    public static let currentVersion = 1

    public var schema: String
    public var version: Int
    public var form: Form
    public var incident: String
    public var title: String
    public var source: RaisedAlert.Source
    public var severity: FindingSeverity
    public var priority: Int
    /// The earlier incident of the same fingerprint.
    @Nullable public var follows: String?
    /// The document of the same incident that was written when a person had to act, and that this one goes on from.
    @Nullable public var supersedes: Digest?
    public var outcome: IncidentStage
    public var outcomeReason: String
    public var began: Instant
    public var opened: Instant
    public var ended: Instant
    public var incidentSignature: IncidentSignature
    @Nullable public var rootCauseCategory: String?
    @Nullable public var diagnosis: FinalDiagnosis?
    /// What was carried out last and is in force.
    @Nullable public var remediationAction: AppliedPlan?
    /// What else was carried out: undone, refused, or in force from before.
    public var otherActions: [AppliedPlan]
    @Nullable public var humanFeedbackScore: Int?
    public var feedback: [PersonalWord]
    public var impact: Impact
    public var durations: Durations
    public var missingSignals: [MissedSignal]
    public var timeline: [TimelineLine]
    public var followUps: [Sentence]
    public var summaries: Summaries
    public var simulationContext: SimulationContext
    public var journalHead: JournalHead

    enum CodingKeys: String, CodingKey {
        case schema, version, form, incident, title, source, severity, priority, follows, supersedes, outcome
        case outcomeReason = "outcome_reason"
        case began, opened, ended
        case incidentSignature = "incident_signature"
        case rootCauseCategory = "root_cause_category"
        case diagnosis
        case remediationAction = "remediation_action"
        case otherActions = "other_actions"
        case humanFeedbackScore = "human_feedback_score"
        case feedback, impact, durations
        case missingSignals = "missing_signals"
        case timeline
        case followUps = "follow_ups"
        case summaries
        case simulationContext = "simulation_context"
        case journalHead = "journal_head"
    }
}

/// One sentence, with the numbers of the entries of the incident's journal from which it follows.
public struct Sentence: Codable, Sendable, Equatable {
    public var text: String
    public var entries: [Int]

    public init(_ text: String, _ entries: [Int]) {
        self.text = text
        self.entries = entries
    }
}

/// A figure that is known, or why it is not.
public struct Figure: Codable, Sendable, Equatable {
    @Nullable public var value: Double?
    /// How it was found, or why it is not known.
    public var basis: String
    public var entries: [Int]
}

/// The normalised signals with their weights, and what stands for them.
public struct IncidentSignature: Codable, Sendable, Equatable {
    public var hash: Digest
    public var vector: [SignatureTerm]

    public init(_ vector: [SignatureTerm]) {
        self.vector = vector
        var writer = PackedWriter()
        writer.list(count: vector.count * 2)
        for term in vector {
            writer.text(term.term)
            writer.double(term.weight)
        }
        hash = Digest("kintsugi signature 1", of: writer.bytes)
    }
}

/// What the incident was taken for in the end.
public struct FinalDiagnosis: Codable, Sendable, Equatable {
    /// What was taken for less likely, or was refuted by a fix that did not hold.
    public struct Refuted: Codable, Sendable, Equatable {
        public var generation: Int
        public var node: String
        public var category: String
        public var confidence: Double
        public var speaksFor: [String]
        public var speaksAgainst: [String]
        public var entries: [Int]

        enum CodingKeys: String, CodingKey {
            case generation, node, category, confidence
            case speaksFor = "speaks_for"
            case speaksAgainst = "speaks_against"
            case entries
        }
    }

    public var generation: Int
    public var node: String
    public var category: String
    public var confidence: Double
    public var confidenceText: String
    public var isBestSoFar: Bool
    @Nullable public var onset: Instant?
    @Nullable public var change: BlamedChange?
    public var speaksFor: [String]
    public var speaksAgainst: [String]
    public var refuted: [Refuted]
    public var entries: [Int]

    enum CodingKeys: String, CodingKey {
        case generation, node, category, confidence
        case confidenceText = "confidence_text"
        case isBestSoFar = "is_best_so_far"
        case onset, change
        case speaksFor = "speaks_for"
        case speaksAgainst = "speaks_against"
        case refuted, entries
    }
}

/// The change that the diagnosis blames.
public struct BlamedChange: Codable, Sendable, Equatable {
    public var id: String
    public var kind: ChangeNotice.Kind
    @Nullable public var commit: String?
    public var author: String
    public var at: Instant
    public var text: String
}

/// A plan that was carried out, and what came of it.
public struct AppliedPlan: Codable, Sendable, Equatable {
    /// What came of it in the end.
    public enum Fate: String, Codable, Sendable, Equatable, CaseIterable {
        case helped, stays, undone, refused, stuck
    }

    /// One step of it.
    public struct Step: Codable, Sendable, Equatable {
        public var action: ActionClass
        public var door: String
        public var target: String
        public var arguments: [ActionArgument]
        /// The commit that it takes back.
        @Nullable public var reverts: String?
        @Nullable public var inverse: String?
        /// Null where nothing was reported of it.
        @Nullable public var outcome: StepReport.Outcome?
        public var text: String
    }

    public var plan: Digest
    public var state: Digest
    public var generation: Int
    public var origin: String
    @Nullable public var proposer: String?
    public var text: String
    public var steps: [Step]
    public var diff: String
    @Nullable public var verdict: VerdictOutcome?
    @Nullable public var policy: String?
    public var approvedBy: [String]
    public var began: Instant
    public var ended: Instant
    public var fate: Fate
    public var fateText: String
    public var entries: [Int]

    enum CodingKeys: String, CodingKey {
        case plan, state, generation, origin, proposer, text, steps, diff, verdict, policy
        case approvedBy = "approved_by"
        case began, ended, fate
        case fateText = "fate_text"
        case entries
    }
}

/// What a person said.
public struct PersonalWord: Codable, Sendable, Equatable {
    public var person: String
    public var at: Instant
    public var text: String
    public var entry: Int
}
