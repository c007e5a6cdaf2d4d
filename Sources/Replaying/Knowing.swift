import Contracts

/// What one of those who work on an incident knew at a time.
public struct AgentKnowledge: Codable, Sendable, Equatable {
    /// `triage`, `telemetry`, `remediation`, `risk`, `people`
    public var agent: String
    /// In a sentence each; empty where it had been told nothing yet.
    public var knows: [String]
    /// The entries of the journal from which that is known.
    public var entries: [Int]

    init(_ agent: String) {
        self.agent = agent
        knows = []
        entries = []
    }

    mutating func learn(_ entry: Int, _ sentences: String...) {
        knows = sentences
        entries = [entry]
    }

    mutating func hear(_ entry: Int, _ sentence: String) {
        knows.append(sentence)
        entries.append(entry)
    }
}

extension Replay {
    /// What each agent knew, from the inputs up to a time (nanoseconds since 1970) and what follows from them.
    public func known(at time: Int64) -> [AgentKnowledge] {
        var triage = AgentKnowledge("triage")
        var telemetry = AgentKnowledge("telemetry")
        var remediation = AgentKnowledge("remediation")
        var risk = AgentKnowledge("risk")
        var people = AgentKnowledge("people")
        for step in steps.prefix(while: { $0.input.at <= time }) {
            let incident = step.after
            let alerts = incident.alerts
            triage.learn(
                step.number,
                "\(incident.stage.rawValue), generation \(incident.generation): \(incident.note)",
                "\(alerts.firing) of \(alerts.total) alerts fire, about \(alerts.nodes.joined(separator: ", "))",
                "the cause: \(Words.cause(incident.diagnosis))")
            switch step.input.event {
            case .evidence(_, let input): telemetry.learn(step.number, Self.summary(input), Self.troubles(input))
            case .verified(_, let verification): telemetry.hear(step.number, Self.summary(verification))
            case .offers(_, let offers, let text): remediation.learn(step.number, Words.plan(offers, text))
            case .executed(_, let report):
                remediation.hear(step.number, "\(report.outcome.rawValue): \(report.text)")
            case .verdict(_, let verdict): risk.learn(step.number, Words.verdict(verdict))
            case .approval(_, let standing):
                let who = standing.people.isEmpty ? "" : " by \(standing.people.joined(separator: ", "))"
                risk.hear(step.number, "\(standing.outcome.rawValue)\(who)")
                if let feedback = standing.feedback { people.hear(step.number, feedback) }
            case .command(let command): people.hear(step.number, Self.summary(command))
            default: break
            }
        }
        return [triage, telemetry, remediation, risk, people]
    }

    private static func summary(_ input: DiagnosisInput) -> String {
        let evidence = input.evidence
        return
            "\(evidence.series.count) series, \(evidence.messages.count) messages, \(evidence.changes.count) changes, "
            + "\(evidence.missing.count) signals missing, \(input.past.count) incidents of the past"
    }

    private static func troubles(_ input: DiagnosisInput) -> String {
        let texts = input.evidence.findings.map { "\($0.node): \($0.text)" }
        return texts.isEmpty ? "no finding" : texts.prefix(5).joined(separator: "; ")
    }

    private static func summary(_ verification: Verification) -> String {
        let texts = verification.conditions.map(\.text).joined(separator: "; ")
        return "verification \(verification.verdict.rawValue)" + (texts.isEmpty ? "" : ": \(texts)")
    }

    private static func summary(_ command: IncidentCommand) -> String {
        switch command.kind {
        case .comment(let text): "\(command.person) says: \(text)"
        case .score(let score): "\(command.person) gives \(score) of 5"
        case .acknowledge: "\(command.person) knows of it"
        case .escalate: "\(command.person) wants a person to act"
        case .take: "\(command.person) acts now"
        case .suppress: "\(command.person) says that it is noise"
        case .resolve: "\(command.person) says that it is mended"
        case .fail: "\(command.person) gives it up"
        case .retry: "\(command.person) wants the agents to look again"
        }
    }
}
