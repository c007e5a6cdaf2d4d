public import Contracts

/// Events in words.
public enum JournalWords {
    /// One event, in a line.
    public static func text(_ event: IncidentEvent) -> String {
        switch event {
        case .opened(let opening): return "opened: \(opening.title)"
        case .alerts(let standing):
            let nodes = standing.nodes.isEmpty ? "" : " about \(standing.nodes.joined(separator: ", "))"
            return "\(standing.firing) of \(standing.total) alerts fire\(nodes), P\(standing.priority)"
        case .noted(let text): return "noted: \(text)"
        case .tick: return "time passed"
        case .claimed(let holder): return "\(holder) goes on with it"
        case .evidence(_, let input):
            let evidence = input.evidence
            return "evidence: \(evidence.series.count) series, \(evidence.messages.count) kinds of log lines, "
                + "\(evidence.changes.count) changes, \(evidence.findings.count) findings, \(input.past.count) incidents "
                + "of the past"
        case .offers(_, let offers, let text):
            return offers.isEmpty ? "no plan: \(text)" : "plans: " + offers.map(\.plan.text).joined(separator: "; ")
        case .verdict(_, let verdict): return "verdict: \(verdict.outcome.rawValue) for the plan \(verdict.plan.brief)"
        case .approval(_, let standing): return "approval: " + self.words(standing)
        case .executed(_, let report): return "execution: \(report.outcome.rawValue)" + said(report.text)
        case .verified(_, let verification):
            let failed = verification.conditions.filter { $0.verdict == .fails }.map(\.text)
            return "verification: \(verification.verdict.rawValue)" + said(failed.joined(separator: "; "))
        case .refused(_, let text): return "refused: \(text)"
        case .command(let command): return "\(command.person) \(words(command.kind))" + said(command.text)
        }
    }

    private static func words(_ standing: ApprovalStanding) -> String {
        let people = standing.people.isEmpty ? "" : " by \(standing.people.joined(separator: " and "))"
        let outcome =
            switch standing.outcome {
            case .notNeeded: "not needed"
            case .waiting:
                standing.missing == 1 ? "waits for one more person" : "waits for \(standing.missing) more people"
            case .granted, .rejected, .denied, .void, .expired: standing.outcome.rawValue
            }
        return outcome + people + said(standing.text) + (standing.feedback.map { " (\"\($0)\")" } ?? "")
    }

    private static func said(_ text: String) -> String { text.isEmpty ? "" : ": \(text)" }

    private static func words(_ kind: IncidentCommand.Kind) -> String {
        switch kind {
        case .acknowledge: "knows of it"
        case .comment(let text): "says: \(text)"
        case .score(let score): "scores it \(score) of 5"
        case .escalate: "wants a person to act"
        case .take: "takes it over"
        case .suppress: "takes it as noise"
        case .resolve: "says that it is mended"
        case .fail: "gives it up"
        case .retry: "lets the agents look again"
        }
    }
}
