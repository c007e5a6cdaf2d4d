import Contracts

/// What people ask for.
extension Change {
    mutating func obey(_ command: IncidentCommand) throws(LifecycleRefusal) -> Bool {
        switch command.kind {
        case .comment(let text):
            if !incident.stage.isEnd { incident.feedback.append("\(command.person): \(text)") }
            tell(.commented, "\(command.person): \(text)")
            return true
        case .score(let score):
            try mark(score)
            return true
        default: break
        }
        guard !incident.stage.isEnd else { throw .ended(incident.stage) }
        if incident.acknowledged == nil { incident.acknowledged = now }
        switch command.kind {
        case .comment, .score, .acknowledge: break
        case .retry: try retry(command)
        case .escalate: want(.escalated, command)
        case .take:
            incident.owner = command.person
            want(.escalated, command)
        case .suppress: want(.suppressed, command)
        case .resolve: want(.resolved, command)
        case .fail: want(.failed, command)
        }
        return true
    }

    private mutating func mark(_ score: Int) throws(LifecycleRefusal) {
        guard (1...5).contains(score) else { throw .notAScore(score) }
        guard incident.diagnosis?.hypotheses.isEmpty == false else { throw .nothingToScore }
        incident.score = score
        if score != 3 { learn(score > 3, .person) }
        if incident.stage.isEnd, let past = PastSignature(incident) { remember(past) }
    }

    private mutating func retry(_ command: IncidentCommand) throws(LifecycleRefusal) {
        guard incident.stage == .escalated else { throw .notOver(incident.stage) }
        if !command.text.isEmpty { incident.feedback.append("\(command.person): \(command.text)") }
        incident.owner = nil
        lookAnew()
    }

    /// At once where nothing is in hand that could take effect; else it is halted first.
    private mutating func want(_ stage: IncidentStage, _ command: IncidentCommand) {
        let wish = IncidentWish(stage, person: command.person, text: command.text)
        guard incident.stage.isActing else { return settle(wish, "") }
        incident.wish = wish
        if incident.step?.errand == .execution { halt("\(command.person) wants it \(stage.rawValue)") }
    }
}
