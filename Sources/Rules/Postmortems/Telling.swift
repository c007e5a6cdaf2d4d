import Contracts

/// The sentences of the two summaries.
extension Telling {
    func engineer(_ others: [AppliedPlan]) -> [Sentence] {
        var told = beginning
        guard form == .full else { return told + [end] }
        told += cause
        for refuted in overturned {
            told.append(
                Sentence(
                    "Before, it was taken for \(Printed.name(refuted.hypothesis.category)) in "
                        + "\(Printed.name(refuted.hypothesis.node)), with a confidence of "
                        + "\(Printed.percent(refuted.hypothesis.confidence)), and that did not stand.",
                    refuted.entries.uniqued))
        }
        told += decisions
        for plan in others + [applied].compactMap({ $0 }) { told += action(plan) }
        told += words + gaps
        return told + [end]
    }

    var payer: [Sentence] {
        let nodes = incident.alerts.nodes
        let about = nodes.isEmpty ? "" : " in \(Printed.names(nodes))"
        var told = [
            Sentence(
                "On \(Printed.time(opening.began)) a trouble began\(about): \(Printed.quote(opening.title)).",
                nodes.isEmpty ? [1] : [1, standingEntry].uniqued)
        ]
        if form == .full, let best = incident.diagnosis?.hypotheses.first, let entry = diagnosed {
            told.append(
                Sentence(
                    "The cause that was found is \(Printed.name(best.category)) in \(Printed.name(best.node)).",
                    [entry]))
        }
        if let applied, let entry = applied.entries.last {
            let step = applied.steps.first
            let what = step.map { " (\($0.action.rawValue) of \(Printed.name($0.target)))" } ?? ""
            told.append(
                Sentence(
                    "The plan \(applied.plan.brief)\(what) was carried out, and the result is \(applied.fate.rawValue).",
                    applied.entries.uniqued + (applied.entries.contains(entry) ? [] : [entry])))
        } else if form == .full {
            told.append(Sentence("Nothing that agents did is in force.", [last]))
        }
        return told + [over]
    }

    private var standingEntry: Int {
        items.last { $0.incident.alerts.nodes == incident.alerts.nodes && $0.isAboutAlerts }?.entry.number ?? 1
    }

    private var beginning: [Sentence] {
        guard let first = items.first else { return [] }
        var told = [
            Sentence(EntrySentences.opened(first, opening), [1]),
            Sentence(
                "It had begun on \(Printed.time(opening.began)), and was noticed "
                    + "\(Printed.span(opening.began, incident.opened)) later.", [1]),
        ]
        let most = items.filter(\.isAboutAlerts).max { $0.incident.alerts.firing < $1.incident.alerts.firing }
        if let most {
            told.append(
                Sentence("At the height " + EntrySentences.alerts(most.incident.alerts), [most.entry.number]))
        }
        return told
    }

    private var cause: [Sentence] {
        guard let diagnosis = incident.diagnosis, let entry = diagnosed else {
            return [Sentence("No cause was looked for.", [last])]
        }
        guard let best = diagnosis.hypotheses.first else { return [Sentence("No cause was found.", [entry])] }
        var told = [Sentence("The evidence was weighed. " + EntrySentences.believed(best), [entry])]
        if diagnosis.isBestSoFar { told.append(Sentence("It was the best there was so far.", [entry])) }
        if let change = best.change {
            let commit = change.commit.map { " \(Printed.name($0))" } ?? ""
            told.append(
                Sentence(
                    "It blames the change\(commit) of \(Printed.name(change.author)) on \(Printed.time(change.at))"
                        + "\(EntrySentences.because(change.text)).", [entry]))
        }
        for share in best.supporting.prefix(3) where !share.text.isEmpty {
            told.append(Sentence("For it speaks \(Printed.quote(share.text)).", [entry]))
        }
        for share in best.opposing.prefix(2) where !share.text.isEmpty {
            told.append(Sentence("Against it speaks \(Printed.quote(share.text)).", [entry]))
        }
        for rival in diagnosis.hypotheses.dropFirst().prefix(3) {
            told.append(
                Sentence(
                    "\(Printed.name(rival.category)) in \(Printed.name(rival.node)) was less likely, with "
                        + "\(Printed.percent(rival.confidence)).", [entry]))
        }
        return told
    }

    /// What Risk and people said.
    private var decisions: [Sentence] {
        items.compactMap { item in
            switch item.input.event {
            case .verdict(_, let verdict): Sentence(EntrySentences.judged(verdict), [item.entry.number])
            case .approval(_, let standing) where standing.outcome != .waiting:
                Sentence(EntrySentences.answered(standing), [item.entry.number])
            default: nil
            }
        }
    }

    private func action(_ plan: AppliedPlan) -> [Sentence] {
        let entries = plan.entries.uniqued
        let began = plan.began.nanoseconds
        var told = [
            Sentence(
                "The plan \(plan.plan.brief) of \(Printed.name(plan.origin)) was carried out from "
                    + "\(Printed.clock(began)) on, for \(Printed.span(began, plan.ended.nanoseconds))"
                    + "\(EntrySentences.because(plan.text)).", entries)
        ]
        for (index, step) in plan.steps.enumerated() {
            let outcome = step.outcome.map { " was \($0.rawValue)" } ?? " was not reported"
            told.append(
                Sentence(
                    "Step \(index + 1), \(step.action.rawValue) of \(Printed.name(step.target)) by "
                        + "\(Printed.name(step.door)),\(outcome)\(EntrySentences.because(step.text)).", entries))
        }
        told.append(
            Sentence(
                "What came of the plan \(plan.plan.brief) is \(plan.fate.rawValue)"
                    + "\(EntrySentences.because(plan.fateText)).", entries))
        return told
    }

    private var words: [Sentence] {
        items.compactMap { item in
            guard case .command(let command) = item.input.event else { return nil }
            return Sentence(EntrySentences.said(command), [item.entry.number])
        }
    }

    private var gaps: [Sentence] {
        missing.prefix(5).map {
            Sentence("Missing was \(Printed.quote($0.signal))\(EntrySentences.because($0.reason)).", $0.entries)
        }
    }

    private var end: Sentence {
        let at = items.last?.input.at ?? opening.began
        return Sentence(
            "It was \(incident.stage.rawValue) on \(Printed.time(at)), \(Printed.span(opening.began, at)) after it had "
                + "begun\(EntrySentences.because(incident.note)).", [1, last].uniqued)
    }

    private var over: Sentence {
        let at = items.last?.input.at ?? opening.began
        return Sentence(
            "It was \(incident.stage.rawValue) after \(Printed.span(opening.began, at)), on \(Printed.time(at)).",
            [1, last].uniqued)
    }

    /// What is still to be done, as far as the journal tells.
    var followUps: [Sentence] {
        guard form == .full else { return [] }
        var told: [Sentence] = []
        if incident.stage == .escalated {
            told.append(Sentence("A person has to act\(EntrySentences.because(incident.note)).", [last]))
        }
        if incident.stage == .failed {
            told.append(Sentence("It was given up, and what was wrong may still be so.", [last]))
        }
        for gap in missing.prefix(5) {
            told.append(Sentence("Have \(Printed.quote(gap.signal)) told from now on.", gap.entries))
        }
        if let applied, applied.fate == .stays || applied.fate == .stuck {
            told.append(
                Sentence("Look at what the plan \(applied.plan.brief) has left in force.", applied.entries.uniqued))
        }
        if let change = incident.diagnosis?.hypotheses.first?.change, let entry = diagnosed {
            told.append(
                Sentence(
                    "Have \(Printed.name(change.author)) look at the change \(Printed.name(change.commit ?? change.id)).",
                    [entry]))
        }
        return told
    }
}

extension ReplayedEntry {
    /// Whether it says how the alerts stand.
    var isAboutAlerts: Bool {
        switch input.event {
        case .opened, .alerts: true
        default: false
        }
    }
}
