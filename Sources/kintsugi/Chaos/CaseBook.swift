import Commands
import Contracts
import Faults
import Host
import Signals

/// The incidents of a run, seen as they pass; a plan that waits for a person is agreed to, after noting that it waited.
struct CaseBook {
    let person: Operator
    let places: Places
    private var present: [String] = []
    private(set) var cases: [FaultRun.Case] = []

    init(person: Operator, places: Places) {
        self.person = person
        self.places = places
    }

    /// What is there before the fault is none of it; how many of those are not over yet.
    mutating func ignorePresent() throws -> Int {
        let found = try summaries()
        present = found.map(\.id)
        return found.count { !$0.stage.isOver }
    }

    var areOver: Bool { !cases.isEmpty && cases.allSatisfy { $0.ended != nil || $0.stage == "escalated" } }

    var words: String {
        guard !cases.isEmpty else { return "no incident" }
        return cases.map { found in
            let guess = found.culprit.map { " (\(found.category ?? "?") of \($0))" } ?? ""
            return "\(found.id) \(found.stage)\(guess)"
        }.joined(separator: ", ")
    }

    /// Looks at all of them once; agents that do not answer now may the next time.
    mutating func look() {
        for summary in (try? summaries()) ?? [] where !present.contains(summary.id) {
            let id = summary.id
            guard let found = try? person.triage(places, { try await $0.incident(id) }) else { continue }
            note(found)
            if found.stage == .awaitingApproval { approve(found) }
        }
    }

    private func summaries() throws -> [IncidentSummary] {
        try person.triage(places) { try await $0.incidents(IncidentQuery()) }
    }

    private mutating func note(_ incident: Incident) {
        let index: Int
        if let known = cases.firstIndex(where: { $0.id == incident.id }) {
            index = known
        } else {
            cases.append(
                FaultRun.Case(
                    id: incident.id, title: incident.opening.title, opened: incident.opened,
                    stage: incident.stage.rawValue))
            index = cases.count - 1
        }
        var found = cases[index]
        found.stage = incident.stage.rawValue
        found.note = incident.note
        found.ended = incident.ended ?? (incident.stage == .escalated ? incident.stageSince : nil)
        if let guess = incident.diagnosis?.hypotheses.first {
            (found.category, found.culprit, found.confidence) = (guess.category, guess.node, guess.confidence)
            found.blames = guess.change?.text
            found.lead = incident.diagnosis?.rawConfidence
        }
        found.neededPerson = found.neededPerson || incident.stage == .awaitingApproval
        if let verified = incident.verification?.verdict { found.verified = verified == .holds }
        found.rolledBack = incident.earlier.count { $0.fate == .undone || $0.fate == .notHelped }
        if let offer = incident.plan {
            if found.plans.last != offer.origin { found.plans.append(offer.origin) }
            if let report = incident.report, report.outcome == .done {
                for order in offer.plan.steps.map(\.order.action.rawValue) where !found.actions.contains(order) {
                    found.actions.append(order)
                }
            }
        }
        cases[index] = found
    }

    private func approve(_ incident: Incident) {
        guard let question = try? PlanInQuestion(incident),
            let key = try? PersonKey(file: LocalPerson.keyFile(data: places.data))
        else { return }
        let approval = question.answered(
            .approve, id: person.freshID(), by: LocalPerson.name, feedback: nil, at: WallTime.now.nanoseconds, with: key
        )
        _ = try? person.risk(places) { try await $0.answer(approval) }
    }
}
