/// What each kind of evidence may add to a score, at most or as a factor: fixed, and the same for every system.
enum Weights {
    /// A reading's strength counts by what it measures.
    static func kind(_ kind: SignalKind) -> Double {
        switch kind {
        case .latency, .error, .usage: 1
        case .other: 0.8
        case .traffic: 0.5
        }
    }
    /// Of the calls that a node makes: whom it calls may be as much to blame.
    static let outbound = 0.5
    /// Of another kind than what hurts.
    static let otherThanSymptom = 0.6
    /// Of the same kind, but another series than the one that hurts.
    static let otherMetric = 0.8
    /// All of whose callees are well, and which explains its callers.
    static let bottom = 1.5
    /// Nobody on the way from the symptom calls it.
    static let offThePath = 0.5
    /// Too small to make the symptom.
    static let tooSmall = 0.7
    /// Without a symptom to compare with, what is below this share of the greatest is too small.
    static let smallest = 0.05
    /// Its callers hurt, and whoever hurts calls it.
    static let callers = 3.0
    /// Calls are said to be slow, and no span of the node is.
    static let unconfirmed = 0.6
    /// What a node must have to do with what takes longer, for its spans to confirm it.
    static let confirmed = 0.05
    static let earliest = 1.0
    static let change = 3.0
    static let traces = 9.0
    static let traceErrors = 4.0
    static let logs = 3.0
    static let event = 3.0
    static let limit = 3.0
    static let history = 2.0
    /// What a series must say for itself to be named before one that others explain.
    static let leastOfSeries = 2.0
    /// What a suspect must reach for anything to be called wrong.
    static let least = 2.5
    /// How long after a change its effects are expected, in seconds.
    static let changeFades = 900.0
}
