public import Contracts

/// What is asked for the step in hand. It follows from the incident alone, so that whoever takes it over asks the same.
public enum IncidentQuestion: Sendable, Equatable {
    case evidence(EvidenceScope)
    case plan(PlanQuestion)
    case verdict(VerdictQuestion)
    case approval(ApprovalQuestion)
    case execution(ExecutionQuestion)
    case halt(ExecutionQuestion)
    case undo(ExecutionQuestion)
    case verification(Expectation)
}

extension Lifecycle {
    /// The question of the step in hand; nil where none is, and for a pause.
    public func question(_ incident: Incident) -> IncidentQuestion? {
        guard let step = incident.step else { return nil }
        switch step.errand {
        case .pause: return nil
        case .evidence: return .evidence(EvidenceScope(from: incident.opening.began - terms.lookBack))
        case .plan: return incident.diagnosis.map { .plan(plan(incident, $0, step)) }
        case .verdict:
            return incident.plan.map {
                .verdict(
                    VerdictQuestion(
                        step: step.id, plan: $0.plan, state: $0.state, standing: incident.standing,
                        asker: $0.proposer.map { Asker(.person, $0) } ?? Asker(.agent, "remediation")))
            }
        case .approval:
            return incident.plan.map {
                .approval(
                    ApprovalQuestion(
                        incident: incident.id, generation: incident.generation, plan: $0.plan.digest))
            }
        case .execution: return execution(incident, step).map { .execution($0) }
        case .halt: return execution(incident, step).map { .halt($0) }
        case .undo: return execution(incident, step).map { .undo($0) }
        case .verification: return incident.plan.map { .verification(expectation(incident, $0)) }
        }
    }

    private func plan(_ incident: Incident, _ diagnosis: Diagnosis, _ step: IncidentStep) -> PlanQuestion {
        PlanQuestion(
            step: step.id, incident: incident.id, generation: incident.generation, diagnosis: diagnosis,
            earlier: incident.earlier, feedback: incident.feedback, history: diagnosis.similar)
    }

    private func execution(_ incident: Incident, _ step: IncidentStep) -> ExecutionQuestion? {
        guard let offer = incident.plan, let execution = incident.execution else { return nil }
        return ExecutionQuestion(step: step.id, execution: execution, plan: offer.plan)
    }

    /// The plan's own expectation, from the end of what was done; and what has hurt must hurt no longer.
    private func expectation(_ incident: Incident, _ offer: PlanOffer) -> Expectation {
        var expectation = offer.expectation
        expectation.since = incident.report?.ended ?? incident.stageSince
        expectation.ended += incident.alerts.findings.filter { !expectation.ended.contains($0) }
        return expectation
    }
}
