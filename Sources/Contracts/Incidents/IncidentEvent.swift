/// What can happen to an incident. Each is kept in the journal, in sequence: an incident is what follows from them.
public enum IncidentEvent: Codable, Sendable, Equatable {
    case opened(IncidentOpening)
    case alerts(AlertsStanding)
    /// Something that belongs into the journal, and changes nothing.
    case noted(String)
    /// Nothing but time has passed.
    case tick
    /// Another process does from now on what is to be done.
    case claimed(holder: String)
    /// The answer to a step: of Telemetry, with all else that the diagnosis depends on.
    case evidence(step: String, DiagnosisInput)
    case offers(step: String, [PlanOffer], text: String)
    case verdict(step: String, Verdict)
    case approval(step: String, ApprovalStanding)
    case executed(step: String, ExecutionReport)
    case verified(step: String, Verification)
    /// The agent that was asked says that it will not, and will say so again.
    case refused(step: String, text: String)
    case command(IncidentCommand)
}

/// All that a diagnosis depends on.
public struct DiagnosisInput: Codable, Sendable, Equatable {
    public var evidence: Evidence
    /// Incidents of the past whose signatures are near, by their own words.
    public var past: [PastSignature]
    public var calibration: CalibrationTable

    public init(evidence: Evidence, past: [PastSignature] = [], calibration: CalibrationTable = .init()) {
        self.evidence = evidence
        self.past = past
        self.calibration = calibration
    }
}

/// What is remembered of an incident that has ended.
public struct PastSignature: Codable, Sendable, Equatable {
    public var signature: [SignatureTerm]
    public var outcome: PastOutcome

    public init(signature: [SignatureTerm], outcome: PastOutcome) {
        self.signature = signature
        self.outcome = outcome
    }
}

/// What a person asks for.
public struct IncidentCommand: Codable, Sendable, Equatable {
    public enum Kind: Codable, Sendable, Equatable {
        /// Somebody knows of it.
        case acknowledge
        case comment(String)
        /// How good the diagnosis and the fix were, from 1 to 5.
        case score(Int)
        /// A person has to act.
        case escalate
        /// This person acts now; the agents do nothing more.
        case take
        /// It is noise.
        case suppress
        /// It is mended.
        case resolve
        /// It is given up.
        case fail
        /// The agents shall look again, with what the person says as new evidence.
        case retry
    }

    public var kind: Kind
    public var person: String
    /// What the person says about it.
    public var text: String

    public init(_ kind: Kind, person: String, text: String = "") {
        self.kind = kind
        self.person = person
        self.text = text
    }
}

/// An event with its time and its source.
public struct IncidentInput: Codable, Sendable, Equatable {
    /// Nanoseconds since 1970.
    public var at: Int64
    /// An agent's slot, or a person.
    public var actor: String
    public var event: IncidentEvent

    public init(at: Int64, actor: String, _ event: IncidentEvent) {
        self.at = at
        self.actor = actor
        self.event = event
    }
}

/// What people are told of.
public struct IncidentNotice: Codable, Sendable, Equatable {
    public enum Kind: String, Codable, Sendable, Equatable, CaseIterable {
        case opened, priorityRaised, diagnosed, approvalNeeded, acting, rejected, rolledBack, escalated, resolved
        case suppressed, failed, commented
    }

    /// The same however often it is delivered: `INCIDENT/nNUMBER`.
    public var id: String
    public var incident: String
    public var generation: Int
    public var kind: Kind
    public var priority: Int
    public var title: String
    public var text: String
    /// What a person is asked to agree to.
    public var plan: Digest?
    public var state: Digest?
    /// Nanoseconds since 1970.
    public var at: Int64

    public init(
        id: String, incident: String, generation: Int, kind: Kind, priority: Int, title: String, text: String,
        plan: Digest? = nil, state: Digest? = nil, at: Int64
    ) {
        self.id = id
        self.incident = incident
        self.generation = generation
        self.kind = kind
        self.priority = priority
        self.title = title
        self.text = text
        self.plan = plan
        self.state = state
        self.at = at
    }
}
