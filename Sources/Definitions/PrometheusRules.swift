public import Insight
import Signals

/// Objectives as rules for Prometheus: recorded error ratios, the budget that is left, and alerts over pairs of windows. The
/// names are those under which the cluster's metrics are exposed.
public struct PrometheusRules: Sendable {
    /// The name of every alert; the label `slo` says of which objective it is.
    public static let alertName = "ErrorBudgetBurn"
    private let objectives: [Objective]

    public init(_ objectives: [Objective]) { self.objectives = objectives }

    /// A rule file, as Prometheus loads it.
    public var text: String {
        guard !objectives.isEmpty else { return "groups: []\n" }
        return "groups:\n" + objectives.map(group).joined()
    }

    private func group(_ objective: Objective) -> String {
        var text = "  - name: \(quoted("slo-\(objective.name)"))\n"
        // A slice of time is judged once.
        if case .timeslices(let length, _) = objective.budgeting { text += "    interval: \(duration(length))\n" }
        text += "    rules:\n"
        text += record("slo:objective:ratio", "vector(\(objective.target))", objective)
        if case .timeslices(let length, let target) = objective.budgeting {
            text += record(
                "slo:slice_bad:bool", "\(ratio(objective, length)) > bool (1 - \(target))", objective)
        }
        let spans = objective.alerts.flatMap { [$0.short, $0.long] }
        for (index, span) in spans.enumerated() where !spans[..<index].contains(span) {
            text += record(errorRatio(span), windowRatio(objective, span), objective)
        }
        text += record(errorRatio(objective.period), windowRatio(objective, objective.period), objective)
        text += record(
            "slo:error_budget:remaining",
            "1 - \(errorRatio(objective.period))\(mark(objective)) / (1 - \(objective.target))", objective)
        for alert in objective.alerts { text += self.alert(alert, objective) }
        return text
    }

    // MARK: expressions

    private func windowRatio(_ objective: Objective, _ span: Duration) -> String {
        guard case .timeslices = objective.budgeting else { return ratio(objective, span) }
        return "avg_over_time(slo:slice_bad:bool\(mark(objective))[\(duration(span))])"
    }

    /// Without traffic it has no value: nothing is divided by zero, and nothing fires.
    private func ratio(_ objective: Objective, _ span: Duration) -> String {
        let total = "(sum(rate(\(selector(objective.indicator.total))[\(duration(span))])) > 0)"
        // A series that nobody has counted yet is none: nothing was bad, or nothing good.
        func part(_ selection: SeriesSelection) -> String {
            "(sum(rate(\(selector(selection))[\(duration(span))])) or vector(0)) / \(total)"
        }
        switch objective.indicator.part {
        case .bad(let bad): return "clamp_max(\(part(bad)), 1)"
        case .good(let good): return "clamp_min(1 - \(part(good)), 0)"
        }
    }

    private func selector(_ selection: SeriesSelection) -> String {
        var conditions = selection.conditions.map {
            LabelCondition(PrometheusText.exposedLabel($0.label), $0.rule).text
        }
        var name = exposed(selection)
        if selection.kind == .histogram { name += selection.below == nil ? "_count" : "_bucket" }
        if let below = selection.below { conditions.append("le=\"\(PrometheusText.exposedEdge(below))\"") }
        return conditions.isEmpty ? name : name + "{" + conditions.joined(separator: ",") + "}"
    }

    private func exposed(_ selection: SeriesSelection) -> String {
        switch selection.kind {
        case .counter: PrometheusText.exposedName(selection.metric, kind: .counter, unit: .count)
        case .histogram: PrometheusText.exposedName(selection.metric, kind: .histogram, unit: .seconds)
        }
    }

    // MARK: rules

    private func errorRatio(_ span: Duration) -> String { "slo:error_ratio:rate\(duration(span))" }
    private func mark(_ objective: Objective) -> String { LabelCondition("slo", .equals(objective.name)).braced }

    private func record(_ name: String, _ expression: String, _ objective: Objective) -> String {
        """
              - record: \(name)
                expr: \(quoted(expression))
                labels: {slo: \(quoted(objective.name)), service: \(quoted(objective.service))}

        """
    }

    private func alert(_ window: BurnWindow, _ objective: Objective) -> String {
        let threshold = min(window.burn, BurnRate.reachable / (1 - objective.target))
        let sign = window.includesThreshold ? ">=" : ">"
        let parts = [window.long, window.short].map {
            "\(errorRatio($0))\(mark(objective)) / (1 - \(objective.target)) \(sign) \(threshold)"
        }
        let name = "\(duration(window.long))/\(duration(window.short))"
        let hold = window.hold > .zero ? "        for: \(duration(window.hold))\n" : ""
        let shown = (threshold * 1_000).rounded() / 1_000
        let summary = "The error budget of \(objective.name) is used up more than \(shown) times too fast"
        return """
                  - alert: \(Self.alertName)
                    expr: \(quoted(parts.joined(separator: " and ")))
            \(hold)        labels: {slo: \(quoted(objective.name)), service: \(quoted(objective.service)), \
            severity: \(quoted(window.severity)), window: \(quoted(name))}
                    annotations:
                      summary: \(quoted(plain(summary)))
                      description: \(quoted(plain(objective.about.isEmpty ? objective.name : objective.about)))

            """
    }

    // MARK: text

    private func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }

    /// Braces would be a template.
    private func plain(_ text: String) -> String {
        text.replacing("{{", with: "{ {").split(separator: "\n").joined(separator: " ")
    }

    /// In the largest unit that leaves no remainder.
    private func duration(_ span: Duration) -> String {
        let (seconds, attoseconds) = span.components
        let milliseconds = seconds * 1_000 + attoseconds / 1_000_000_000_000_000
        let units: [(Int64, String)] = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s")]
        for (length, name) in units where milliseconds > 0 && milliseconds.isMultiple(of: length) {
            return "\(milliseconds / length)\(name)"
        }
        return "\(max(1, milliseconds))ms"
    }
}

extension LabelCondition {
    fileprivate var braced: String { "{" + text + "}" }
}
