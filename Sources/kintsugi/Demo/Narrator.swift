import Contracts
import Glibc
import Host
import Signals

/// Tells what happens to the first incident, as it happens, and asks a person where one has to agree.
struct Narrator {
    let person: Operator
    let places: Places
    let agrees: Bool
    let terminal: Terminal
    let tell: (String, String) -> Void
    /// Orders that failed so far.
    let orders: () -> Int

    /// The incident at its end, or as it was when the time was over; nil where none was opened.
    func follow(within seconds: Double) throws -> Incident? {
        let end = monotonicNow() + .seconds(seconds)
        var last: Incident?
        var told: [String] = []
        func once(_ what: String, _ key: String, _ text: String) {
            guard !told.contains(key) else { return }
            told.append(key)
            tell(what, text)
        }
        while monotonicNow() < end {
            poll(nil, 0, 150)
            let known = last?.id ?? (try? person.triage(places) { try await $0.incidents(IncidentQuery()) })?.last?.id
            guard let id = known, let incident = try? person.triage(places, { try await $0.incident(id) }) else {
                continue
            }
            say(incident, before: last, once)
            if incident.stage == .awaitingApproval,
                last?.stage != .awaitingApproval || last?.generation != incident.generation
            {
                try answer(incident)
            }
            last = incident
            if incident.stage.isOver { return incident }
        }
        return last
    }

    private func say(_ incident: Incident, before: Incident?, _ once: (String, String, String) -> Void) {
        once("finding", "finding", "\(incident.opening.title)  [\(incident.id), \(orders()) orders have failed]")
        let round = incident.generation
        if let diagnosis = incident.diagnosis, let best = diagnosis.hypotheses.first {
            let suspects = diagnosis.suspects.prefix(3).map { "\($0.node) \(one($0.score))" }.joined(separator: ", ")
            once("suspects", "suspects \(round) \(suspects)", suspects)
            let percent = Int((best.confidence * 100).rounded())
            let blame = best.change.map { ", since \"\($0.text)\"" } ?? ""
            once(
                "cause", "cause \(round) \(best.node) \(best.category)",
                "\(best.category) of \(best.node) (\(percent) %)\(blame)")
            for share in best.supporting { once("evidence", "evidence \(round) \(share.name)", share.text) }
        }
        if let offer = incident.plan {
            once(
                "plan", "plan \(offer.plan.digest)",
                "\(offer.origin): \(offer.plan.steps.map(\.text).joined(separator: "; "))")
        }
        if let verdict = incident.verdict, let offer = incident.plan, verdict.plan == offer.plan.digest {
            let why = verdict.reasons.filter { $0.outcome == verdict.outcome }.map(\.text).first ?? ""
            once("verdict", "verdict \(verdict.plan) \(verdict.outcome)", "\(verdict.outcome.rawValue): \(why)")
        }
        if incident.stage == .executing {
            once(
                "hands", "executing \(incident.execution ?? "")",
                "the plan is carried out: pull request, checks, merge, roll")
        }
        if let report = incident.report {
            let words = report.steps.map(\.text).joined(separator: "; ")
            once("done", "report \(report.ended)", "\(report.outcome.rawValue): \(words)")
        }
        if incident.stage == .verifying {
            once("verify", "verifying \(round)", "do the objectives hold for the settle window?")
        }
        if let verification = incident.verification {
            for condition in verification.conditions where condition.verdict == .holds || condition.verdict == .fails {
                once("verify", "condition \(round) \(condition.text)", condition.text)
            }
        }
    }

    /// A key press, or nothing where it was agreed to beforehand.
    private func answer(_ incident: Incident) throws {
        guard let question = try? PlanInQuestion(incident),
            let key = try? PersonKey(file: LocalPerson.keyFile(data: places.data))
        else { return }
        if !agrees {
            terminal.write("            Agree? [Enter agrees, n rejects] ")
            let line = readLine() ?? "n"
            guard line.isEmpty || line.lowercased().hasPrefix("y") else {
                let no = question.answered(
                    .reject, id: person.freshID(), by: LocalPerson.name, feedback: "said no at the terminal",
                    at: WallTime.now.nanoseconds, with: key)
                _ = try person.risk(places) { try await $0.answer(no) }
                return
            }
        }
        let yes = question.answered(
            .approve, id: person.freshID(), by: LocalPerson.name, feedback: nil, at: WallTime.now.nanoseconds, with: key
        )
        let receipt = try person.risk(places) { try await $0.answer(yes) }
        tell(
            "approval",
            receipt.counts ? "given by \(LocalPerson.name), bound to plan \(question.plan.brief)" : receipt.text)
    }
}
