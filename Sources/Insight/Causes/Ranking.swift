/// The kinds of causes that are told apart.
public enum CauseCategory: String, Sendable, CaseIterable, Codable {
    case codeBug = "Code_Bug"
    case configurationError = "Config_Error"
    case permissionIssue = "Permission_Issue"
    case resourceLimit = "Resource_Limit"
    case externalDependency = "External_Dependency"
}

/// One reason for (or against) something, with its weight.
public struct Contribution: Sendable, Equatable {
    /// What kind of reason, such as `anomaly` or `place`.
    public var name: String
    /// How much it adds.
    public var points: Double
    /// Why, in one line.
    public var reason: String

    /// A reason.
    public init(_ name: String, _ points: Double, _ reason: String) {
        self.name = name
        self.points = points
        self.reason = reason
    }
}

/// A node that may be the cause.
public struct Suspect: Sendable, Equatable {
    /// Which one.
    public let node: String
    /// The series that speaks loudest against it.
    public let metric: String?
    /// Since when it is unusual; nil where no series tells.
    public let onset: Double?
    /// What its score is made of.
    public let contributions: [Contribution]
    /// The sum of the contributions, added in their order.
    public let score: Double

    init(node: String, metric: String?, onset: Double?, contributions: [Contribution]) {
        self.node = node
        self.metric = metric
        self.onset = onset
        self.contributions = contributions
        score = contributions.reduce(0) { $0 + $1.points }
    }
}

/// What may be wrong with a node.
public struct Hypothesis: Sendable, Equatable {
    /// Which node.
    public let node: String
    /// What is wrong with it.
    public let category: CauseCategory
    /// What speaks for it.
    public let supporting: [Contribution]
    /// What speaks against it; these points are negative.
    public let opposing: [Contribution]
    /// The sum of both, added in their order.
    public let score: Double

    init(node: String, category: CauseCategory, evidence: [Contribution]) {
        self.node = node
        self.category = category
        supporting = evidence.filter { $0.points >= 0 }
        opposing = evidence.filter { $0.points < 0 }
        score = (supporting + opposing).reduce(0) { $0 + $1.points }
    }
}

/// Something that nobody told, and how much it might have helped.
public struct SignalGap: Sendable, Equatable {
    /// What is missing.
    public let signal: String
    /// By how many points it might have moved a score.
    public let worth: Double
    /// Why it would have helped.
    public let reason: String
}

/// The answer to a scene.
public struct Ranking: Sendable, Equatable {
    /// The suspects, the likeliest first; empty where nothing is wrong.
    public let suspects: [Suspect]
    /// What may be wrong with the first of them, the likeliest first.
    public let hypotheses: [Hypothesis]
    /// What nobody told, the most helpful first.
    public let missing: [SignalGap]
    /// Since when the system is unusual; nil where nothing is wrong or nothing tells.
    public let onset: Double?
    /// What this looks like, to compare with other incidents.
    public let signature: [String]

    /// Whether nothing is wrong.
    public var isQuiet: Bool { suspects.isEmpty }
}
