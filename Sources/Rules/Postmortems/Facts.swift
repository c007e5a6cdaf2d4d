import Contracts

/// Every number, time, name and word of others that some entries of the journal have, as they may stand in a sentence.
struct Facts {
    private var words: Set<String> = []
    private var quotes: Set<String> = []
    /// Words that belong together, in the order in which they are told: who, what and how much of one thing.
    private var rows: [[String]] = []
    private var bound: Set<String> = []
    /// Points in time between which spans may be told.
    private var times: [Int64] = []

    init(_ items: [(item: ReplayedEntry, before: Incident?)]) {
        for (item, before) in items { take(item, before) }
        for (index, from) in times.enumerated() {
            for to in times[index...] { note(Printed.span(min(from, to), max(from, to))) }
        }
    }

    func has(word: String) -> Bool { words.contains(word) }
    func has(quote: String) -> Bool { quotes.contains(quote) }

    /// Whether two words, of which the second is told next after the first, belong to different things.
    func separates(_ first: String, _ second: String) -> Bool {
        // A count may be any other figure as well: what comes behind it is another thing.
        guard bound.contains(first), bound.contains(second), !first.allSatisfy(\.isNumber) else { return false }
        return !rows.contains { row in
            guard let place = row.firstIndex(of: first) else { return false }
            return row[(place + 1)...].contains(second)
        }
    }

    // MARK: -

    private mutating func bind(_ printed: String) {
        let row = Tokens(printed).words
        rows.append(row)
        bound.formUnion(row)
    }

    /// What was printed is found again as it is read.
    private mutating func note(_ printed: String) {
        let tokens = Tokens(printed)
        words.formUnion(tokens.words)
        quotes.formUnion(tokens.quotes)
    }

    private mutating func name(_ text: String) { note(Printed.name(text)) }
    private mutating func text(_ text: String) { note(Printed.quote(text)) }

    private mutating func time(_ nanoseconds: Int64) {
        note(Printed.time(nanoseconds))
        note(Printed.clock(nanoseconds))
    }

    private mutating func take(_ item: ReplayedEntry, _ before: Incident?) {
        name(item.entry.incident)
        time(item.input.at)
        times.append(item.input.at)
        note(item.incident.stage.rawValue)
        text(item.incident.note)
        switch item.input.event {
        case .opened(let opening): take(opening)
        case .alerts(let standing): take(standing)
        case .noted(let said): text(said)
        case .tick: if before?.diagnosis != item.incident.diagnosis { take(item.incident.diagnosis) }
        case .claimed(let holder): name(holder)
        case .evidence(_, let input):
            let evidence = input.evidence
            for count in [
                evidence.series.count, evidence.messages.count, evidence.changes.count, evidence.findings.count,
            ] { note("\(count)") }
            take(item.incident.diagnosis)
        case .offers(_, let offers, let said):
            note("\(offers.count)")
            text(said)
            for offer in offers { take(offer) }
        case .verdict(_, let verdict): take(verdict)
        case .approval(_, let standing): take(standing)
        case .executed(_, let report): take(report, isUndo: before?.step?.errand == .undo)
        case .verified(_, let verification): take(verification)
        case .refused(_, let said): text(said)
        case .command(let command): take(command)
        }
    }

    private mutating func take(_ opening: IncidentOpening) {
        note("P\(opening.alerts.priority)")
        note(opening.source.rawValue)
        text(opening.title)
        time(opening.began)
        times.append(opening.began)
        take(opening.alerts)
    }

    private mutating func take(_ standing: AlertsStanding) {
        note("\(standing.firing) \(standing.total)")
        bind("\(standing.firing) \(standing.total) \(Printed.names(standing.nodes))")
        for node in standing.nodes { name(node) }
    }

    private mutating func take(_ diagnosis: Diagnosis?) {
        guard let diagnosis else { return }
        for hypothesis in diagnosis.hypotheses {
            bind(
                "\(Printed.name(hypothesis.category)) \(Printed.name(hypothesis.node)) "
                    + Printed.percent(hypothesis.confidence))
            name(hypothesis.category)
            name(hypothesis.node)
            note(Printed.percent(hypothesis.confidence))
        }
        guard let best = diagnosis.hypotheses.first else { return takeGaps(diagnosis) }
        for share in best.supporting + best.opposing { text(share.text) }
        if let change = best.change {
            name(change.commit ?? change.id)
            name(change.author)
            text(change.text)
            time(change.at)
        }
        takeGaps(diagnosis)
    }

    private mutating func takeGaps(_ diagnosis: Diagnosis) {
        for gap in diagnosis.missing {
            text(gap.signal)
            text(gap.reason)
        }
    }

    private mutating func take(_ offer: PlanOffer) {
        note(offer.plan.digest.brief)
        name(offer.origin)
        text(offer.plan.text)
        for (index, step) in offer.plan.steps.enumerated() {
            note("\(index + 1) \(step.order.action.rawValue)")
            name(step.order.target)
            name(step.order.door)
            text(step.text)
        }
    }

    private mutating func take(_ verdict: Verdict) {
        note(verdict.plan.brief)
        note(verdict.outcome.rawValue)
        if let policy = verdict.policy { name(policy) }
        for reason in verdict.reasons { text(reason.text) }
    }

    private mutating func take(_ standing: ApprovalStanding) {
        note(standing.outcome.rawValue)
        for person in standing.people { name(person) }
        text(standing.feedback ?? standing.text)
    }

    private mutating func take(_ report: ExecutionReport, isUndo: Bool) {
        note(report.outcome.rawValue)
        time(report.began)
        note(Printed.span(report.began, report.ended))
        text(report.text)
        for step in report.steps { note(step.outcome.rawValue) }
        switch report.outcome {
        case .done: note(isUndo ? "undone" : "stays")
        case .refused: note(isUndo ? "stuck" : "refused")
        case .undone, .stuck: break
        }
    }

    private mutating func take(_ verification: Verification) {
        note(verification.verdict.rawValue)
        if verification.verdict == .holds { note("helped") }
        text(verification.conditions.filter { $0.verdict == verification.verdict }.map(\.text).joined(separator: "; "))
    }

    private mutating func take(_ command: IncidentCommand) {
        name(command.person)
        text(command.text)
        switch command.kind {
        case .comment(let said): text(said)
        case .score(let score): note("\(score) 5")
        case .escalate: note("escalated")
        default: break
        }
    }
}
