public import Contracts

/// How long an incident waits for whom, in nanoseconds, and how often it tries.
public struct LifecycleTerms: Codable, Sendable, Equatable {
    /// How far before the first sign the evidence begins.
    public var lookBack = Int64.seconds(600)
    /// The first look is not taken before the trouble is so old: what has just begun shows in little.
    public var settle = Int64.seconds(2)
    /// From one look to the next, while they are not sure.
    public var lookAgain = Int64.seconds(3)
    /// When the looking ends with the best there is.
    public var longestLook = Int64.seconds(30)
    /// Looks in a row that must agree where none of them is sure, and how sure the last must be.
    public var steadyLooks = 4
    public var steadyFrom = 0.4
    /// A diagnosis as sure as this needs no second look.
    public var sure = 0.8
    /// How long nothing must fire before an incident ends by itself.
    public var calm = Int64.seconds(30)
    /// How long a plan waits that time alone stands against.
    public var waitForTime = Int64.seconds(600)
    /// An incident that nobody takes is given up.
    public var abandoned = Int64.seconds(7 * 86_400)

    public var evidenceWithin = Int64.seconds(15)
    public var planWithin = Int64.seconds(60)
    public var verdictWithin = Int64.seconds(30)
    /// Beyond the time that Risk gives people.
    public var approvalMargin = Int64.seconds(60)
    public var executionWithin = Int64.seconds(900)
    public var haltWithin = Int64.seconds(120)
    public var undoWithin = Int64.seconds(600)
    /// Beyond the times of the expectation.
    public var verificationMargin = Int64.seconds(30)
    /// A step whose process gives no sign for so long is taken over.
    public var lease = Int64.seconds(30)

    /// Plans that are carried out for one incident, and diagnoses that are made for it.
    public var mostActions = 5
    public var mostGenerations = 10
    /// How often a plan is made anew in one generation because the state moved.
    public var mostReplans = 3

    public init() {}

    /// How long the answer to an errand may take; those that depend on the plan are not here.
    func within(_ errand: IncidentStep.Errand) -> Int64 {
        switch errand {
        case .evidence: evidenceWithin
        case .plan: planWithin
        case .verdict: verdictWithin
        case .execution: executionWithin
        case .halt: haltWithin
        case .undo: undoWithin
        case .approval, .verification, .pause: 0
        }
    }
}

/// Why something cannot be done to an incident; nothing has changed.
public enum LifecycleRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    case ended(IncidentStage)
    case notAScore(Int)
    case nothingToScore
    /// The events of one incident begin with its opening, and have no second one.
    case notOpened
    case openedAlready
    /// The agents work on it already.
    case notOver(IncidentStage)

    public var description: String {
        switch self {
        case .ended(let stage):
            "the incident has ended (\(stage.rawValue)): a comment or a score can still be given; a new episode is a new incident"
        case .notAScore(let number): "expected a score from 1 to 5, found \(number)"
        case .nothingToScore: "there is no diagnosis that could be scored"
        case .notOpened: "expected the opening before anything else"
        case .openedAlready: "the incident is open already"
        case .notOver(let stage): "the agents still work on it (\(stage.rawValue)): escalate or take it first"
        }
    }
}

/// What follows from an event, to be done once the incident is on disk.
public enum IncidentEffect: Sendable, Equatable {
    /// The step in hand is to be done: ask until there is an answer.
    case ask(IncidentStep)
    case tell(IncidentNotice)
    case learn(CalibrationLesson)
    /// It has ended: what the next diagnosis should know of it.
    case remember(PastSignature)
}

/// An incident after an event, and what follows.
public struct Transition: Sendable, Equatable {
    public var incident: Incident
    public var effects: [IncidentEffect] = []
}
