import Contracts

/// A document as Markdown, made of nothing but the document.
public enum PostmortemText {
    /// The whole of it; what others have written stands in it as text, whatever it looks like.
    public static func markdown(_ document: Postmortem, addenda: [Addendum] = []) -> String {
        var parts = ["# \(Markdown.text(document.incident)): \(Markdown.text(document.title))"]
        parts.append(facts(document))
        parts.append("## In short\n\n" + document.summaries.payer.map { Markdown.text($0.text) }.joined(separator: " "))
        parts.append("## What happened\n\n" + sentences(document.summaries.engineer))
        if let diagnosis = document.diagnosis { parts.append("## Diagnosis\n\n" + text(diagnosis)) }
        if let applied = document.remediationAction { parts.append("## What was done\n\n" + text(applied)) }
        if !document.otherActions.isEmpty {
            parts.append("## What else was tried\n\n" + document.otherActions.map(text).joined(separator: "\n\n"))
        }
        parts.append("## Impact\n\n" + text(document.impact))
        if !document.missingSignals.isEmpty {
            parts.append(
                "## Missing signals\n\n"
                    + document.missingSignals.map {
                        "- \(Markdown.text($0.signal)): \(Markdown.text($0.reason))\(cited($0.entries))"
                    }.joined(separator: "\n"))
        }
        if !document.followUps.isEmpty { parts.append("## Follow-ups\n\n" + sentences(document.followUps)) }
        if !document.feedback.isEmpty {
            parts.append(
                "## What people said\n\n"
                    + document.feedback.map {
                        "- \(Markdown.text($0.person)), \(time($0.at)): \(Markdown.text($0.text))\(cited([$0.entry]))"
                    }.joined(separator: "\n"))
        }
        parts.append("## Timeline\n\n" + timeline(document.timeline))
        if !addenda.isEmpty { parts.append("## Addenda\n\n" + addenda.map(text).joined(separator: "\n")) }
        let head = document.journalHead
        parts.append(
            "Numbers in brackets are entries of the incident's journal. It was written from \(head.number) of them; the "
                + "last is entry \(head.sequence) of all, `\(head.digest)`.")
        return parts.joined(separator: "\n\n") + "\n"
    }

    private static func facts(_ document: Postmortem) -> String {
        var rows = [
            ("Outcome", "\(document.outcome.rawValue): \(Markdown.text(document.outcomeReason))"),
            ("Root cause", document.rootCauseCategory.map(Markdown.text) ?? "not known"),
            ("Priority", "P\(document.priority), \(document.severity.rawValue)"),
            ("Began", time(document.began)), ("Opened", time(document.opened)), ("Ended", time(document.ended)),
            ("Time to detect", figure(document.durations.mttd, "s")),
            ("Time to acknowledge", figure(document.durations.mtta, "s")),
            ("Time to resolve", figure(document.durations.mttr, "s")),
            ("Score", document.humanFeedbackScore.map { "\($0) of 5" } ?? "none yet"),
            ("Signature", "`\(document.incidentSignature.hash)`"),
        ]
        if let follows = document.follows { rows.append(("Follows", Markdown.text(follows))) }
        if let earlier = document.supersedes { rows.append(("Goes on from", "`\(earlier)`")) }
        return (["| | |", "|---|---|"] + rows.map { "| \($0.0) | \($0.1) |" }).joined(separator: "\n")
    }

    private static func sentences(_ sentences: [Sentence]) -> String {
        sentences.map { "- \(Markdown.text($0.text))\(cited($0.entries))" }.joined(separator: "\n")
    }

    private static func cited(_ entries: [Int]) -> String {
        entries.isEmpty ? "" : " \\[\(entries.map { "\($0)" }.joined(separator: ", "))\\]"
    }

    private static func time(_ instant: Instant) -> String { "\(instant.date) \(instant.clock) UTC" }

    private static func figure(_ figure: Figure, _ unit: String) -> String {
        guard let value = figure.value else { return "not known: \(Markdown.text(figure.basis))" }
        let number = value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
        return "\(number)\(unit.isEmpty ? "" : " \(unit)") (\(Markdown.text(figure.basis)))\(cited(figure.entries))"
    }

    private static func text(_ diagnosis: FinalDiagnosis) -> String {
        let best = diagnosis.isBestSoFar ? " It was the best there was so far." : ""
        var lines = [
            "\(Markdown.text(diagnosis.category)) in \(Markdown.text(diagnosis.node)), with a confidence of "
                + "\(Printed.percent(diagnosis.confidence)): \(Markdown.text(diagnosis.confidenceText)).\(best)"
                + cited(diagnosis.entries), "",
        ]
        if let change = diagnosis.change {
            lines.append(
                "- blamed: \(Markdown.text(change.commit ?? change.id)) of \(Markdown.text(change.author)), "
                    + "\(time(change.at)): \(Markdown.text(change.text))")
        }
        lines += diagnosis.speaksFor.map { "- for it: \(Markdown.text($0))" }
        lines += diagnosis.speaksAgainst.map { "- against it: \(Markdown.text($0))" }
        for refuted in diagnosis.refuted {
            lines.append(
                "- refuted: \(Markdown.text(refuted.category)) in \(Markdown.text(refuted.node)), generation "
                    + "\(refuted.generation), \(Printed.percent(refuted.confidence))\(cited(refuted.entries))")
            lines += refuted.speaksAgainst.map { "    - against it: \(Markdown.text($0))" }
        }
        return lines.joined(separator: "\n")
    }

    private static func text(_ plan: AppliedPlan) -> String {
        var lines = [
            "\(Markdown.text(plan.text)) (plan `\(plan.plan.brief)` of \(Markdown.text(plan.origin)), generation "
                + "\(plan.generation)): \(plan.fate.rawValue). \(Markdown.text(plan.fateText))\(cited(plan.entries))",
            "",
        ]
        for (index, step) in plan.steps.enumerated() {
            let arguments = step.arguments.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
            lines.append(
                "\(index + 1). \(step.action.rawValue) of \(Markdown.text(step.target)) by \(Markdown.text(step.door))"
                    + "\(arguments.isEmpty ? "" : ", " + Markdown.text(arguments)): \(Markdown.text(step.text)) "
                    + "(\(step.outcome?.rawValue ?? "not reported"))")
        }
        if let verdict = plan.verdict {
            let people =
                plan.approvedBy.isEmpty
                ? "" : ", agreed to by \(Markdown.text(plan.approvedBy.joined(separator: ", ")))"
            lines += ["", "Verdict: \(verdict.rawValue)\(people)."]
        }
        if !plan.diff.isEmpty { lines += ["", Markdown.block(plan.diff)] }
        return lines.joined(separator: "\n")
    }

    private static func text(_ impact: Impact) -> String {
        let rows = [
            ("services", impact.nodes.isEmpty ? "not known" : Markdown.text(impact.nodes.joined(separator: ", "))),
            ("duration", figure(impact.seconds, "s")), ("failed requests", figure(impact.failedRequests, "")),
            ("orders", figure(impact.orders, "")), ("minutes of error budget", figure(impact.budgetMinutes, "")),
        ]
        return
            (rows.map { "- \($0.0): \($0.1)" }
            + impact.findings.map { "- \(Markdown.text($0.text))\(cited($0.entries))" }).joined(separator: "\n")
    }

    private static func timeline(_ lines: [TimelineLine]) -> String {
        (["| | time (UTC) | stage | |", "|---|---|---|---|"]
            + lines.map {
                "| \($0.entry) | \($0.at.clock) | \($0.stage.rawValue) | \(Markdown.text($0.text)) |"
            }).joined(separator: "\n")
    }

    private static func text(_ addendum: Addendum) -> String {
        let score = addendum.score.map { " \($0) of 5." } ?? ""
        return "- \(time(addendum.at)), \(Markdown.text(addendum.person)), \(addendum.kind.rawValue):\(score) "
            + Markdown.text(addendum.text)
    }
}

/// What others have written, so that it stands in Markdown as it was written, and does nothing there.
enum Markdown {
    static func text(_ text: String) -> String {
        var escaped = ""
        var isFirst = true
        var before: Character?
        for letter in plain(text) {
            let isMark = "\\`*_{}[]<>#|~&!@$".contains(letter) || (isFirst && "+-=".contains(letter))
            // A list's number at the beginning, an address, and what begins with www.
            let isList = (letter == "." || letter == ")") && !escaped.isEmpty && escaped.allSatisfy(\.isNumber)
            let isAddress = letter == "/" && before == ":" || letter == "." && escaped.lowercased().hasSuffix("www")
            if isMark || isList || isAddress { escaped.append("\\") }
            escaped.append(letter)
            before = letter
            isFirst = false
        }
        return escaped
    }

    /// Fenced so that nothing in it ends the fence.
    static func block(_ text: String) -> String {
        var (longest, run) = (0, 0)
        for letter in text.utf8 {
            run = letter == UInt8(ascii: "`") ? run + 1 : 0
            longest = max(longest, run)
        }
        let fence = String(repeating: "`", count: max(3, longest + 1))
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { plain(String($0)) }
        return "\(fence)diff\n\(lines.joined(separator: "\n"))\n\(fence)"
    }

    /// On one line, with what cannot be seen made visible.
    private static func plain(_ text: String) -> String {
        text.unicodeScalars.map { scalar in
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: scalar == "\t" ? "\t" : " "
            case .format: "(U+\(String(scalar.value, radix: 16, uppercase: true)))"
            default: String(Character(scalar))
            }
        }.joined()
    }
}
