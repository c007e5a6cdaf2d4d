public import Alerting
public import Contracts

/// One incident, as the book of alerts knows it: by the number that the book gave it, and by the name that it was told.
public struct IncidentMark: Sendable, Equatable {
    public var opening: Int
    /// Nil until `assign` was called.
    public var id: String?

    init(_ opening: Int, _ id: String?) {
        self.opening = opening
        self.id = id
    }
}

/// What an alert means for incidents.
public enum AlertMeaning: Sendable, Equatable {
    case none
    /// A new one begins.
    case opens(NewIncident)
    /// It belongs to one.
    case joins(IncidentMark)
    /// It belongs into the journal of one, and is no part of it.
    case notes(IncidentMark)
    /// An alert of one has ended, or all that are known of it.
    case ends(IncidentMark, all: Bool)
}

/// A new incident, with all that it begins with.
public struct NewIncident: Sendable, Equatable {
    /// To be given back to `assign` with the name of the incident.
    public var opening: Int
    /// The service that the first alert is about.
    public var node: String
    public var priority: AlertPriority
    public var impact: Impact
    /// An earlier incident about the same, which has ended.
    public var follows: String?
    /// Nanoseconds since 1970: when the first of its alerts began.
    public var began: Int64
    /// About the agents themselves.
    public var isOwnTrouble: Bool
    /// Alerts that waited for company, and belong to it now.
    public var recalled: [AlertRecord]
    /// Why it opens, and why with this priority.
    public var reasons: [DecisionReason]
}

/// An incident became more urgent.
public struct Promotion: Sendable, Equatable {
    public var incident: IncidentMark
    public var from: AlertPriority
    public var to: AlertPriority
    public var reasons: [DecisionReason]
}

/// What became of one delivery.
public struct AlertDecision: Sendable, Equatable {
    /// To be answered.
    public var receipt: AlertReceipt
    /// To be kept in place of an earlier one of the same fingerprint and the same beginning.
    public var record: AlertRecord
    public var meaning: AlertMeaning
    public var promotion: Promotion?
    /// The episode before, which must have ended since this one began; to be kept too.
    public var superseded: AlertRecord?
}

/// An open incident, as its alerts tell it.
public struct IncidentAlerts: Sendable, Equatable {
    public var incident: IncidentMark
    public var isOwnTrouble: Bool
    public var priority: AlertPriority
    public var impact: Impact
    /// Episodes that belong to it, and those that have not ended.
    public var alerts: Int
    public var firing: Int
    /// Fingerprints of the first ones.
    public var samples: [String]
}

/// An incident that is over, for a book that is made again.
public struct EndedIncident: Sendable, Equatable {
    public var incident: String
    /// Nanoseconds since 1970.
    public var at: Int64

    public init(_ incident: String, at: Int64) {
        self.incident = incident
        self.at = at
    }
}
