import Insight

/// The queries in PromQL that say no more than one selection does: a series, its `rate` or `increase`, and the `sum` of
/// those.
enum PromQLShape {
    /// The selection that a query means, or why it is none that is evaluated here.
    static func translate(_ query: String) -> SourceDeclaration {
        var text = trimmed(query[...])
        for name in ["sum", "rate", "increase"] {
            guard let inner = arguments(of: name, text) else { continue }
            text = inner
        }
        if text.last == "]", let open = text.lastIndex(of: "[") { text = trimmed(text[..<open]) }
        guard let parsed = selector(text) else {
            return .foreign(
                "the query \(shown(query)) is not evaluated here: only sum, rate and increase of one selector are")
        }
        return selection(parsed.name, parsed.conditions, query)
    }

    private static func selection(
        _ name: String, _ conditions: [LabelCondition], _ query: String
    ) -> SourceDeclaration {
        // These labels are made by whoever scrapes.
        if let label = conditions.first(where: { $0.label == "job" || $0.label == "instance" })?.label {
            return .foreign(
                "the query \(shown(query)) is not evaluated here: only who scrapes knows the label \(label)")
        }
        let others = conditions.filter { $0.label != "le" }
        guard name.hasSuffix("_bucket") else {
            guard others.count == conditions.count else {
                return .foreign("the query \(shown(query)) is not evaluated here: le belongs to a name in _bucket")
            }
            return .ours(
                SeriesSelection(
                    metric: base(name), kind: name.hasSuffix("_count") ? .histogram : .counter, conditions: others))
        }
        guard case .equals(let edge)? = conditions.first(where: { $0.label == "le" })?.rule,
            others.count == conditions.count - 1
        else { return .foreign("the query \(shown(query)) is not evaluated here: expected le=\"…\" once in a bucket") }
        if edge == "+Inf" {
            return .ours(SeriesSelection(metric: base(name), kind: .histogram, conditions: others))
        }
        guard let number = Double(edge), let below = Shorthand.edge(number) else {
            return .foreign("the query \(shown(query)) is not evaluated here: le=\"\(edge)\" is no power of two")
        }
        return .ours(SeriesSelection(metric: base(name), kind: .histogram, conditions: others, below: below))
    }

    /// A metric's own name without what Prometheus adds to it.
    private static func base(_ name: String) -> String {
        var base = name
        for suffixes in [["_total", "_bucket", "_count"], ["_seconds", "_bytes", "_ratio"]] {
            guard let suffix = suffixes.first(where: { base.hasSuffix($0) && base.count > $0.count }) else { continue }
            base.removeLast(suffix.count)
        }
        return base
    }

    // MARK: reading

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }

    private static func shown(_ query: String) -> String {
        let short = query.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return short.count <= 80 ? short : short.prefix(80) + "…"
    }

    /// What stands in the brackets of a function that is all there is.
    private static func arguments(of name: String, _ text: Substring) -> Substring? {
        guard text.hasPrefix(name), text.last == ")" else { return nil }
        let rest = trimmed(text.dropFirst(name.count))
        guard rest.first == "(" else { return nil }
        return trimmed(rest.dropFirst().dropLast())
    }

    private static func selector(_ text: Substring) -> (name: String, conditions: [LabelCondition])? {
        let name = text.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":") }
        guard let first = name.first, !first.isNumber else { return nil }
        let rest = trimmed(text.dropFirst(name.count))
        guard !rest.isEmpty else { return (String(name), []) }
        guard rest.first == "{", rest.last == "}" else { return nil }
        guard let conditions = conditions(rest.dropFirst().dropLast()) else { return nil }
        return (String(name), conditions)
    }

    private static func conditions(_ text: Substring) -> [LabelCondition]? {
        var found: [LabelCondition] = []
        var rest = trimmed(text)
        while !rest.isEmpty {
            let label = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
            guard !label.isEmpty else { return nil }
            rest = trimmed(rest.dropFirst(label.count))
            guard let sign = ["=~", "!~", "!=", "="].first(where: { rest.hasPrefix($0) }) else { return nil }
            rest = trimmed(rest.dropFirst(sign.count))
            guard let value = quoted(&rest), let rule = rule(sign, value) else { return nil }
            found.append(LabelCondition(String(label), rule))
            rest = trimmed(rest)
            guard rest.first == "," else { return rest.isEmpty ? found : nil }
            rest = trimmed(rest.dropFirst())
        }
        return found
    }

    private static func rule(_ sign: String, _ value: String) -> LabelCondition.Rule? {
        switch sign {
        case "=": return .equals(value)
        case "!=": return .differs(value)
        default:
            guard let patterns = LabelPattern.patterns(ofRegularExpression: value) else { return nil }
            return sign == "=~" ? .matches(patterns) : .excludes(patterns)
        }
    }

    private static func quoted(_ rest: inout Substring) -> String? {
        guard let mark = rest.popFirst(), mark == "\"" || mark == "'" else { return nil }
        var value = ""
        while let letter = rest.popFirst() {
            if letter == mark { return value }
            if letter == "\\" {
                guard let escaped = rest.popFirst() else { return nil }
                value.append(escaped == "n" ? "\n" : escaped)
            } else {
                value.append(letter)
            }
        }
        return nil
    }
}
