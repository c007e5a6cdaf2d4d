/// Somebody or something says that a thing is not as it should be, or is so again: what every door makes of what it got.
public struct RaisedAlert: Codable, Sendable, Equatable {
    /// By which way it came.
    public enum Source: String, Codable, Sendable, Equatable, CaseIterable {
        case alertmanager, prometheus, cloudevents, pagerduty, webhook, telemetry, supervisor, person
    }

    public enum State: String, Codable, Sendable, Equatable, CaseIterable { case firing, resolved }

    public var source: Source
    /// What it is about, the same in every episode and for every delivery.
    public var fingerprint: String
    /// What is said, such as the name of a rule.
    public var name: String
    /// The service it is about; empty where that is not known.
    public var node: String
    public var severity: FindingSeverity
    public var state: State
    /// By name; no name twice.
    public var labels: [SignalLabel]
    /// In a sentence.
    public var text: String
    /// Nanoseconds since 1970: when it began and ended, as its sender says; begun together with the fingerprint names the
    /// episode. Of one that fires, `ended` is when it will have ended unless it is told again.
    public var began: Int64
    public var ended: Int64?
    /// Whether `began` is the beginning of the episode by the sender's own word. Where it is not, it is the time of what was
    /// sent, and all that comes before the resolution is one episode.
    public var isBeginningTold: Bool
    /// Where to read more.
    public var link: String?
    /// Who sent it, as the door has proved it: a key's name, a slot, a person.
    public var sender: String

    /// By which label a part of the cluster says that there shall be an incident of it, though nothing may be left to do.
    public static let record = SignalLabel("incident", "record")

    public init(
        _ source: Source, fingerprint: String, name: String, node: String = "", severity: FindingSeverity = .warning,
        state: State = .firing, labels: [SignalLabel] = [], text: String = "", began: Int64, ended: Int64? = nil,
        isBeginningTold: Bool = true, link: String? = nil, sender: String = ""
    ) {
        self.source = source
        self.fingerprint = fingerprint
        self.name = name
        self.node = node
        self.severity = severity
        self.state = state
        self.labels = labels.sorted()
        self.text = text
        self.began = began
        self.ended = ended
        self.isBeginningTold = isBeginningTold
        self.link = link
        self.sender = sender
    }
}

/// What became of an alert, with every reason.
public struct AlertReceipt: Codable, Sendable, Equatable {
    /// What was done with it.
    public enum Disposition: String, Codable, Sendable, Equatable, CaseIterable {
        /// It began an incident, or belongs to one.
        case incident
        /// Heard before, in this episode.
        case repeated
        /// It ended, or had ended already.
        case resolved
        /// It waits for company: alone it is noise as far as one can tell.
        case watched
        /// A silence, a maintenance window, an inhibition or flapping holds it back.
        case suppressed
    }

    public var fingerprint: String
    public var disposition: Disposition
    public var incident: String?
    public var reasons: [DecisionReason]

    public init(
        fingerprint: String, disposition: Disposition, incident: String? = nil, reasons: [DecisionReason] = []
    ) {
        self.fingerprint = fingerprint
        self.disposition = disposition
        self.incident = incident
        self.reasons = reasons
    }
}

/// One reason of a decision: which rule, how much it weighed where it was weighed, and a sentence with the figures.
public struct DecisionReason: Codable, Sendable, Equatable {
    public var rule: String
    public var points: Double?
    public var text: String

    public init(_ rule: String, points: Double? = nil, _ text: String) {
        self.rule = rule
        self.points = points
        self.text = text
    }
}

/// An alert as it is kept, with the decision about it.
public struct AlertRecord: Codable, Sendable, Equatable {
    public var alert: RaisedAlert
    /// Nanoseconds since 1970: the first and the last delivery of the episode.
    public var firstHeard: Int64
    public var lastHeard: Int64
    public var deliveries: Int
    public var receipt: AlertReceipt

    public init(alert: RaisedAlert, firstHeard: Int64, lastHeard: Int64, deliveries: Int, receipt: AlertReceipt) {
        self.alert = alert
        self.firstHeard = firstHeard
        self.lastHeard = lastHeard
        self.deliveries = deliveries
        self.receipt = receipt
    }
}
