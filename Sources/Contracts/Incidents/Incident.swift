/// Where an incident stands.
///
/// `open → investigating → diagnosed → planned → (awaitingApproval) → executing → verifying → resolved`, and beside that
/// line the others.
public enum IncidentStage: String, Codable, Sendable, Equatable, CaseIterable {
    case open, investigating, diagnosed, planned
    case awaitingApproval = "awaiting_approval"
    case executing, verifying, undoing
    case rejected
    case rolledBack = "rolled_back"
    case resolved, suppressed, escalated, failed

    /// Nothing is done for it any more; a new episode is a new incident.
    public var isEnd: Bool { self == .resolved || self == .suppressed || self == .failed }

    /// Something may be taking effect, or has and is not yet known to help.
    public var isActing: Bool { self == .executing || self == .undoing }

    /// No agent does anything for it.
    public var isOver: Bool { isEnd || self == .escalated }
}

/// What is done for an incident at one time: asked of another agent under an id that is never given twice.
public struct IncidentStep: Codable, Sendable, Equatable {
    /// What is asked, and of whom.
    public enum Errand: String, Codable, Sendable, Equatable, CaseIterable {
        /// Of Telemetry.
        case evidence, verification
        /// Of Remediation.
        case plan, execution, halt, undo
        /// Of Risk.
        case verdict, approval
        /// Of nobody: time has to pass.
        case pause

        /// The role that is asked.
        public var role: String? {
            switch self {
            case .evidence, .verification: "telemetry"
            case .plan, .execution, .halt, .undo: "remediation"
            case .verdict, .approval: "risk"
            case .pause: nil
            }
        }
    }

    /// `INCIDENT/NUMBER`.
    public var id: String
    public var number: Int
    public var errand: Errand
    /// Nanoseconds since 1970.
    public var began: Int64
    /// At the deadline the incident goes on with what it has.
    public var deadline: Int64
    /// The process that does it, and until when that is believed without another sign.
    public var holder: String
    public var leaseUntil: Int64

    public init(
        incident: String, number: Int, errand: Errand, began: Int64, deadline: Int64, holder: String, leaseUntil: Int64
    ) {
        id = "\(incident)/\(number)"
        self.number = number
        self.errand = errand
        self.began = began
        self.deadline = deadline
        self.holder = holder
        self.leaseUntil = leaseUntil
    }
}

/// The alerts of an incident, as far as its life depends on them.
public struct AlertsStanding: Codable, Sendable, Equatable {
    public var firing: Int
    /// Those of them that keep the incident open: where users are hurt, not what is only odd beside that. nil: all of them.
    public var hurting: Int?
    public var total: Int
    /// In the order of their first alert, the first ones.
    public var nodes: [String]
    /// Keys of findings that still last: a fix must end them.
    public var findings: [String]
    public var severity: FindingSeverity
    /// From 1, the most urgent, to 4.
    public var priority: Int
    /// Why this priority.
    public var reasons: [DecisionReason]

    public init(
        firing: Int, hurting: Int? = nil, total: Int, nodes: [String], findings: [String] = [],
        severity: FindingSeverity, priority: Int, reasons: [DecisionReason] = []
    ) {
        self.firing = firing
        self.hurting = hurting
        self.total = total
        self.nodes = nodes
        self.findings = findings
        self.severity = severity
        self.priority = priority
        self.reasons = reasons
    }
}

extension AlertsStanding {
    /// Nothing of it hurts any more.
    public var isQuiet: Bool { (hurting ?? firing) == 0 }
}

/// Why an incident was opened.
public struct IncidentOpening: Codable, Sendable, Equatable {
    /// The fingerprint of the alert that opened it.
    public var fingerprint: String
    /// An earlier incident of the same fingerprint.
    public var follows: String?
    public var title: String
    /// Nanoseconds since 1970: since when it hurts, as far as the alerts tell.
    public var began: Int64
    public var source: RaisedAlert.Source
    public var alerts: AlertsStanding
    public var reasons: [DecisionReason]

    public init(
        fingerprint: String, follows: String? = nil, title: String, began: Int64, source: RaisedAlert.Source,
        alerts: AlertsStanding, reasons: [DecisionReason]
    ) {
        self.fingerprint = fingerprint
        self.follows = follows
        self.title = title
        self.began = began
        self.source = source
        self.alerts = alerts
        self.reasons = reasons
    }
}

/// One incident: all that its life depends on. It is on disk before anything follows from it.
public struct Incident: Codable, Sendable, Equatable {
    public var id: String
    public var opening: IncidentOpening
    /// Nanoseconds since 1970.
    public var opened: Int64
    public var stage: IncidentStage
    public var stageSince: Int64
    /// Rises with each new diagnosis after a plan has failed; what was asked for an older one takes no effect.
    public var generation = 1
    public var alerts: AlertsStanding
    /// Since when no alert of it fires; nil while one does.
    public var quietSince: Int64?
    /// The process that works on it.
    public var holder: String
    /// How many steps it has begun.
    public var steps = 0
    public var step: IncidentStep?
    /// Looks in this generation.
    public var looks = 0
    /// How many of the last of them have agreed on the cause.
    public var steadyLooks = 0
    public var evidence: Digest?
    public var diagnosis: Diagnosis?
    public var offers: [PlanOffer] = []
    public var verdict: Verdict?
    public var approval: ApprovalStanding?
    /// The step that carries or carried the chosen plan out.
    public var execution: String?
    public var report: ExecutionReport?
    public var verification: Verification?
    /// Plans that were carried out, whatever came of them.
    public var actions = 0
    /// Plans that were made anew because the state had moved.
    public var replans = 0
    public var earlier: [EarlierPlan] = []
    /// What people said, the latest last.
    public var feedback: [String] = []
    /// Where it shall go as soon as nothing is in hand any more, and who wants it.
    public var wish: IncidentWish?
    /// Who has taken it over.
    public var owner: String?
    /// When somebody first said that they know of it.
    public var acknowledged: Int64?
    /// From 1 to 5.
    public var score: Int?
    public var ended: Int64?
    /// Why it is where it is, in a sentence.
    public var note: String

    public init(id: String, opening: IncidentOpening, opened: Int64, holder: String) {
        self.id = id
        self.opening = opening
        self.opened = opened
        self.holder = holder
        stage = .open
        stageSince = opened
        alerts = opening.alerts
        note = "opened"
    }

    /// The plan in question.
    public var plan: PlanOffer? { offers.first }

    /// As Risk and the doors want to know it: what is being halted gets no further permission.
    public var standing: IncidentStanding {
        IncidentStanding(
            incident: id, generation: generation, isOver: stage.isOver || wish != nil || step?.errand == .halt)
    }
}

/// Where somebody wants an incident to go.
public struct IncidentWish: Codable, Sendable, Equatable {
    public var stage: IncidentStage
    public var person: String
    public var text: String

    public init(_ stage: IncidentStage, person: String, text: String) {
        self.stage = stage
        self.person = person
        self.text = text
    }
}

/// One incident in a line.
public struct IncidentSummary: Codable, Sendable, Equatable {
    public var id: String
    public var title: String
    public var stage: IncidentStage
    public var priority: Int
    public var severity: FindingSeverity
    public var nodes: [String]
    public var firing: Int
    public var total: Int
    public var opened: Int64
    public var stageSince: Int64
    public var ended: Int64?
    public var category: String?
    public var culprit: String?
    public var owner: String?
    public var note: String

    public init(_ incident: Incident) {
        id = incident.id
        title = incident.opening.title
        stage = incident.stage
        priority = incident.alerts.priority
        severity = incident.alerts.severity
        nodes = incident.alerts.nodes
        firing = incident.alerts.firing
        total = incident.alerts.total
        opened = incident.opened
        stageSince = incident.stageSince
        ended = incident.ended
        category = incident.diagnosis?.hypotheses.first?.category
        culprit = incident.diagnosis?.hypotheses.first?.node
        owner = incident.owner
        note = incident.note
    }
}
