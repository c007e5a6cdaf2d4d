import Contracts

/// From the first sign to a plan.
extension Change {
    mutating func investigate(_ note: String) {
        go(.investigating, note)
        let early = incident.opening.began.later(by: terms.settle) - now
        if early > 0 { begin(.pause, within: min(early, terms.settle)) } else { begin(.evidence) }
    }

    /// A new generation: nothing that was planned or permitted before counts any more.
    mutating func lookAnew() {
        guard incident.actions < terms.mostActions else {
            return escalate("\(incident.actions) plans were carried out, and none has helped")
        }
        guard incident.generation < terms.mostGenerations else {
            return escalate("after \(incident.generation) diagnoses there is none that anybody agrees to")
        }
        // What took effect and was not taken back is there: the next plan is another one.
        if incident.execution != nil, incident.report?.outcome == .done { drop(.stays, "it stays as it is") }
        incident.generation += 1
        incident.looks = 0
        incident.replans = 0
        incident.offers = []
        incident.verdict = nil
        incident.approval = nil
        incident.execution = nil
        incident.report = nil
        incident.verification = nil
        investigate("looks for the cause again")
    }

    mutating func investigated(_ input: DiagnosisInput) -> Bool {
        incident.looks += 1
        incident.evidence = Digest("kintsugi evidence 1", of: (try? Packed.encode(input)) ?? [])
        let before = incident.diagnosis?.hypotheses.first
        incident.diagnosis = lifecycle.diagnose(input)
        let best = incident.diagnosis?.hypotheses.first
        let isSame = before?.node == best?.node && before?.category == best?.category
        incident.steadyLooks = incident.looks > 1 && isSame ? incident.steadyLooks + 1 : 1
        if let undone = input.evidence.latestUndone, undone.later(by: terms.calm) > now {
            // Whether that was it shows in a while: what is done now would be done about the past.
            incident.note = "a change was taken back; whether that mends it is being watched"
            begin(.pause, within: undone.later(by: terms.calm) - now)
            return true
        }
        conclude(isLast: false)
        return true
    }

    /// Goes on with what earlier looks have shown, or with nothing.
    mutating func investigatedInVain(_ why: String) {
        if incident.looks == 0 || incident.diagnosis == nil {
            var empty = Evidence(scope: scope, from: scope.from, until: now)
            empty.missing = [MissingSignal("all evidence", why)]
            incident.diagnosis = lifecycle.diagnose(DiagnosisInput(evidence: empty))
        }
        conclude(isLast: true)
    }

    private mutating func conclude(isLast: Bool) {
        let isOver = isLast || incident.stageSince.later(by: terms.longestLook) <= now
        let confidence = incident.diagnosis?.hypotheses.first?.confidence ?? 0
        // What several looks have said one after the other will not be said better by more of them.
        let isSteady = incident.steadyLooks >= terms.steadyLooks && confidence >= terms.steadyFrom
        if !isOver, confidence < terms.sure, !isSteady {
            begin(.pause, within: terms.lookAgain)
            return
        }
        if confidence < terms.sure { incident.diagnosis?.isBestSoFar = true }
        guard let diagnosis = incident.diagnosis, let best = diagnosis.hypotheses.first else { return foundNothing() }
        let percent = Int((best.confidence * 100).rounded())
        let note = "\(best.category) in \(best.node), \(percent) %"
        go(.diagnosed, note)
        tell(.diagnosed, note)
        begin(.plan)
    }

    private mutating func foundNothing() {
        guard incident.alerts.severity == .critical else {
            return end(.suppressed, "the evidence shows nothing that is wrong")
        }
        escalate("it hurts, and the evidence does not show why")
    }

    /// What the evidence is about: everything, since shortly before the first sign.
    var scope: EvidenceScope { EvidenceScope(from: incident.opening.began - terms.lookBack) }

    /// After a pause.
    mutating func resume() {
        switch incident.stage {
        case .investigating: begin(.evidence)
        // The circumstances have moved: Risk is asked again.
        case .planned, .awaitingApproval:
            go(.planned, "asks Risk again")
            begin(.verdict)
        default: break
        }
    }
}
