/// Who asks for a verdict, as the bus or the door has proved it: never what a message claims.
public struct Asker: Codable, Sendable, Equatable {
    public enum Kind: String, Codable, Sendable, Equatable, CaseIterable {
        case agent, person
    }

    public var kind: Kind
    /// The role of an agent, the name of a person.
    public var name: String

    public init(_ kind: Kind, _ name: String) {
        self.kind = kind
        self.name = name
    }
}

/// How an incident stands now.
public struct IncidentStanding: Codable, Sendable, Equatable {
    public var incident: String
    public var generation: Int
    /// Resolved, suppressed or given to a person: nothing may be done for it any more.
    public var isOver: Bool

    public init(incident: String, generation: Int, isOver: Bool) {
        self.incident = incident
        self.generation = generation
        self.isOver = isOver
    }
}

/// What is left of one objective's error budget.
public struct BudgetStanding: Codable, Sendable, Equatable {
    public var objective: String
    public var service: String
    /// The share that is left; below zero when it is overdrawn.
    public var left: Double
    /// How many times faster than allowed it is used up now; nil without traffic.
    public var burn: Double?

    public init(objective: String, service: String, left: Double, burn: Double? = nil) {
        self.objective = objective
        self.service = service
        self.left = left
        self.burn = burn
    }
}

/// An action that was taken.
public struct PastAction: Codable, Sendable, Equatable {
    public var incident: String
    public var action: ActionClass
    public var target: String
    /// Nanoseconds since 1970.
    public var at: Int64
    /// The share of the target's capacity that it touched.
    public var capacity: Double

    public init(incident: String, action: ActionClass, target: String, at: Int64, capacity: Double) {
        self.incident = incident
        self.action = action
        self.target = target
        self.at = at
        self.capacity = capacity
    }
}

/// All that a verdict depends on beside the plan and the policy. Kept with the verdict, it gives the same one again.
public struct Circumstances: Codable, Sendable, Equatable {
    /// Nanoseconds since 1970.
    public var now: Int64
    /// The hash of the state of all that the plan touches; an approval holds for this state alone.
    public var state: Digest
    public var asker: Asker
    /// nil where nobody could be asked: then nothing is done alone.
    public var standing: IncidentStanding?
    public var budgets: [BudgetStanding]
    /// At least those of the last hour, and all of the incident.
    public var past: [PastAction]
    public var calibration: CalibrationTable

    public init(
        now: Int64, state: Digest, asker: Asker, standing: IncidentStanding?, budgets: [BudgetStanding] = [],
        past: [PastAction] = [], calibration: CalibrationTable = .init()
    ) {
        self.now = now
        self.state = state
        self.asker = asker
        self.standing = standing
        self.budgets = budgets
        self.past = past
        self.calibration = calibration
    }
}

/// What is asked of Risk.
public struct Proposal: Codable, Sendable, Equatable {
    public var plan: PlanSummary
    public var circumstances: Circumstances

    public init(plan: PlanSummary, circumstances: Circumstances) {
        self.plan = plan
        self.circumstances = circumstances
    }
}

/// A diagnosis, how sure it was, and whether it was right.
public struct CalibrationRecord: Codable, Sendable, Equatable {
    public var category: String
    public var confidence: Double
    public var wasRight: Bool

    public init(category: String, confidence: Double, wasRight: Bool) {
        self.category = category
        self.confidence = confidence
        self.wasRight = wasRight
    }
}

/// Diagnoses of about the same confidence, counted.
public struct CalibrationCell: Codable, Sendable, Equatable {
    /// Which twentieth of the way from 0 to 1; confidence 1 belongs to the last.
    public var twentieth: Int
    public var count = 0
    public var right = 0
    /// The sum of the confidences, and of their squared distances from the truth.
    public var confidence = 0.0
    public var squares = 0.0

    public init(twentieth: Int) { self.twentieth = twentieth }
}

/// The diagnoses of one category.
public struct CategoryCalibration: Codable, Sendable, Equatable {
    public var category: String
    /// By rising confidence; those without a record are left out.
    public var cells: [CalibrationCell] = []

    public init(category: String) { self.category = category }
}

/// How often which confidence was right: counts, and nothing but counts. It is empty at first.
public struct CalibrationTable: Codable, Sendable, Equatable {
    /// In the order of their names.
    public var categories: [CategoryCalibration] = []

    public init() {}
}
