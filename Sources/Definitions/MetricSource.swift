import Insight
import Settings

/// Reads where an indicator's numbers come from.
enum MetricSource {
    /// `metricSource` of OpenSLO v1.
    static func read(_ source: Section) -> SourceDeclaration {
        _ = source.optional("metricSourceRef", Shorthand.name)
        let type = source.optional("type", .text(length: 1...64))
        return source.section("spec") { spec in
            switch type?.lowercased() {
            case "kintsugi": return .ours(ours(spec))
            case "prometheus": return prometheus(spec)
            // A reference to a data source alone: what is asked for tells of which kind it is.
            case nil where spec.keys.contains("metric"): return .ours(ours(spec))
            case nil where spec.keys.contains("query") || spec.keys.contains("promql"): return prometheus(spec)
            default:
                Metadata.take(spec)
                return .foreign("a metric source of the type \(type ?? "of its reference") is not read here")
            }
        }
    }

    /// A metric of v1alpha.
    static func readAlpha(_ metric: Section) -> SourceDeclaration {
        let source = metric.required("source", .text(length: 1...64))
        _ = metric.optional("queryType", Shorthand.anything)
        _ = metric.has("metadata")
        let query = metric.required("query", .matching("a query") { !$0.isEmpty })
        guard source.lowercased() == "prometheus" else {
            return .foreign("a metric source of the type \(source) is not read here")
        }
        return PromQLShape.translate(query)
    }

    private static func prometheus(_ spec: Section) -> SourceDeclaration {
        Metadata.take(spec)
        let query = spec.optional("query", Shorthand.anything) ?? spec.optional("promql", Shorthand.anything)
        guard let query else {
            spec.refuse("query", "expected a query, found nothing")
            return .foreign("")
        }
        return PromQLShape.translate(query)
    }

    // MARK: ours

    private static func ours(_ spec: Section) -> SeriesSelection {
        let metric = spec.required(
            "metric",
            .matching("a metric's name, such as http.server.request.duration", standIn: "metric") { text in
                (1...200).contains(text.utf8.count)
                    && text.unicodeScalars.allSatisfy {
                        $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || $0 == "." || $0 == "_")
                    }
            })
        let below = spec.optional("below", Shorthand.threshold)
        let isDuration = metric.hasSuffix(".duration") || metric.hasSuffix("_duration")
        let kind = spec.value(
            "kind", .choice(of: SeriesSelection.Kind.self),
            otherwise: below != nil || isDuration ? .histogram : .counter)
        if below != nil, kind == .counter {
            spec.refuse("below", "expected no threshold with a counter: only a histogram can be counted below one")
        }
        let conditions = spec.optionalSection("where") { Self.conditions($0) } ?? []
        return SeriesSelection(metric: metric, kind: kind, conditions: conditions, below: below)
    }

    private static func conditions(_ labels: Section) -> [LabelCondition] {
        labels.keys.compactMap { label in
            switch labels.kind(of: label) {
            case .list:
                let words = labels.list(label, of: Shorthand.anything, atMost: 64)
                if words.isEmpty { labels.refuse(label, "expected at least one value, found an empty list") }
                return LabelCondition(label, .matches(words.map { .exactly($0) }))
            case .map: return labels.section(label) { condition(label, $0, in: labels) }
            case .scalar, .nothing, nil:
                return LabelCondition(label, .equals(labels.optional(label, Shorthand.anything) ?? ""))
            }
        }
    }

    /// `{is: a}`, `{not: a}`, `{in: [a, b]}`, `{not-in: [a, b]}`, `{begins: a}`.
    private static func condition(_ label: String, _ rule: Section, in labels: Section) -> LabelCondition? {
        var found: [LabelCondition.Rule] = []
        if let word = rule.optional("is", Shorthand.anything) { found.append(.equals(word)) }
        if let word = rule.optional("not", Shorthand.anything) { found.append(.differs(word)) }
        if let word = rule.optional("begins", Shorthand.anything) { found.append(.matches([.beginning(word)])) }
        if rule.has("in") {
            found.append(.matches(rule.list("in", of: Shorthand.anything, atMost: 64).map { .exactly($0) }))
        }
        if rule.has("not-in") {
            found.append(.excludes(rule.list("not-in", of: Shorthand.anything, atMost: 64).map { .exactly($0) }))
        }
        guard found.count == 1, let only = found.first else {
            labels.refuse(label, "expected one of is, not, in, not-in and begins, found \(found.count)")
            return nil
        }
        return LabelCondition(label, only)
    }
}
