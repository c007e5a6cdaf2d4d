/// One objective with its budget, as people and other agents read it.
public struct ObjectiveReport: Codable, Sendable, Equatable {
    /// One pair of windows.
    public struct Window: Codable, Sendable, Equatable {
        public var longSeconds: Double
        public var shortSeconds: Double
        public var threshold: Double
        /// Times faster than allowed; nil without traffic.
        public var longBurn: Double?
        public var shortBurn: Double?
        public var isFiring: Bool
        public var formula: String

        public init(
            longSeconds: Double, shortSeconds: Double, threshold: Double, longBurn: Double?, shortBurn: Double?,
            isFiring: Bool, formula: String
        ) {
            self.longSeconds = longSeconds
            self.shortSeconds = shortSeconds
            self.threshold = threshold
            self.longBurn = longBurn
            self.shortBurn = shortBurn
            self.isFiring = isFiring
            self.formula = formula
        }
    }

    public var name: String
    public var service: String
    public var about: String
    public var target: Double
    public var windowSeconds: Double
    /// The share that was good; nil without traffic.
    public var achieved: Double?
    public var good: Double
    public var total: Double
    /// The share of the budget that is left; below zero when it is overdrawn.
    public var budgetLeft: Double
    /// The same of the budget of a whole window, where the objective was watched for a part of one only: as if the rest of it had
    /// the same traffic, and was well. Limits are held against this one.
    public var wholeLeft: Double?
    /// Seconds until nothing is left at the rate of the last hour; nil where that does not come.
    public var exhaustedAfter: Double?
    public var windows: [Window]
    public var missing: [MissingSignal]

    public init(
        name: String, service: String, about: String, target: Double, windowSeconds: Double, achieved: Double?,
        good: Double, total: Double, budgetLeft: Double, exhaustedAfter: Double?, windows: [Window],
        missing: [MissingSignal]
    ) {
        self.name = name
        self.service = service
        self.about = about
        self.target = target
        self.windowSeconds = windowSeconds
        self.achieved = achieved
        self.good = good
        self.total = total
        self.budgetLeft = budgetLeft
        self.exhaustedAfter = exhaustedAfter
        self.windows = windows
        self.missing = missing
    }
}

/// All objectives.
public struct ObjectivesAnswer: Codable, Sendable, Equatable {
    public var objectives: [ObjectiveReport]
    /// Files that were not understood.
    public var mistakes: [String]
    public var answeredBy: String

    public init(objectives: [ObjectiveReport], mistakes: [String], answeredBy: String) {
        self.objectives = objectives
        self.mistakes = mistakes
        self.answeredBy = answeredBy
    }
}

/// One thing that can be used up.
public struct CapacityReport: Codable, Sendable, Equatable {
    public var node: String
    public var instance: String?
    /// `memory`, `processor`, `disk`, `queue`, `descriptors`.
    public var resource: String
    public var unit: String
    public var used: Double
    public var limit: Double
    /// Seconds until the limit at today's trend; nil where it does not come.
    public var after: Double?
    public var earliest: Double?
    public var latest: Double?
    /// Workers of the role now, and how many today's peak would take; nil where more workers do not help.
    public var workers: Int?
    public var workersNeeded: Int?
    public var text: String

    public init(
        node: String, instance: String? = nil, resource: String, unit: String, used: Double, limit: Double, text: String
    ) {
        self.node = node
        self.instance = instance
        self.resource = resource
        self.unit = unit
        self.used = used
        self.limit = limit
        self.text = text
    }
}

/// What runs out when.
public struct CapacityAnswer: Codable, Sendable, Equatable {
    public var resources: [CapacityReport]
    public var missing: [MissingSignal]
    public var answeredBy: String

    public init(resources: [CapacityReport], missing: [MissingSignal], answeredBy: String) {
        self.resources = resources
        self.missing = missing
        self.answeredBy = answeredBy
    }
}

/// One synthetic customer.
public struct CanaryReport: Codable, Sendable, Equatable {
    public var name: String
    public var everySeconds: Double
    public var isFailing: Bool
    public var runs: Int
    public var failures: Int
    public var lastRun: Int64?
    public var lastSeconds: Double?
    /// What went wrong in the last run; nil where nothing did.
    public var lastFault: String?

    public init(
        name: String, everySeconds: Double, isFailing: Bool, runs: Int, failures: Int, lastRun: Int64? = nil,
        lastSeconds: Double? = nil, lastFault: String? = nil
    ) {
        self.name = name
        self.everySeconds = everySeconds
        self.isFailing = isFailing
        self.runs = runs
        self.failures = failures
        self.lastRun = lastRun
        self.lastSeconds = lastSeconds
        self.lastFault = lastFault
    }
}

/// All synthetic customers.
public struct CanariesAnswer: Codable, Sendable, Equatable {
    public var canaries: [CanaryReport]
    public var mistakes: [String]
    public var answeredBy: String

    public init(canaries: [CanaryReport], mistakes: [String], answeredBy: String) {
        self.canaries = canaries
        self.mistakes = mistakes
        self.answeredBy = answeredBy
    }
}
