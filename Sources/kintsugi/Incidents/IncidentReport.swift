import Contracts
import Risk

/// One incident for a person: all that is known and was done.
struct IncidentReport {
    let incident: Incident
    /// Its latest alerts.
    var alerts: [AlertRecord] = []
    let paint: Paint

    /// So many hypotheses, and earlier incidents, are shown.
    private static let shown = 3

    var text: String {
        let sections = [
            head, urgency, alertLines, diagnosis, similar, plan, verdict, execution, verification, earlier, said,
        ]
        return sections.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }.joined(separator: "\n\n") + "\n"
    }

    private func title(_ text: String) -> String { paint(text, .bold) }

    private var head: [String] {
        let opening = incident.opening
        var lines = [
            "\(title(harmless(incident.id)))  \(harmless(opening.title))",
            "  stage     \(paint(incident.stage.rawValue, IncidentWords.colour(incident.stage))) since "
                + "\(TimeWords.date(incident.stageSince)) UTC"
                + harmless(incident.note.isEmpty ? "" : ": \(incident.note)"),
            "  opened    \(TimeWords.date(incident.opened)) UTC by \(opening.source.rawValue); it began "
                + TimeWords.date(opening.began),
        ]
        if let ended = incident.ended { lines.append("  ended     \(TimeWords.date(ended)) UTC") }
        if let step = incident.step {
            lines.append(
                "  in hand   \(step.errand.rawValue) (\(step.id)) by \(harmless(step.holder)), at most until "
                    + TimeWords.date(step.deadline))
        }
        if let wish = incident.wish {
            lines.append(harmless("  wanted    \(wish.stage.rawValue), by \(wish.person) \(wish.text)"))
        }
        if let follows = opening.follows { lines.append(harmless("  follows   \(follows)")) }
        if let owner = incident.owner { lines.append(harmless("  owner     \(owner)")) }
        if let seen = incident.acknowledged { lines.append("  known     since \(TimeWords.date(seen)) UTC") }
        if let score = incident.score { lines.append("  score     \(score) of 5") }
        return lines
    }

    private var urgency: [String] {
        let alerts = incident.alerts
        let head =
            "\(title("Priority")) P\(alerts.priority), \(paint(alerts.severity.rawValue, IncidentWords.colour(alerts.severity)))"
        return [head] + AlertReport.reasons(alerts.reasons.isEmpty ? incident.opening.reasons : alerts.reasons, paint)
    }

    private var alertLines: [String] {
        let standing = incident.alerts
        let quiet = incident.quietSince.map { ", quiet since \(TimeWords.date($0)) UTC" } ?? ""
        var lines = [
            "\(title("Alerts")) \(standing.firing) of \(standing.total) fire\(quiet), about "
                + harmless(standing.nodes.isEmpty ? "no service known" : standing.nodes.joined(separator: ", "))
        ]
        for record in alerts {
            let state = record.alert.state == .firing ? paint("fires", .yellow) : paint("ended", .grey)
            let text = record.alert.text.split(whereSeparator: \.isNewline).first.map(String.init) ?? record.alert.name
            lines.append("  \(TimeWords.clock(record.alert.began))  \(state)  \(harmless(text))")
        }
        return lines
    }

    // MARK: the diagnosis

    private var diagnosis: [String] {
        guard let diagnosis = incident.diagnosis else { return [] }
        var lines = [title("Diagnosis") + (diagnosis.isBestSoFar ? " (the best there was when the time was over)" : "")]
        if diagnosis.isQuiet { lines.append("  Nothing is wrong, as far as the evidence tells.") }
        for guess in diagnosis.hypotheses.prefix(Self.shown) {
            lines.append(
                "  \(paint(harmless(guess.category), .yellow)) of \(harmless(guess.node)), confidence "
                    + "\(Quantities.percent(guess.confidence * 100)), \(brief(guess.score)) points")
            if let change = guess.change {
                lines.append(harmless("    blames \(change.kind.rawValue): \(change.text)"))
            }
            lines += shares("for", guess.supporting) + shares("against", guess.opposing)
        }
        let more = diagnosis.hypotheses.count - Self.shown
        if more > 0 { lines.append("  and \(more) more") }
        if !diagnosis.confidenceText.isEmpty { lines.append("  " + harmless(diagnosis.confidenceText)) }
        for gap in diagnosis.missing {
            lines.append(
                paint(harmless("  missing: \(gap.signal) (\(gap.reason)), worth \(brief(gap.worth))"), .yellow))
        }
        return lines
    }

    private func shares(_ side: String, _ shares: [Diagnosis.Share]) -> [String] {
        shares.map { "    \(side) \(IncidentWords.signed($0.points))  " + harmless("\($0.name): \($0.text)") }
    }

    private var similar: [String] {
        guard let past = incident.diagnosis?.similar, !past.isEmpty else { return [] }
        return [title("Similar incidents")]
            + past.prefix(Self.shown).map { one in
                let right = one.wasRight.map { $0 ? ", rightly" : ", wrongly" } ?? ""
                let done =
                    one.actions.isEmpty
                    ? "nothing was done" : one.actions.map(IncidentWords.order).joined(separator: ", ")
                let helped = one.helped.map { $0 ? ", and it helped" : ", and it did not help" } ?? ""
                return harmless(
                    "  \(one.incident)  \(Quantities.percent(one.similarity * 100)) alike: \(one.category) of \(one.node)"
                        + "\(right); \(done)\(helped)")
            }
    }

    // MARK: what is to be done, and was

    private var plan: [String] {
        guard let offer = incident.plan else { return [] }
        let plan = offer.plan
        var lines = [
            "\(title("Plan")) \(plan.digest.brief) of generation \(plan.generation), from \(harmless(offer.origin))"
                + harmless(offer.proposer.map { ", proposed by \($0)" } ?? ""),
            "  " + harmless(plan.text),
        ]
        for (index, step) in plan.steps.enumerated() {
            lines.append("  \(index + 1). " + harmless(IncidentWords.order(step.order)))
            if !step.text.isEmpty { lines.append("     " + harmless(step.text)) }
            let data = step.blast.touchesData ? ", users' data" : ""
            lines.append(
                harmless("     hits \(step.blast.roles.joined(separator: ", ")), ")
                    + "\(Quantities.percent(step.blast.capacity * 100)) of the capacity\(data); "
                    + "can be undone: \(step.reversibility.rawValue)")
            let order = step.inverse?.order.map { IncidentWords.order($0) + " " } ?? ""
            lines.append("     inverse: " + harmless(step.inverse.map { "\(order)\($0.text)" } ?? "none"))
        }
        if !offer.diff.isEmpty { lines += ["  diff"] + offer.diff.split(separator: "\n").map(changed) }
        if incident.offers.count > 1 { lines.append("  and \(incident.offers.count - 1) more plans behind it") }
        return lines
    }

    private func changed(_ line: Substring) -> String {
        let colour: Paint.Colour? = line.hasPrefix("+") ? .green : line.hasPrefix("-") ? .red : nil
        return "    " + paint(harmless(String(line)), colour)
    }

    private var verdict: [String] {
        var lines: [String] = []
        if let verdict = incident.verdict {
            lines.append("\(title("Verdict")) by the policy \(harmless(verdict.policy ?? "none"))")
            lines += IncidentWords.lines(verdict.text, indent: "  ")
        }
        if let approval = incident.approval {
            lines.append("\(title("Approval")) " + harmless(IncidentWords.approval(approval)))
        } else if incident.stage == .awaitingApproval {
            lines.append(
                harmless(
                    "  Answer it: kintsugi incident approve \(incident.id), or reject \(incident.id) --feedback TEXT"))
        }
        return lines
    }

    private var execution: [String] {
        guard let report = incident.report else { return [] }
        let lines = [
            "\(title("Execution")) \(report.outcome.rawValue) after \(TimeWords.span(report.ended - report.began))"
                + harmless(report.text.isEmpty ? "" : ": \(report.text)")
        ]
        return lines + report.steps.map { harmless("  \($0.step + 1). \($0.outcome.rawValue): \($0.text)") }
    }

    private var verification: [String] {
        guard let verification = incident.verification else { return [] }
        let missing = verification.missing.map { paint(harmless("  missing: \($0.signal) (\($0.reason))"), .yellow) }
        return ["\(title("Verification")) \(verification.verdict.rawValue)"]
            + verification.conditions.map { harmless("  \($0.verdict.rawValue): \($0.text)") } + missing
    }

    private var earlier: [String] {
        guard !incident.earlier.isEmpty else { return [] }
        return [title("Earlier plans")]
            + incident.earlier.map { harmless("  \($0.plan.brief)  \($0.fate.rawValue): \($0.text)") }
    }

    private var said: [String] {
        guard !incident.feedback.isEmpty else { return [] }
        return [title("What people said")] + incident.feedback.flatMap { IncidentWords.lines($0, indent: "  ") }
    }
}

/// Incidents in a line each.
enum IncidentList {
    static func text(_ incidents: [IncidentSummary], _ paint: Paint) -> String {
        guard !incidents.isEmpty else { return "There is no such incident.\n" }
        var table = Table(
            ["ID", "PRIORITY", "STAGE", "SINCE", "SERVICES", "FIRING", "LIKELY CAUSE", "TITLE"], rightAligned: [5])
        for one in incidents {
            let cause = one.culprit.map { "\(one.category ?? "") of \($0)" } ?? "–"
            table.rows.append([
                one.id, "P\(one.priority) \(one.severity.rawValue)", one.stage.rawValue, TimeWords.date(one.stageSince),
                one.nodes.joined(separator: ","), "\(one.firing)/\(one.total)", cause, one.title,
            ])
        }
        return table.text(paint) { row, column in
            switch column {
            case 1: incidents[row].ended == nil ? IncidentWords.colour(incidents[row].severity) : nil
            case 2: IncidentWords.colour(incidents[row].stage)
            default: nil
            }
        }
    }
}
