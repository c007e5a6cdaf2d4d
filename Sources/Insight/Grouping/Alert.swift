/// Somebody or something says that a thing is not as it should be.
public struct Alert: Sendable {
    /// Whether it hurts or hurts no longer.
    public enum State: String, Sendable, Codable { case firing, resolved }

    /// When, in seconds; alerts come about in the order of time.
    public var time: Double
    /// What is said; the same text every time that the same is said.
    public var name: String
    /// Of which service or host; empty where that is not known.
    public var place: String
    /// How grave it is.
    public var gravity: LogGravity
    /// Whether it hurts or hurts no longer.
    public var state: State
    /// What tells it from others of its name and place.
    public var labels: [(name: String, value: String)]
    /// What a person would want to read.
    public var text: String

    /// An alert.
    public init(
        time: Double, name: String, place: String = "", gravity: LogGravity = .warning, state: State = .firing,
        labels: [(name: String, value: String)] = [], text: String = ""
    ) {
        self.time = time
        self.name = name
        self.place = place
        self.gravity = gravity
        self.state = state
        self.labels = labels
        self.text = text
    }

    /// Words that say how grave it is, in the usual scales.
    public static func gravity(_ word: String) -> LogGravity {
        switch word.lowercased() {
        case "critical", "crit", "fatal", "emergency", "page", "disaster", "p1", "sev1": .fatal
        case "error", "major", "high", "alert", "p2", "sev2": .error
        case "info", "information", "informational", "note", "ok", "none", "debug", "low": .note
        default: .warning
        }
    }
}

/// Where an alert was put, and why.
public struct Placement: Sendable, Equatable {
    /// The number of the alert, counted from 0.
    public let alert: Int
    /// The incident that it belongs to; nil where it is noise, as far as one can see by now.
    public let incident: Int?
    /// What speaks for and against its being more than noise.
    public let reasons: [Contribution]
    /// Alerts that were noise until this one came, and belong to its incident now.
    public let recalled: [Int]
}
