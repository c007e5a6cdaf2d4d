import Bus
import Contracts
import Diagnosing
import Incidents
import Signals
import Worker

/// Does the step in hand of an incident: asks whoever is to be asked until there is an answer or the deadline is over.
/// Whatever is asked is asked under the id of the step, so that asking again begins nothing a second time.
struct Asking: Sendable {
    let bus: BusSystem
    let log: Log
    let steps: OwnSteps
    /// The roles that this cluster has.
    let roles: [String]
    /// Of what became of diagnoses: shipped with the configuration.
    let calibration: CalibrationTable
    let past: @Sendable () async -> [PastSignature]
    /// The answer, as an event, with the lifecycle that knows what was computed for it.
    let answer:
        @Sendable (_ incident: String, _ step: IncidentStep, _ event: IncidentEvent, _ diagnosis: Diagnosis?) async
            -> Void

    private static let patience = Duration.seconds(5)
    /// From one question about work under way to the next: often at first, since most is done soon.
    private static let firstPace = Duration.milliseconds(10)
    private static let pace = Duration.milliseconds(200)
    private static let slowPace = Duration.seconds(1)

    private enum Outcome {
        case answered(IncidentEvent, Diagnosis?)
        /// Nothing to go on with yet.
        case underway(Duration)
    }

    func start(_ incident: Incident, _ question: IncidentQuestion, _ step: IncidentStep) -> Task<Void, Never> {
        // Not of the call that the step followed from: that one's deadline is not the step's.
        Task.detached {
            let began = Moment.now
            let outcome = await run(incident, question, step)
            // What was given up because it is not wanted any more has neither succeeded nor failed.
            guard outcome != "cancelled" else { return }
            steps.count(step.errand.rawValue, outcome, took: Moment.now.since(began))
        }
    }

    private func run(_ incident: Incident, _ question: IncidentQuestion, _ step: IncidentStep) async -> String {
        guard let role = step.errand.role, roles.contains(role) else {
            let text = "this cluster has no \(step.errand.role ?? "agent") to be asked"
            await answer(incident.id, step, .refused(step: step.id, text: text), nil)
            return "refused"
        }
        var failures = 0
        var nextPace = Self.firstPace
        while !Task.isCancelled {
            let rest = step.deadline - WallTime.now.nanoseconds
            guard rest > 0 else { return "late" }
            var pause = Self.pace
            do {
                let patience = min(Self.patience, .nanoseconds(rest))
                switch try await withCallOptions(
                    patience: patience, idempotent: true, { try await ask(incident, question, step) })
                {
                case .answered(let event, let diagnosis):
                    await answer(incident.id, step, event, diagnosis)
                    return "ok"
                case .underway(let wait):
                    pause = min(wait, nextPace)
                    nextPace = min(nextPace * 2, Self.slowPace)
                    failures = 0
                }
            } catch {
                if let text = Self.refusal(error) {
                    await answer(incident.id, step, .refused(step: step.id, text: text), nil)
                    return "refused"
                }
                failures += 1
                pause = min(Self.slowPace, .milliseconds(50) * failures)
                log.limited(
                    "ask \(step.errand.rawValue)", .warning, "\(role) did not answer; it is asked again",
                    ["incident": .text(incident.id), "why": "\(error)"])
            }
            // A cancelled sleep ends the loop.
            do { try await Task.sleep(for: pause) } catch { return "cancelled" }
        }
        return "cancelled"
    }

    /// What will be said again however often it is asked; nil where asking again may help.
    private static func refusal(_ error: any Error) -> String? {
        if let fault = error as? RiskFault {
            if case .nobodyActive = fault { return nil }
            return fault.description
        }
        guard let error = error as? BusError else { return nil }
        return switch error {
        case .late, .lost, .overloaded, .unavailable, .closed, .noSuchActor: nil
        case .failed, .denied, .noSuchMethod, .badArguments, .contractMismatch, .poison, .tooLarge, .malformed:
            "\(error)"
        }
    }

    private func ask(
        _ incident: Incident, _ question: IncidentQuestion, _ step: IncidentStep
    ) async throws -> Outcome {
        switch question {
        case .evidence(let scope): return try await investigate(scope, step)
        case .plan(let question):
            switch try await remediation().plan(question) {
            case .underway: return .underway(Self.pace)
            case .offers(let offers): return .answered(.offers(step: step.id, offers, text: ""), nil)
            case .none(let text): return .answered(.offers(step: step.id, [], text: text), nil)
            }
        case .verdict(let question):
            return .answered(.verdict(step: step.id, try await risk().judge(question)), nil)
        case .approval(let question):
            let standing = try await risk().approval(question)
            guard standing.outcome != .waiting else { return .underway(Self.pace) }
            return .answered(.approval(step: step.id, standing), nil)
        case .execution(let question): return progress(try await remediation().execute(question), step)
        case .halt(let question): return progress(try await remediation().halt(question), step)
        case .undo(let question): return progress(try await remediation().undo(question), step)
        case .verification(let expectation):
            let verification = try await telemetry().verify(expectation)
            switch verification.verdict {
            case .holds, .fails: return .answered(.verified(step: step.id, verification), nil)
            case .pending, .unknown: return .underway(Self.slowPace)
            }
        }
    }

    private func progress(_ answer: ExecutionAnswer, _ step: IncidentStep) -> Outcome {
        switch answer {
        case .underway: .underway(Self.pace)
        case .done(let report): .answered(.executed(step: step.id, report), nil)
        }
    }

    private func investigate(_ scope: EvidenceScope, _ step: IncidentStep) async throws -> Outcome {
        let evidence = try await telemetry().investigate(scope)
        var input = DiagnosisInput(evidence: evidence, calibration: calibration)
        input.past = await past()
        let diagnosis = Diagnosing.diagnose(input)
        // What looks nothing like it changes nothing, and need not be kept.
        let near = diagnosis.similar.map(\.incident)
        input.past = input.past.filter { near.contains($0.outcome.incident) }
        return .answered(.evidence(step: step.id, input), diagnosis)
    }

    private func telemetry() throws -> $TelemetryDesk<BusSystem> {
        try $TelemetryDesk<BusSystem>.resolve(id: BusID(role: "telemetry"), using: bus)
    }

    private func remediation() throws -> $RemediationDesk<BusSystem> {
        try $RemediationDesk<BusSystem>.resolve(id: BusID(role: "remediation"), using: bus)
    }

    private func risk() throws -> $RiskDesk<BusSystem> {
        try $RiskDesk<BusSystem>.resolve(id: BusID(role: "risk"), using: bus)
    }
}
