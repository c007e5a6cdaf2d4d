import Contracts

/// What one entry of the journal says, in sentences.
enum EntrySentences {
    static func text(_ item: ReplayedEntry, before: Incident?) -> String {
        switch item.input.event {
        case .opened(let opening): opened(item, opening)
        case .alerts(let standing): alerts(standing)
        case .noted(let text): "A note says \(Printed.quote(text))."
        case .tick: "Time passed."
        case .claimed(let holder): "\(Printed.name(holder)) went on with it."
        case .evidence(_, let input): evidence(input, item.incident)
        case .offers(_, let offers, let text): planned(offers, text)
        case .verdict(_, let verdict): judged(verdict)
        case .approval(_, let standing): answered(standing)
        case .executed(_, let report): executed(report)
        case .verified(_, let verification): verified(verification)
        case .refused(_, let text): "Who was asked will not: \(Printed.quote(text))."
        case .command(let command): said(command)
        }
    }

    static func opened(_ item: ReplayedEntry, _ opening: IncidentOpening) -> String {
        "\(Printed.name(item.entry.incident)) was opened with priority P\(opening.alerts.priority) by "
            + "\(opening.source.rawValue): \(Printed.quote(opening.title))."
    }

    static func alerts(_ standing: AlertsStanding) -> String {
        let nodes = standing.nodes.isEmpty ? "" : ", about \(Printed.names(standing.nodes))"
        return "\(standing.firing) of \(standing.total) alerts fired\(nodes)."
    }

    private static func evidence(_ input: DiagnosisInput, _ incident: Incident) -> String {
        let evidence = input.evidence
        let counts =
            "The evidence had \(evidence.series.count) series, \(evidence.messages.count) kinds of log lines, "
            + "\(evidence.changes.count) changes and \(evidence.findings.count) findings."
        guard let best = incident.diagnosis?.hypotheses.first else { return counts + " It showed no cause." }
        return counts + " " + believed(best)
    }

    static func believed(_ best: Diagnosis.Hypothesis) -> String {
        "It led to \(Printed.name(best.category)) in \(Printed.name(best.node)), with a confidence of "
            + "\(Printed.percent(best.confidence))."
    }

    private static func planned(_ offers: [PlanOffer], _ text: String) -> String {
        guard let first = offers.first else { return "There was no plan\(because(text))." }
        return "\(offers.count) plans were offered, and the best of them is \(first.plan.digest.brief) of "
            + "\(Printed.name(first.origin))\(because(first.plan.text))."
    }

    static func judged(_ verdict: Verdict) -> String {
        let policy = verdict.policy.map { " under the policy \(Printed.name($0))" } ?? ""
        let reason = verdict.reasons.first { $0.outcome == verdict.outcome && $0.outcome != .auto }
        return "The verdict of Risk about the plan \(verdict.plan.brief)\(policy) was \(verdict.outcome.rawValue)"
            + "\(because(reason?.text ?? ""))."
    }

    static func answered(_ standing: ApprovalStanding) -> String {
        let who = standing.people.isEmpty ? "" : " by \(Printed.names(standing.people))"
        return "The approval was \(standing.outcome.rawValue)\(who)\(because(standing.feedback ?? standing.text))."
    }

    static func executed(_ report: ExecutionReport) -> String {
        "The execution was \(report.outcome.rawValue) within \(Printed.span(report.began, report.ended))"
            + "\(because(report.text))."
    }

    static func verified(_ verification: Verification) -> String {
        let conditions = verification.conditions.filter { $0.verdict == verification.verdict }.map(\.text)
        return "The verification was \(verification.verdict.rawValue)\(because(conditions.joined(separator: "; ")))."
    }

    static func said(_ command: IncidentCommand) -> String {
        let person = Printed.name(command.person)
        switch command.kind {
        case .acknowledge: return "\(person) acknowledged it\(because(command.text))."
        case .comment(let text): return "\(person) commented on it\(because(text))."
        case .score(let score): return "\(person) scored it \(score) of 5\(because(command.text))."
        case .escalate: return "\(person) escalated it\(because(command.text))."
        case .take: return "\(person) took it over\(because(command.text))."
        case .suppress: return "\(person) took it for noise\(because(command.text))."
        case .resolve: return "\(person) declared it mended\(because(command.text))."
        case .fail: return "\(person) gave it up\(because(command.text))."
        case .retry: return "\(person) had the agents look again\(because(command.text))."
        }
    }

    static func because(_ text: String) -> String { text.isEmpty ? "" : ": \(Printed.quote(text))" }
}
