import Contracts

/// What was heard, for a person.
struct SignalReport {
    let paint: Paint
    /// Log lines themselves, and not their kinds.
    let asLines: Bool

    func text(_ answer: SignalAnswer, _ kind: SignalQuery.Kind, isFollowed: Bool = false) -> String {
        var text: String
        switch kind {
        case .metrics: text = series(answer.series)
        case .logs: text = asLines ? lines(answer.lines) : messages(answer.messages)
        case .traces, .spans: text = traces(answer.traces)
        case .findings: text = answer.findings.map { finding($0) + "\n" }.joined()
        case .changes: text = answer.changes.map { change($0) + "\n" }.joined()
        case .processes: text = answer.processes.map { "\($0.kind.rawValue) \(harmless($0.reason))\n" }.joined()
        }
        guard !isFollowed else { return text }
        if text.isEmpty { text = "Nothing of that kind was heard.\n" }
        if answer.leftOut > 0 { text += "\(answer.leftOut) more were left out; see --limit.\n" }
        return text + missingText(answer.missing, paint)
    }

    private func series(_ series: [EvidenceSeries]) -> String {
        guard !series.isEmpty else { return "" }
        var table = Table(
            ["SERVICE", "WORKER", "METRIC", "LABELS", "NOW", "LEAST", "MOST", "UNIT", "PAST"], rightAligned: [4, 5, 6])
        for one in series {
            let values = one.points.compactMap(\.self)
            let labels = one.labels.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
            table.rows.append([
                one.node, one.instance ?? "–", one.metric, labels, brief(one.points.last { $0 != nil } ?? nil),
                brief(values.min()), brief(values.max()), one.unit, Sparkline.text(one.points),
            ])
        }
        return table.text(paint)
    }

    private func messages(_ messages: [EvidenceMessage]) -> String {
        guard !messages.isEmpty else { return "" }
        var table = Table(["SERVICE", "LEVEL", "A MINUTE", "BEFORE", "TEMPLATE"], rightAligned: [2, 3])
        for one in messages {
            table.rows.append([one.node, one.level, brief(one.after), brief(one.before), one.template])
        }
        return table.text(paint) { row, column in column == 1 ? Self.colour(messages[row].level) : nil }
    }

    private func lines(_ lines: [LogExample]) -> String {
        lines.map { line in
            let level = paint(line.level, Self.colour(line.level))
            let trace = line.trace.map { paint("  trace \($0)", .grey) } ?? ""
            return "\(TimeWords.clock(line.at))  \(line.node)  \(level)  \(harmless(line.text))\(trace)\n"
        }.joined()
    }

    private func traces(_ traces: [TraceSummary]) -> String {
        guard !traces.isEmpty else { return "" }
        var table = Table(
            ["TIME", "TRACE", "SERVICE", "ROOT", "TOOK", "SPANS", "ERRORS", "KEPT FOR"], rightAligned: [4, 5, 6])
        for one in traces {
            table.rows.append([
                TimeWords.clock(one.at), one.trace, one.node, one.root, TimeWords.span(one.nanoseconds), "\(one.spans)",
                "\(one.errors)", one.keptFor,
            ])
        }
        return table.text(paint) { row, column in column == 6 && traces[row].errors > 0 ? .red : nil }
    }

    func finding(_ finding: Finding) -> String {
        let end =
            finding.ended.map { "ended after \(TimeWords.span($0 - finding.began))" } ?? paint("lasts", .yellow)
        let colour: Paint.Colour =
            switch finding.severity {
            case .notice: .grey
            case .warning: .yellow
            case .critical: .red
            }
        let chance = finding.probability.map { " (fails within the hour: \(brief($0 * 100)) %)" } ?? ""
        return "\(TimeWords.clock(finding.began))  \(paint(finding.severity.rawValue, colour))  "
            + "\(paint(finding.kind.rawValue, .bold))  \(harmless(finding.node))  \(harmless(finding.text))\(chance)  [\(end)]"
    }

    private func change(_ change: ChangeNotice) -> String {
        let nodes = change.nodes.isEmpty ? "all" : change.nodes.joined(separator: ", ")
        let commit = change.commit.map { " \($0.prefix(10))" } ?? ""
        return "\(TimeWords.date(change.at))  \(paint(change.kind.rawValue, .bold))  \(harmless(nodes))  "
            + "\(harmless(change.text)) (by \(harmless(change.author))\(commit))"
    }

    private static func colour(_ level: String) -> Paint.Colour? {
        switch level {
        case "error": .red
        case "warning": .yellow
        case "debug": .grey
        default: nil
        }
    }
}

/// What is missing in an answer, each in a line.
func missingText(_ missing: [MissingSignal], _ paint: Paint) -> String {
    missing.map { paint("Missing: \(harmless($0.signal)) (\(harmless($0.reason)))", .yellow) + "\n" }.joined()
}

/// A series in twenty small bars.
enum Sparkline {
    private static let bars = Array("▁▂▃▄▅▆▇█")
    private static let width = 20

    static func text(_ values: [Double?]) -> String {
        guard let least = values.compactMap(\.self).min(), let most = values.compactMap(\.self).max() else { return "" }
        let groups = min(width, values.count)
        return String(
            (0..<groups).map { group -> Character in
                let part = values[(group * values.count / groups)..<((group + 1) * values.count / groups)]
                    .compactMap(\.self)
                guard let top = part.max() else { return " " }
                guard most > least else { return bars[0] }
                return bars[min(bars.count - 1, Int((top - least) / (most - least) * Double(bars.count)))]
            })
    }
}

/// A replica of the agent, for a person.
struct StandingReport {
    let standing: TelemetryStanding

    var text: String {
        let role = standing.isActive ? "is the active replica" : "stands by; active is \(standing.active ?? "nobody")"
        var lines = [
            "\(harmless(standing.slot)) \(role).",
            "It holds \(standing.series) series, "
                + "\(Quantities.count(standing.templates, "kind")) of log lines and "
                + "\(Quantities.count(standing.spansWaiting, "span")) that wait for their traces, in about "
                + "\(Quantities.bytes(standing.heldBytes)) of \(Quantities.bytes(standing.budgetBytes)).",
        ]
        for count in standing.counts where count.count > 0 { lines.append("  \(harmless(count.name)): \(count.count)") }
        return lines.joined(separator: "\n") + "\n"
    }
}
