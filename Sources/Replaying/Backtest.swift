import Contracts
public import Postmortems
public import Risk

/// How today's code, and a policy, would have done on incidents of the past.
public struct Backtest: Codable, Sendable, Equatable {
    /// How something stands to what it was.
    public enum Comparison: String, Codable, Sendable, Equatable, CaseIterable {
        case same, other
        /// There was none, or what it depends on was not kept.
        case none
    }

    /// One post-mortem.
    public struct Row: Codable, Sendable, Equatable {
        public var incident: String
        public var name: String
        public var outcome: String
        /// `equal`, `divergent` or `unreadable`.
        public var replay: String
        /// Where it diverges first, or why it cannot be read.
        public var divergence: String?
        public var culprit: Comparison
        public var category: Comparison
        public var plan: Comparison
        public var verdict: Comparison
        /// What was decided and what would be, where that differs.
        public var differences: [String]
        /// The fix was verified, or a person gave four or more; nil where nothing was done and nobody said anything.
        public var wasRight: Bool?
        /// What was right would be done otherwise, or what was wrong would be done without a person.
        public var isWorse: Bool
        /// How many decisions cannot be made again.
        public var notDerivable: Int
    }

    public var rows: [Row] = []
    public var equal: Int { rows.count { $0.replay == "equal" } }
    public var worse: Int { rows.count { $0.isWorse } }
    public var unreadable: Int { rows.count { $0.replay == "unreadable" } }
    /// Whether a check before a merge may pass.
    public var passes: Bool { worse == 0 && unreadable == 0 }

    public init() {}

    /// Adds a document; `score` is what a person gave it later.
    public mutating func take(_ document: Postmortem, name: String, score: Int? = nil, under policy: Policy? = nil) {
        let replay: Replay
        do throws(ContextFault) { replay = Replay(try ReplayCase(document)) } catch {
            return refuse(document.incident, name, "\(error)", outcome: document.outcome.rawValue)
        }
        rows.append(Self.row(document, name, replay, score: score, policy))
    }

    /// Adds what is no document.
    public mutating func refuse(_ incident: String, _ name: String, _ why: String, outcome: String = "") {
        rows.append(
            Row(
                incident: incident, name: name, outcome: outcome, replay: "unreadable", divergence: why, culprit: .none,
                category: .none, plan: .none, verdict: .none, differences: [], wasRight: nil, isWorse: false,
                notDerivable: 0))
    }

    private static func row(
        _ document: Postmortem, _ name: String, _ replay: Replay, score: Int?, _ policy: Policy?
    ) -> Row {
        let best = replay.final?.diagnosis?.hypotheses.first
        let divergence = replay.divergence
        let changes = policy.map { replay.under($0).changes } ?? []
        var row = Row(
            incident: document.incident, name: name, outcome: document.outcome.rawValue,
            replay: divergence == nil ? "equal" : "divergent",
            divergence: divergence.map {
                "entry \($0.entry), \($0.kind.rawValue): \($0.recorded) | \($0.derived ?? "nothing")"
            },
            culprit: comparison(document.diagnosis?.node, best?.node),
            category: comparison(document.diagnosis?.category, best?.category), plan: replay.standing(of: .plan),
            verdict: changes.isEmpty ? replay.standing(of: .verdict) : .other,
            differences: replay.decisions.filter { $0.standing == .divergent }.map {
                "\($0.kind.rawValue), entry \($0.entry): \($0.recorded) | \($0.derived ?? "nothing")"
            }
                + changes.map {
                    "verdict, entry \($0.entry): \($0.before) would be \($0.after), and it went: \($0.followed)"
                },
            wasRight: wasRight(document, score), isWorse: false,
            notDerivable: replay.decisions.count { $0.standing == .notDerivable })
        row.isWorse = isWorse(row, replay, changes)
        return row
    }

    private static func comparison(_ recorded: String?, _ derived: String?) -> Comparison {
        if recorded == nil, derived == nil { return .none }
        return recorded == derived ? .same : .other
    }

    private static func wasRight(_ document: Postmortem, _ score: Int?) -> Bool? {
        if let score = score ?? document.humanFeedbackScore, score != 3 { return score > 3 }
        if document.remediationAction?.fate == .helped { return true }
        return document.remediationAction == nil && document.otherActions.isEmpty ? nil : false
    }

    /// Of what was right: another cause, another plan, or a plan that would be forbidden; and, whatever came in the end: a
    /// plan that did not help and would now go alone.
    private static func isWorse(_ row: Row, _ replay: Replay, _ changes: [PolicyReplay.Change]) -> Bool {
        let helped = changes.filter { $0.followed.contains("verification \(Verification.Verdict.holds.rawValue)") }
        let mild = changes.filter { $0.after == VerdictOutcome.auto.rawValue && !helped.contains($0) }
        if !mild.isEmpty { return true }
        if row.wasRight == true {
            if row.culprit == .other || row.category == .other || row.plan == .other { return true }
            return helped.contains { $0.after == VerdictOutcome.deny.rawValue } || replay.hasOtherOutcome
        }
        return false
    }
}

extension Replay {
    func standing(of kind: ReplayedDecision.Kind) -> Backtest.Comparison {
        let found = decisions.filter { $0.kind == kind && $0.standing != .notDerivable }
        if found.isEmpty { return .none }
        return found.contains { $0.standing == .divergent } ? .other : .same
    }

    /// Whether today's judge says something else than the one of then, under the policy of then.
    var hasOtherOutcome: Bool {
        decisions.contains { decision in
            guard decision.kind == .verdict, decision.standing == .divergent, let derived = decision.derived else {
                return false
            }
            return derived.split(separator: " ").first != decision.recorded.split(separator: " ").first
        }
    }
}
