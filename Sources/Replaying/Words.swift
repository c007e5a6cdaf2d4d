import Contracts

/// Decisions in a line each, for people.
enum Words {
    static func plan(_ offers: [PlanOffer], _ text: String, unless other: [PlanOffer]? = nil) -> String {
        let words =
            offers.isEmpty
            ? "no plan: \(text)" : offers.map { "\($0.origin) \($0.plan.digest.brief)" }.joined(separator: ", ")
        guard let other, other.map(\.plan.digest) == offers.map(\.plan.digest) else { return words }
        return words + " with other words, diff or expectation"
    }

    static func verdict(_ verdict: Verdict, unless other: Verdict? = nil) -> String {
        let against = verdict.reasons.filter { $0.outcome != .auto }.map { "\($0.rule): \($0.text)" }
        let words =
            "\(verdict.outcome.rawValue) on \(verdict.plan.brief)"
            + (against.isEmpty ? "" : " (\(against.joined(separator: "; ")))")
        guard let other, other.outcome == verdict.outcome, other.plan == verdict.plan else { return words }
        guard let first = zip(verdict.reasons, other.reasons).first(where: { $0 != $1 })?.0 else {
            return words + " under \(verdict.policy ?? "no policy")"
        }
        return words + ", and by \(first.rule): \(first.text)"
    }

    static func cause(_ diagnosis: Diagnosis?) -> String {
        guard let best = diagnosis?.hypotheses.first else { return "no cause" }
        return "\(best.category) in \(best.node), \(Int((min(max(best.confidence, 0), 1) * 100).rounded())) %"
    }

    static func question(_ question: PlanQuestion, unless other: PlanQuestion? = nil) -> String {
        let words = "\(cause(question.diagnosis)), generation \(question.generation)"
        guard let other, other.diagnosis.hypotheses.first == question.diagnosis.hypotheses.first else { return words }
        return words + ", in another of its parts"
    }

    static func result(_ result: JournalResult) -> String { "\(result.stage.rawValue): \(result.note)" }

    static func diagnosed(_ incident: Incident, _ result: JournalResult) -> String { self.result(result) }

    static func result(_ result: JournalResult, _ incident: Incident, unless other: JournalResult) -> String {
        guard result.stage == other.stage, result.note == other.note else { return self.result(result) }
        return "\(self.result(result)), and the incident is another one (\(cause(incident.diagnosis)))"
    }
}
