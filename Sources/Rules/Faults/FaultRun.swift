/// What happened in one run of a fault: all that its score depends on.
public struct FaultRun: Codable, Sendable, Equatable {
    /// One incident of the run.
    public struct Case: Codable, Sendable, Equatable {
        public var id: String
        public var title: String
        /// Nanoseconds since 1970.
        public var opened: Int64
        public var ended: Int64?
        public var stage: String
        public var category: String?
        public var culprit: String?
        public var confidence: Double?
        /// How far the first hypothesis was ahead, before the record was asked.
        public var lead: Double?
        /// The change that is blamed, in a sentence.
        public var blames: String?
        /// The plans that were chosen, by their runbooks.
        public var plans: [String] = []
        /// The classes of the actions that were carried out.
        public var actions: [String] = []
        public var neededPerson = false
        /// Whether the verification held; nil where there was none.
        public var verified: Bool?
        /// How many plans were taken back.
        public var rolledBack = 0
        public var note: String

        public init(id: String, title: String, opened: Int64, stage: String, note: String = "") {
            self.id = id
            self.title = title
            self.opened = opened
            self.stage = stage
            self.note = note
        }
    }

    /// What users felt, from the fault on.
    public struct Impact: Codable, Sendable, Equatable {
        public var requests = 0
        /// Not answered with what was asked for.
        public var failed = 0
        /// Answered, but later than a quarter of a second after they were due.
        public var late = 0

        public init() {}
    }

    public var fault: String
    /// Nanoseconds since 1970; nil where it was not injected.
    public var injected: Int64?
    /// The first request that failed after that.
    public var firstFailure: Int64?
    public var cases: [Case] = []
    /// The gate of the deploy took the fault's commit back.
    public var takenBack = false
    /// Nothing of the fault was left when it was cleared.
    public var undone = false
    /// The invariants that do not hold, each in a sentence; the repository's and the journal's among them.
    public var broken: [String] = []
    public var before = Impact()
    public var impact = Impact()
    public var seconds = 0.0
    /// Why the run could not be made as it should be.
    public var trouble: String?

    public init(fault: String) { self.fault = fault }
}

/// What a run is worth, by the truth about its fault.
public struct FaultScore: Codable, Sendable, Equatable {
    public var fault: String
    public var mark: Fault.Mark
    public var isDetected: Bool
    /// Seconds from the fault, and from the first request that failed, to the first incident; nil for the latter where none
    /// failed before that.
    public var detectedAfter: Double?
    public var detectedAfterFailure: Double?
    /// Seconds from the fault to the end of the last incident.
    public var endedAfter: Double?
    public var categoryIsRight: Bool
    public var culpritIsRight: Bool
    /// 0 where a root cause was missed, otherwise the precision of what was named.
    public var strict: Double
    public var fixIsRight: Bool
    public var neededPerson: Bool
    public var isVerified: Bool
    public var isUndone: Bool
    public var invariantsHold: Bool
    /// Why it is not as it was marked; empty where it is.
    public var deviations: [String]

    public var isAsMarked: Bool { deviations.isEmpty }

    /// Scores one run.
    public init(of run: FaultRun, fault: Fault, truth: GroundTruth) {
        let cases = run.cases
        let answers = cases.compactMap(\.culprit)
        let right = cases.filter { $0.culprit.map(truth.isRootCause) ?? false }
        let first = cases.map(\.opened).min()
        let actions = cases.flatMap(\.actions)
        self.fault = run.fault
        mark = fault.mark
        isDetected = !cases.isEmpty
        detectedAfter = Self.seconds(run.injected, first)
        detectedAfterFailure = Self.seconds(run.firstFailure, first).flatMap { $0 < 0 ? nil : $0 }
        endedAfter =
            cases.allSatisfy { $0.ended != nil } ? Self.seconds(run.injected, cases.compactMap(\.ended).max()) : nil
        culpritIsRight = !right.isEmpty
        categoryIsRight = right.contains { $0.category == truth.category }
        strict = truth.strictScore(of: answers)
        fixIsRight =
            !actions.isEmpty && actions.allSatisfy { action in truth.solutions.contains { $0.id == action } }
            || actions.isEmpty && run.takenBack
        neededPerson = cases.contains(where: \.neededPerson)
        isVerified = right.contains { $0.verified == true }
        isUndone = run.undone
        invariantsHold = run.broken.isEmpty
        deviations = []
        deviations = self.deviations(run, actions)
    }

    private static func seconds(_ from: Int64?, _ to: Int64?) -> Double? {
        guard let from, let to else { return nil }
        return Double(to - from) / 1e9
    }

    private func deviations(_ run: FaultRun, _ actions: [String]) -> [String] {
        var found: [String] = []
        if let trouble = run.trouble { found.append(trouble) }
        if run.injected == nil { found.append("it was not injected") }
        found += run.broken
        switch mark {
        case .nothing:
            if !actions.isEmpty {
                found.append("expected nothing to be done, found \(actions.joined(separator: ", "))")
            }
            if neededPerson { found.append("expected no person to be asked, found one asked") }
            for open in run.cases where open.stage != "resolved" && open.stage != "suppressed" {
                found.append("expected no incident to stay, found \(open.id) \(open.stage)")
            }
        case .escalates where run.cases.contains { $0.stage == "escalated" }:
            if !culpritIsRight { found.append("the root cause was not named") }
            if !categoryIsRight { found.append("the category is wrong") }
        case .heals, .escalates: found += unhealed(run)
        }
        return found
    }

    private func unhealed(_ run: FaultRun) -> [String] {
        var found: [String] = []
        if !isDetected { found.append("it was not detected") }
        for open in run.cases where open.stage != "resolved" && open.stage != "suppressed" {
            found.append("\(open.id) is \(open.stage)")
        }
        guard isDetected else { return found }
        if run.takenBack {
            // The gate needs no diagnosis: it knows what it has just rolled.
            if !isUndone { found.append("something of it is left") }
            return found
        }
        if !culpritIsRight { found.append("the root cause was not named") }
        if !categoryIsRight { found.append("the category is wrong") }
        if !fixIsRight { found.append("the fix is not of the right kind") }
        if !isVerified { found.append("it was not verified") }
        return found
    }
}
