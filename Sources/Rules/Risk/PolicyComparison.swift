public import Contracts

/// A verdict's inputs out of the archive, and how the incident ended.
public struct PastProposal: Codable, Sendable, Equatable {
    public var proposal: Proposal
    /// How the incident ended, such as `resolved` or `rolled_back`.
    public var ended: String

    public init(proposal: Proposal, ended: String) {
        self.proposal = proposal
        self.ended = ended
    }
}

/// What another policy would have said to the same inputs.
public struct PolicyComparison: Sendable, Equatable, Codable {
    /// A verdict that would have been another one.
    public struct Change: Sendable, Equatable, Codable {
        public var incident: String
        public var plan: Digest
        /// Nanoseconds since 1970.
        public var at: Int64
        public var before: VerdictOutcome
        public var after: VerdictOutcome
        /// The rules that say something else now, with their new words.
        public var because: [String]
        public var ended: String
    }

    /// How many went from one outcome to another, and ended so.
    public struct Count: Sendable, Equatable, Codable {
        public var before: VerdictOutcome
        public var after: VerdictOutcome
        public var ended: String
        public var count: Int
    }

    /// How many were compared.
    public let count: Int
    /// In the order of the archive.
    public let changes: [Change]
    /// Of what changed; by outcomes, then by ends.
    public let counts: [Count]

    /// How many would be milder.
    public let milder: Int

    /// Judges everything twice.
    public init(_ past: [PastProposal], before: Policy?, after: Policy?) {
        self.init(
            past.map { one in
                (
                    one.proposal.plan.incident, RiskJudge.verdict(on: one.proposal, under: before),
                    RiskJudge.verdict(on: one.proposal, under: after), one.ended
                )
            })
    }

    /// Judges again what was judged; what an engine outside had said then is heard again.
    public init(kept: [KeptVerdict], after: Policy?) {
        self.init(
            kept.map { one in
                let second = RiskJudge.verdict(
                    on: one.proposal, under: after, outside: OutsideOpinion(in: one.verdict))
                return (one.proposal.plan.incident, one.verdict, second, one.ended ?? "not known")
            })
    }

    private init(_ pairs: [(incident: String, first: Verdict, second: Verdict, ended: String)]) {
        count = pairs.count
        changes = pairs.compactMap { pair in
            guard pair.first.outcome != pair.second.outcome else { return nil }
            return Change(
                incident: pair.incident, plan: pair.first.plan, at: pair.first.at, before: pair.first.outcome,
                after: pair.second.outcome, because: Self.differences(pair.first, pair.second), ended: pair.ended)
        }
        counts = Self.counted(changes)
        milder = changes.count { $0.after < $0.before }
    }

    /// What decides: the rules whose outcome is another one. A table's steps are told apart by their order.
    private static func differences(_ before: Verdict, _ after: Verdict) -> [String] {
        func key(_ verdict: Verdict, _ index: Int) -> String {
            let rule = verdict.reasons[index].rule
            return "\(rule) \(verdict.reasons[..<index].count { $0.rule == rule })"
        }
        let known = before.reasons.indices.map { (key: key(before, $0), outcome: before.reasons[$0].outcome) }
        return after.reasons.indices.filter { index in
            let name = key(after, index)
            let earlier = known.first { $0.key == name }?.outcome ?? .auto
            return earlier != after.reasons[index].outcome
        }.map { "\(after.reasons[$0].rule): \(after.reasons[$0].text)" }
    }

    private static func counted(_ changes: [Change]) -> [Count] {
        let sorted = changes.sorted { ($0.before, $0.after, $0.ended) < ($1.before, $1.after, $1.ended) }
        return sorted.reduce(into: []) { counts, change in
            if let last = counts.indices.last, counts[last].before == change.before,
                counts[last].after == change.after, counts[last].ended == change.ended
            {
                counts[last].count += 1
            } else {
                counts.append(
                    Count(before: change.before, after: change.after, ended: change.ended, count: 1))
            }
        }
    }
}
