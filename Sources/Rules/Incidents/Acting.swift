import Contracts

/// From the permission to the end.
extension Change {
    /// Begins nothing further; what took effect is taken back.
    mutating func halt(_ why: String) {
        incident.note = "is being halted: \(why)"
        // Where nobody answers, what was permitted before must have lost its force by the deadline.
        let seconds = incident.verdict?.capabilitySeconds ?? 0
        let force = seconds > 0 && seconds < 1e6 ? Int64(seconds * 1e9).later(by: .seconds(10)) : 0
        begin(.halt, within: max(terms.haltWithin, force))
    }

    mutating func executed(_ step: String, _ report: ExecutionReport) -> Bool {
        guard let current = incident.step, current.id == step else { return false }
        switch current.errand {
        case .execution, .halt: finished(report, isHalted: current.errand == .halt)
        case .undo: undone(report)
        default: return false
        }
        return true
    }

    private mutating func finished(_ report: ExecutionReport, isHalted: Bool) {
        incident.report = report
        if report.outcome != .refused { incident.actions += 1 }
        if report.outcome == .stuck {
            drop(.undone, report.text)
            return escalate("something took effect and could not be taken back: \(report.text)")
        }
        if let wish = incident.wish {
            if report.outcome == .undone { drop(.undone, report.text) }
            return fulfil(wish, report)
        }
        switch report.outcome {
        case .done: verify()
        // What was refused was not tried: it may be right for the state that is.
        case .refused: replan("nothing took effect: \(report.text)")
        case .undone:
            drop(.undone, report.text)
            go(.rolledBack, "taken back: \(report.text)")
            tell(.rolledBack, report.text)
        case .stuck: break
        }
    }

    /// What a person wanted while something was in hand.
    mutating func fulfil(_ wish: IncidentWish, _ report: ExecutionReport) {
        let rest =
            switch report.outcome {
            case .done: "what was done stays"
            case .refused: "nothing had taken effect"
            case .undone: "what was done was taken back"
            case .stuck: "not all could be taken back"
            }
        settle(wish, rest)
    }

    mutating func settle(_ wish: IncidentWish, _ rest: String) {
        let said = wish.text.isEmpty ? "" : ": \(wish.text)"
        let note = "\(wish.person)\(said)" + (rest.isEmpty ? "" : " (\(rest))")
        if wish.stage == .escalated { escalate(note) } else { end(wish.stage, note) }
    }

    private mutating func verify() {
        let expectation = incident.plan?.expectation
        let seconds = (expectation?.settleSeconds ?? 0) + (expectation?.deadlineSeconds ?? 0)
        let span = seconds > 0 && seconds < 1e6 ? Int64(seconds * 1e9) : 0
        go(.verifying, "done; whether it helps is being watched")
        begin(.verification, within: span.later(by: terms.verificationMargin))
    }

    mutating func verified(_ verification: Verification) -> Bool {
        switch verification.verdict {
        // It is asked again, until the deadline.
        case .pending, .unknown: return false
        case .holds:
            incident.verification = verification
            learn(true, .verification)
            end(.resolved, "verified: \(incident.plan?.plan.text ?? "")")
        case .fails:
            incident.verification = verification
            learn(false, .verification)
            let failed = verification.conditions.filter { $0.verdict == .fails }.map(\.text)
            go(.undoing, "it does not hold: \(failed.joined(separator: "; "))")
            begin(.undo)
        }
        return true
    }

    private mutating func undone(_ report: ExecutionReport) {
        guard report.outcome == .undone || report.outcome == .refused else {
            return escalate("what was done could not be taken back: \(report.text)")
        }
        drop(.notHelped, report.text)
        if let wish = incident.wish { return fulfil(wish, report) }
        go(.rolledBack, "it did not help, and was taken back")
        tell(.rolledBack, report.text)
    }

    /// Who was asked says that it will not, and will say so again.
    mutating func refused(_ step: String, _ text: String) -> Bool {
        guard let current = incident.step, current.id == step else { return false }
        switch current.errand {
        case .evidence: investigatedInVain(text)
        case .plan: escalate("no plan: \(text)")
        case .verdict: escalate("no verdict: \(text)")
        case .approval: replan(text)
        case .execution:
            if let wish = incident.wish { settle(wish, "nothing had taken effect") } else { replan(text) }
        case .halt, .undo, .verification: escalate(text)
        case .pause: return false
        }
        return true
    }
}
