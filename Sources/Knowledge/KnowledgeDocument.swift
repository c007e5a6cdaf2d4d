public import Contracts
public import Postmortems
public import Remedies

/// One thing to know, as it is kept.
public struct KnowledgeDocument: Codable, Sendable, Equatable {
    /// Another document under the same id takes the place of this one.
    public var id: String
    public var kind: KnowledgeKind
    public var title: String
    public var text: String
    public var past: PastSignature?
    /// Nanoseconds since 1970.
    public var at: Int64

    public init(id: String, kind: KnowledgeKind, title: String, text: String, past: PastSignature? = nil, at: Int64) {
        self.id = id
        self.kind = kind
        self.title = title
        self.text = text
        self.past = past
        self.at = at
    }

    /// What a person has written down.
    public init(note title: String, text: String, at: Int64) {
        let letters = title.lowercased().map { $0.isLetter || $0.isNumber ? $0 : "-" }
        let name = String(letters.prefix(60))
        self.init(
            id: "note/\(name)-\(Digest(of: Array((title + "\n" + text).utf8)).brief)", kind: .note, title: title,
            text: text, at: at)
    }

    /// What a runbook is for, and what it does.
    public init(_ runbook: Runbook) {
        let steps = runbook.steps.map { "\($0.action.rawValue) \($0.target) at \($0.door): \($0.text)" }
        let lines =
            [runbook.about, "for " + runbook.when.categories.joined(separator: ", ")]
            + (runbook.when.resources.isEmpty ? [] : ["short of " + runbook.when.resources.joined(separator: ", ")])
        self.init(
            id: "runbook/\(runbook.name)", kind: .runbook, title: runbook.name,
            text: (lines + steps).joined(separator: "\n"), at: 0)
    }

    /// What a post-mortem says, with what was added later.
    public init(_ document: Postmortem, addenda: [Addendum] = []) {
        var lines: [String] = []
        if let diagnosis = document.diagnosis {
            lines.append("\(diagnosis.category) in \(diagnosis.node)")
            lines += diagnosis.speaksFor
            if let change = diagnosis.change { lines.append("\(change.text) (\(change.author))") }
        }
        lines += document.summaries.engineer.map(\.text)
        if let action = document.remediationAction { lines += [action.text, action.fateText] }
        lines += document.otherActions.flatMap { [$0.text, $0.fateText] }
        lines += document.feedback.map(\.text) + addenda.map(\.text)
        lines += document.missingSignals.map { "\($0.signal): \($0.reason)" } + document.followUps.map(\.text)
        lines.append("services: " + document.impact.nodes.joined(separator: ", "))
        self.init(
            id: "postmortem/\(document.incident)", kind: .postmortem, title: document.title,
            text: lines.joined(separator: "\n"), past: PastSignature(document, addenda: addenda),
            at: document.ended.nanoseconds)
    }
}

extension PastSignature {
    /// What a post-mortem tells the next diagnosis; nil where no cause was found.
    public init?(_ document: Postmortem, addenda: [Addendum] = []) {
        guard let diagnosis = document.diagnosis else { return nil }
        let score = addenda.last { $0.score != nil }?.score ?? document.humanFeedbackScore
        let helped = document.remediationAction.map { $0.fate == .helped }
        let scored = score.flatMap { $0 == 3 ? nil : $0 > 3 }
        self.init(
            signature: document.incidentSignature.vector,
            outcome: PastOutcome(
                incident: document.incident, similarity: 1, node: diagnosis.node, category: diagnosis.category,
                wasRight: scored ?? helped,
                actions: (document.remediationAction?.steps ?? []).map {
                    ActionOrder($0.action, door: $0.door, target: $0.target, arguments: $0.arguments)
                }, helped: helped, at: document.ended.nanoseconds))
    }
}
