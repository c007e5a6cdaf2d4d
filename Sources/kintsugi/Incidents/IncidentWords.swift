import Contracts

/// Words that several reports on incidents have in common.
enum IncidentWords {
    static let stages = IncidentStage.allCases.map(\.rawValue)

    /// Where it stands, in a sentence.
    static func standing(_ incident: Incident) -> String {
        let wish = incident.wish.map { " (it shall be \($0.stage.rawValue) once nothing is in hand)" } ?? ""
        let note = incident.note.isEmpty ? "" : ": \(incident.note)"
        return harmless("The incident \(incident.id) is \(incident.stage.rawValue)\(note)\(wish).")
    }

    static func colour(_ stage: IncidentStage) -> Paint.Colour? {
        switch stage {
        case .resolved: .green
        case .suppressed: .grey
        case .escalated, .failed: .red
        case .awaitingApproval: .yellow
        case .open, .investigating, .diagnosed, .planned, .executing, .verifying, .undoing, .rejected, .rolledBack: nil
        }
    }

    static func colour(_ severity: FindingSeverity) -> Paint.Colour {
        switch severity {
        case .notice: .grey
        case .warning: .yellow
        case .critical: .red
        }
    }

    static func signed(_ points: Double) -> String { (points < 0 ? "−" : "+") + brief(abs(points)) }

    /// Each line of a text by itself, harmless.
    static func lines(_ text: String, indent: String) -> [String] {
        text.split(whereSeparator: \.isNewline).map { indent + harmless(String($0)) }
    }

    /// What an order does, such as `restart orders at supervisor (count 2)`.
    static func order(_ order: ActionOrder) -> String {
        let arguments = order.arguments.map { "\($0.name) \($0.value)" }.joined(separator: ", ")
        return "\(order.action.rawValue) \(order.target) at \(order.door)"
            + (arguments.isEmpty ? "" : " (\(arguments))")
    }

    static func approval(_ standing: ApprovalStanding) -> String {
        let people = standing.people.isEmpty ? "" : " by \(standing.people.joined(separator: " and "))"
        let until = standing.until.map { ", until \(TimeWords.date($0)) UTC" } ?? ""
        let outcome =
            switch standing.outcome {
            case .notNeeded: "not needed"
            case .waiting:
                standing.missing == 1 ? "waits for one more person" : "waits for \(standing.missing) more people"
            case .granted: "granted"
            case .rejected: "rejected"
            case .denied: "denied"
            case .void: "void"
            case .expired: "expired"
            }
        let text = standing.text.isEmpty ? "" : ": \(standing.text)"
        let feedback = standing.feedback.map { " (\"\($0)\")" } ?? ""
        return outcome + people + until + text + feedback
    }
}
