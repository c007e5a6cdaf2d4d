import Contracts
import Postmortems
import Replaying
import Risk

/// What a replay has shown, for people and programs.
struct ReplayReport {
    /// What a program reads of it.
    struct Answer: Encodable {
        let incident: String
        let outcome: String
        let entries: Int
        let decisions: [ReplayedDecision]
        let divergence: ReplayedDecision?
        let missing: [MissingGround]
        let knowledge: [AgentKnowledge]?
        let policy: PolicyReplay?
    }

    let answer: Answer
    private let showsAll: Bool
    private let at: Int64?

    init(_ replay: Replay, at: Int64?, policy: Policy?, showsAll: Bool) {
        self.showsAll = showsAll
        self.at = at
        answer = Answer(
            incident: replay.incident, outcome: replay.isEqual ? "equal" : "divergent", entries: replay.entries,
            decisions: replay.decisions, divergence: replay.divergence, missing: replay.missing,
            knowledge: at.map { replay.known(at: $0) }, policy: policy.map { replay.under($0) })
    }

    func text(_ paint: Paint) -> String {
        var lines: [String] = []
        if showsAll {
            lines += answer.decisions.map {
                "    \($0.entry)  \(TimeWords.clock($0.at))  \($0.kind.rawValue), \(Self.words($0.standing)): \($0.recorded)"
            }
        }
        for missing in answer.missing {
            lines.append("not made again: \(missing.ground.rawValue) of entry \(missing.entry), since \(missing.text)")
        }
        lines += known + judged
        let text = lines.map { harmless($0) + "\n" }.joined()
        guard let first = answer.divergence else {
            let derived = answer.decisions.count { $0.standing == .equal }
            return text + paint("Equal: ", .green)
                + "\(answer.entries) entries and \(derived) decisions of \(harmless(answer.incident)) follow from its inputs.\n"
        }
        return text + paint("Divergent: ", .red)
            + harmless("\(answer.incident), entry \(first.entry), \(first.kind.rawValue)") + "\n"
            + harmless("    recorded: \(first.recorded)") + "\n"
            + harmless("    follows:  \(first.derived ?? "nothing")") + "\n"
    }

    private static func words(_ standing: ReplayedDecision.Standing) -> String {
        switch standing {
        case .equal: "equal"
        case .divergent: "divergent"
        case .notDerivable: "not made again"
        }
    }

    private var known: [String] {
        guard let knowledge = answer.knowledge, let at else { return [] }
        return ["At \(TimeWords.date(at)):"]
            + knowledge.flatMap { agent in
                let entries = agent.entries.map { "\($0)" }.joined(separator: ", ")
                guard !agent.knows.isEmpty else { return ["  \(agent.agent): nothing yet"] }
                return ["  \(agent.agent) (entries \(entries)):"] + agent.knows.map { "    \($0)" }
            }
    }

    private var judged: [String] {
        guard let policy = answer.policy else { return [] }
        let end =
            "Under \(policy.policy) \(policy.changes.count) of \(policy.judged) verdicts would be others"
            + (policy.unknown.isEmpty ? "." : "; of \(policy.unknown.count) nothing was kept.")
        return policy.changes.flatMap { change in
            ["entry \(change.entry), \(change.plan)", "    \(change.before) would be \(change.after):"]
                + change.because.map { "        \($0)" }
                + ["    then: \(change.followed)", "    instead: \(change.instead)"]
        } + [end]
    }

    static func text(_ backtest: Backtest, _ paint: Paint) -> String {
        var table = Table(["INCIDENT", "OUTCOME", "REPLAY", "CULPRIT", "CATEGORY", "PLAN", "VERDICT", "RIGHT", "NAME"])
        table.rows = backtest.rows.map { row in
            func word(_ comparison: Backtest.Comparison) -> String { comparison == .none ? "–" : comparison.rawValue }
            return [
                row.incident, row.outcome, row.replay, word(row.culprit), word(row.category), word(row.plan),
                word(row.verdict), row.wasRight.map { $0 ? "yes" : "no" } ?? "–", row.name,
            ]
        }
        let worse = backtest.rows.map(\.isWorse)
        var text = table.text(paint) { row, _ in worse[row] ? .red : nil }
        for row in backtest.rows {
            let why = row.replay == "unreadable" ? [row.divergence ?? ""] : row.differences
            for line in why { text += harmless("\(row.incident) \(row.name): \(line)") + "\n" }
        }
        return text
            + "\(backtest.equal) of \(backtest.rows.count) are equal, \(backtest.worse) would be worse, "
            + "\(backtest.unreadable) cannot be read\n"
    }
}
