public import Contracts

/// Writes the document of an incident: a function of the entries of its journal, and of nothing else.
public enum PostmortemWriter {
    /// The document of an incident that is over after the last of these entries, which begin with its first.
    /// What its decisions depended on beside the journal is kept with it, and not told.
    public static func write(
        _ items: [ReplayedEntry], grounds: DecisionGrounds = .init(), supersedes: Digest? = nil
    ) throws(PostmortemFault) -> Postmortem {
        guard let first = items.first, let last = items.last, case .opened(let opening) = first.input.event else {
            throw .noEntries
        }
        let incident = last.incident
        guard incident.stage.isOver else { throw .notOver(incident.id, incident.stage) }
        let form: Postmortem.Form = incident.stage == .suppressed ? .short : .full
        let attempts = Attempts(items).split
        let told = Telling(items: items, incident: incident, opening: opening, applied: attempts.last, form: form)
        return Postmortem(
            schema: Postmortem.schemaName, version: Postmortem.currentVersion, form: form, incident: incident.id,
            title: opening.title, source: opening.source, severity: incident.alerts.severity,
            priority: incident.alerts.priority, follows: opening.follows, supersedes: supersedes,
            outcome: incident.stage, outcomeReason: incident.note, began: Instant(opening.began),
            opened: Instant(incident.opened), ended: Instant(last.input.at),
            incidentSignature: IncidentSignature((incident.diagnosis?.signature ?? []).filter { $0.weight.isFinite }),
            rootCauseCategory: incident.diagnosis?.hypotheses.first?.category, diagnosis: told.diagnosis,
            remediationAction: attempts.last, otherActions: attempts.others, humanFeedbackScore: incident.score,
            feedback: told.feedback, impact: ImpactReading(items, incident, opening).impact,
            durations: told.durations, missingSignals: told.missing, timeline: timeline(items),
            followUps: told.followUps,
            summaries: Summaries(engineer: told.engineer(attempts.others), payer: told.payer),
            simulationContext: SimulationContext(items.map(\.entry), grounds),
            journalHead: JournalHead(last))
    }

    private static func timeline(_ items: [ReplayedEntry]) -> [TimelineLine] {
        var before: Incident?
        return items.map { item in
            defer { before = item.incident }
            return TimelineLine(
                entry: item.entry.number, at: Instant(item.input.at), actor: item.input.actor,
                stage: item.incident.stage, generation: item.incident.generation,
                text: EntrySentences.text(item, before: before))
        }
    }
}

/// What the parts of a document are made of.
struct Telling {
    let items: [ReplayedEntry]
    let incident: Incident
    let opening: IncidentOpening
    let applied: AppliedPlan?
    let form: Postmortem.Form

    var last: Int { items.last?.entry.number ?? 1 }

    /// The entry after which the diagnosis was what it is in the end.
    var diagnosed: Int? {
        guard let final = incident.diagnosis else { return nil }
        let index = items.lastIndex { $0.incident.diagnosis != final }.map { $0 + 1 } ?? 0
        return index < items.count ? items[index].entry.number : nil
    }

    var durations: Durations {
        func seconds(_ from: Int64, _ to: Int64) -> Double {
            let (difference, overflow) = to.subtractingReportingOverflow(from)
            return Double(max(0, overflow ? 0 : difference) / 1_000_000) / 1_000
        }
        let known = items.first { $0.incident.acknowledged != nil }
        let mttd = Figure(
            value: seconds(opening.began, incident.opened),
            basis: "from the beginning that the alerts tell until the incident was opened", entries: [1])
        let mtta = Figure(
            value: known.map { seconds(incident.opened, $0.incident.acknowledged ?? $0.input.at) },
            basis: known == nil
                ? "nobody has said that they know of it" : "from the opening until somebody said that they know of it",
            entries: known.map { [1, $0.entry.number] } ?? [1])
        let isMended = incident.stage == .resolved
        let mttr = Figure(
            value: isMended ? seconds(opening.began, incident.ended ?? opening.began) : nil,
            basis: isMended
                ? "from the beginning that the alerts tell until the incident was resolved" : "it was not resolved",
            entries: isMended ? [1, last].uniqued : [last])
        return Durations(mttd: mttd, mtta: mtta, mttr: mttr)
    }

    var feedback: [PersonalWord] {
        items.compactMap { item in
            func word(_ person: String, _ text: String) -> PersonalWord? {
                text.isEmpty
                    ? nil
                    : PersonalWord(person: person, at: Instant(item.input.at), text: text, entry: item.entry.number)
            }
            switch item.input.event {
            case .command(let command):
                if case .comment(let text) = command.kind { return word(command.person, text) }
                return word(command.person, command.text)
            case .approval(_, let standing):
                return word(standing.people.first ?? "somebody", standing.feedback ?? "")
            default: return nil
            }
        }
    }

    var missing: [MissedSignal] {
        guard let diagnosis = incident.diagnosis, let entry = diagnosed else { return [] }
        return diagnosis.missing.map { gap in
            MissedSignal(
                signal: gap.signal, reason: gap.reason, worth: gap.worth.isFinite ? max(0, gap.worth) : 0,
                entries: [entry])
        }
    }

    var diagnosis: FinalDiagnosis? {
        guard let diagnosis = incident.diagnosis, let best = diagnosis.hypotheses.first, let entry = diagnosed else {
            return nil
        }
        let rivals = diagnosis.hypotheses.dropFirst().map { refuted($0, incident.generation, [entry]) }
        return FinalDiagnosis(
            generation: incident.generation, node: best.node, category: best.category,
            confidence: share(best.confidence), confidenceText: diagnosis.confidenceText,
            isBestSoFar: diagnosis.isBestSoFar, onset: diagnosis.onset.map { Instant($0) },
            change: best.change.map {
                BlamedChange(
                    id: $0.id, kind: $0.kind, commit: $0.commit, author: $0.author, at: Instant($0.at), text: $0.text)
            }, speaksFor: best.supporting.map(\.text), speaksAgainst: best.opposing.map(\.text),
            refuted: overturned.map { refuted($0.hypothesis, $0.generation, $0.entries) } + rivals, entries: [entry])
    }

    /// What was believed in earlier generations and did not hold: the plan that followed from it was rejected or undone.
    var overturned: [(hypothesis: Diagnosis.Hypothesis, generation: Int, entries: [Int])] {
        var found: [(Diagnosis.Hypothesis, Int, [Int])] = []
        for (before, item) in zip(items, items.dropFirst()) {
            guard item.incident.generation > before.incident.generation,
                let best = before.incident.diagnosis?.hypotheses.first
            else { continue }
            let since = items.first { $0.incident.diagnosis == before.incident.diagnosis }?.entry.number
            found.append((best, before.incident.generation, [since, item.entry.number].compactMap { $0 }))
        }
        return found
    }

    private func refuted(_ hypothesis: Diagnosis.Hypothesis, _ generation: Int, _ entries: [Int])
        -> FinalDiagnosis.Refuted
    {
        FinalDiagnosis.Refuted(
            generation: generation, node: hypothesis.node, category: hypothesis.category,
            confidence: share(hypothesis.confidence), speaksFor: hypothesis.supporting.map(\.text),
            speaksAgainst: hypothesis.opposing.map(\.text), entries: entries)
    }

    private func share(_ value: Double) -> Double { value.isFinite ? min(max(value, 0), 1) : 0 }
}

extension [Int] {
    /// Each once, in their order from below.
    var uniqued: [Int] {
        var known: [Int] = []
        for number in sorted() where known.last != number { known.append(number) }
        return known
    }
}
