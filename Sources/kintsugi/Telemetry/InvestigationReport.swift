import Contracts
import Insight

/// An investigation for a person, or in short for a program.
struct InvestigationReport {
    let evidence: Evidence
    let ranking: Ranking
    let paint: Paint

    /// What a program reads of it.
    struct Summary: Encodable {
        struct Reason: Encodable {
            var name: String
            var points: Double
            var reason: String
        }
        struct Suspected: Encodable {
            var node: String
            var score: Double
            var onset: Double?
            var contributions: [Reason]
        }
        struct Guess: Encodable {
            var node: String
            var category: String
            var score: Double
            var supporting: [Reason]
            var opposing: [Reason]
        }
        var suspects: [Suspected]
        var hypotheses: [Guess]
        var signature: [String]
        var evidence: Evidence
    }

    var summary: Summary {
        func reasons(_ list: [Contribution]) -> [Summary.Reason] {
            list.map { Summary.Reason(name: $0.name, points: $0.points, reason: $0.reason) }
        }
        return Summary(
            suspects: ranking.suspects.map {
                .init(node: $0.node, score: $0.score, onset: $0.onset, contributions: reasons($0.contributions))
            },
            hypotheses: ranking.hypotheses.map {
                .init(
                    node: $0.node, category: $0.category.rawValue, score: $0.score, supporting: reasons($0.supporting),
                    opposing: reasons($0.opposing))
            }, signature: ranking.signature, evidence: evidence)
    }

    var text: String {
        var lines = [
            "From \(TimeWords.date(evidence.from)) to \(TimeWords.date(evidence.until)) UTC: "
                + "\(evidence.series.count) series, \(evidence.services.count) services with traces, "
                + "\(evidence.messages.count) kinds of log lines, \(evidence.changes.count) changes, "
                + "\(evidence.findings.count) findings."
        ]
        let signals = SignalReport(paint: paint, asLines: false)
        lines += evidence.findings.prefix(12).map { "  " + signals.finding($0) }
        if evidence.findings.count > 12 { lines.append("  and \(evidence.findings.count - 12) more") }
        lines += evidence.changes.suffix(5).map {
            "  \(TimeWords.clock($0.at))  \(paint("change", .bold))  \(harmless($0.text))"
        }
        lines.append("")
        if evidence.series.isEmpty && evidence.services.isEmpty {
            lines.append(paint("Too little was heard within that time to say anything.", .yellow))
        } else if ranking.isQuiet {
            lines.append(paint("Nothing is wrong, as far as this evidence tells.", .green))
        } else {
            lines += suspects + hypotheses
        }
        return lines.joined(separator: "\n") + "\n" + missingText(evidence.missing, paint)
    }

    private var suspects: [String] {
        var lines = [paint("Suspects", .bold)]
        for suspect in ranking.suspects.prefix(5) {
            let since = suspect.onset.map { " since \(TimeWords.clock(Int64($0 * 1e9)))" } ?? ""
            lines.append("  \(paint(harmless(suspect.node), .yellow))  \(brief(suspect.score)) points\(since)")
            for reason in suspect.contributions {
                lines.append("    \(signed(reason.points))  \(reason.name): \(harmless(reason.reason))")
            }
        }
        return lines
    }

    private var hypotheses: [String] {
        var lines = ["", paint("Hypotheses", .bold)]
        for guess in ranking.hypotheses.prefix(4) {
            lines.append(
                "  \(paint(guess.category.rawValue, .yellow)) of \(harmless(guess.node))  \(brief(guess.score)) points")
            for reason in guess.supporting + guess.opposing {
                lines.append("    \(signed(reason.points))  \(reason.name): \(harmless(reason.reason))")
            }
        }
        return lines + [""]
    }

    private func signed(_ points: Double) -> String { (points < 0 ? "−" : "+") + brief(abs(points)) }
}

/// What runs out when, for a person.
struct CapacityText {
    let answer: CapacityAnswer
    let paint: Paint

    var text: String {
        guard !answer.resources.isEmpty else {
            return "Nothing with a limit was heard of yet.\n" + missingText(answer.missing, paint)
        }
        var table = Table(["RESOURCE", "OF", "USED", "OUTLOOK"], rightAligned: [2])
        for one in answer.resources {
            table.rows.append([
                one.resource, one.instance ?? one.node, Quantities.percent(one.used / max(one.limit, 1e-9) * 100),
                one.text,
            ])
        }
        let resources = answer.resources
        return table.text(paint) { row, column in
            guard column == 3, let after = resources[row].after else { return nil }
            return after < 600 ? .red : .yellow
        } + missingText(answer.missing, paint)
    }
}
