import Contracts
public import Postmortems
public import Reckoning

extension IncidentFigures {
    /// What a post-mortem and its addenda tell.
    public init(_ document: Postmortem, addenda: [Addendum] = []) {
        self.init(incident: document.incident, outcome: document.outcome, ended: document.ended.nanoseconds)
        category = document.rootCauseCategory
        culprit = document.diagnosis?.node
        let strongest = document.incidentSignature.vector.max { ($0.weight, $1.term) < ($1.weight, $0.term) }
        blamed = document.diagnosis?.change?.kind.rawValue ?? strongest?.term
        detection = document.durations.mttd.value
        acknowledgement = document.durations.mtta.value
        resolution = document.durations.mttr.value
        let applied = document.otherActions + (document.remediationAction.map { [$0] } ?? [])
        actions = applied.map { one in
            Action(Action.Fate(one.fate), people: one.approvedBy.count, text: one.text)
        }
        score = addenda.last { $0.score != nil }?.score ?? document.humanFeedbackScore
        failedRequests = document.impact.failedRequests.value
        confidence = document.diagnosis?.confidence
        let helped = document.remediationAction.map { $0.fate == .helped }
        wasRight = score.flatMap { $0 == 3 ? nil : $0 > 3 } ?? helped
        take(document.simulationContext.entries)
    }

    /// What stands in the inputs alone: how many alerts there were, and whether a person took it over.
    private mutating func take(_ entries: [String]) {
        for text in entries {
            guard let bytes = Base64.decode(text.utf8),
                let input = try? Packed.decode(IncidentInput.self, from: bytes)
            else { continue }
            switch input.event {
            case .opened(let opening): alerts = opening.alerts.total
            case .alerts(let standing): alerts = max(alerts, standing.total)
            case .command(let command):
                switch command.kind {
                case .take, .resolve, .fail, .suppress: wasTaken = true
                default: break
                }
            default: break
            }
        }
    }
}

extension IncidentFigures.Action.Fate {
    init(_ fate: AppliedPlan.Fate) {
        self =
            switch fate {
            case .helped: .helped
            case .stays: .stays
            case .undone: .undone
            case .refused: .refused
            case .stuck: .stuck
            }
    }
}
