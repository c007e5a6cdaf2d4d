public import Contracts

/// What may be done without a person, as somebody has written it down.
public struct Policy: Sendable, Equatable {
    /// One row of the table of autonomy. The first row whose conditions all hold decides about a step.
    public struct Row: Sendable, Equatable {
        public var actions: [ActionClass]
        /// The least share of the error budget that must be left.
        public var budget: Double?
        /// The fastest burn at which it holds.
        public var burn: Double?
        /// The least confidence.
        public var confidence: Double?
        /// The record of past diagnoses must bear the confidence out.
        public var isCalibrated = false
        /// The step must have an inverse.
        public var hasInverse = false
        /// The step must be the revert of a change not older than so many nanoseconds.
        public var revertsWithin: Int64?
        public var outcome: VerdictOutcome

        public init(_ actions: [ActionClass], _ outcome: VerdictOutcome) {
            self.actions = actions
            self.outcome = outcome
        }
    }

    /// How sure a diagnosis must be.
    public struct Confidence: Sendable, Equatable {
        /// The least confidence; nil where it is derived from the record and the tolerated share of false actions.
        public var least: Double? = 0.8
        /// Which share of the actions may be wrong.
        public var tolerated = 0.05
        /// How sure one must be of that, given the counts.
        public var assurance = 0.95

        public init() {}
    }

    /// How much may be hit.
    public struct Blast: Sendable, Equatable {
        public var roles = 2
        public var capacity = 0.5
        /// Of all plans within an hour, in whole capacities of a role.
        public var capacityAnHour = 2.0

        public init() {}
    }

    /// When something may be done, by local clocks.
    public struct Window: Sendable, Equatable {
        public var actions: [ActionClass]
        public var zone: Zone
        /// On which days it begins; 0 is Monday.
        public var days: [Int]
        /// Minutes of the day; a window that ends no later than it begins ends on the next day.
        public var from: Int
        public var until: Int

        public init(_ actions: [ActionClass], zone: Zone, days: [Int], from: Int, until: Int) {
            self.actions = actions
            self.zone = zone
            self.days = days
            self.from = from
            self.until = until
        }
    }

    /// A time in which things are to stay as they are.
    public struct Freeze: Sendable, Equatable {
        public var name: String
        public var actions: [ActionClass]
        public var zone: Zone
        public var from: CivilTime
        public var until: CivilTime
        public var outcome: VerdictOutcome

        public init(
            _ name: String, _ actions: [ActionClass], zone: Zone, from: CivilTime, until: CivilTime,
            outcome: VerdictOutcome
        ) {
            self.name = name
            self.actions = actions
            self.zone = zone
            self.from = from
            self.until = until
            self.outcome = outcome
        }
    }

    /// How people agree.
    public struct Approvals: Sendable, Equatable {
        /// Nanoseconds that an approval holds.
        public var lifetime = Int64.seconds(1_800)
        /// Nanoseconds that a capability holds.
        public var capabilityLifetime = Int64.seconds(120)
        /// For these it takes two.
        public var twoPeople: [ActionClass] = []
        /// And for what cannot be undone.
        public var twoPeopleIfIrreversible = true

        public init() {}
    }

    /// What verdicts call it.
    public var name: String
    /// Of all bytes that it was read from.
    public var digest: Digest
    /// The roles that may ask.
    public var askers: [String] = []
    public var rows: [Row] = []
    /// For steps that no row is about; never auto.
    public var otherwise = VerdictOutcome.approve
    public var confidence = Confidence()
    public var blast = Blast()
    /// Nanoseconds between two actions on one target.
    public var cooldown = Int64.seconds(300)
    public var actionsPerIncident = 5
    public var windows: [Window] = []
    public var freezes: [Freeze] = []
    public var approvals = Approvals()

    public init(name: String, digest: Digest) {
        self.name = name
        self.digest = digest
    }

    /// Its name and the beginning of its digest.
    public var version: String { "\(name) \(digest.brief)" }

    /// Rows that no step ever reaches because an earlier one is about all that they are: their numbers from 1, with that of
    /// the earlier one and the action.
    public var hiddenRows: [(row: Int, by: Int, action: ActionClass)] {
        var found: [(row: Int, by: Int, action: ActionClass)] = []
        for (index, row) in rows.enumerated() {
            for action in row.actions {
                let earlier = rows[..<index].firstIndex { $0.actions.contains(action) && $0.isWider(than: row) }
                if let earlier { found.append((index + 1, earlier + 1, action)) }
            }
        }
        return found
    }
}

extension Policy.Row {
    /// Whether it holds wherever the other does.
    fileprivate func isWider(than other: Policy.Row) -> Bool {
        func isLess(_ mine: Double?, _ theirs: Double?) -> Bool {
            guard let mine else { return true }
            return theirs.map { mine <= $0 } ?? false
        }
        return isLess(budget, other.budget) && isLess(confidence, other.confidence)
            && isLess(burn.map { -$0 }, other.burn.map { -$0 }) && (!isCalibrated || other.isCalibrated)
            && (!hasInverse || other.hasInverse)
            && (revertsWithin.map { mine in other.revertsWithin.map { $0 <= mine } ?? false } ?? true)
    }
}
