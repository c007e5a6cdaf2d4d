/// Prometheus' text format 0.0.4, for the metrics of many processes.
public enum PrometheusText {
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// Every metric once, with the series of all processes below it, labelled by who they are.
    public static func render(_ processes: [(identity: Identity, metrics: MetricsSnapshot)]) -> String {
        var names: [String] = []
        var found: [String: (family: MetricFamily, series: [(Identity, MetricSeries)])] = [:]
        for (identity, metrics) in processes {
            for family in metrics.families {
                let name = exposedName(family)
                if found[name] == nil {
                    names.append(name)
                    found[name] = (family, [])
                }
                // One name has one type in a scrape: a process that means another is left out of it.
                guard found[name]?.family.kind == family.kind else { continue }
                found[name]?.series += family.series.map { (identity, $0) }
            }
        }
        var text = ""
        for name in names.sorted() {
            guard let (family, series) = found[name] else { continue }
            text += "# HELP \(name) \(escaped(family.help, quotes: false))\n# TYPE \(name) \(family.kind.rawValue)\n"
            for (identity, one) in series { append(one, of: family, name: name, identity: identity, to: &text) }
        }
        return text
    }

    private static func append(
        _ series: MetricSeries, of family: MetricFamily, name: String, identity: Identity, to text: inout String
    ) {
        let labels = labels(identity, series.labels)
        if let value = series.value {
            text += "\(name){\(labels)} \(number(value))\n"
        }
        guard let histogram = series.histogram else { return }
        // The same edges in every scrape, so that sums over processes and over time are sound.
        let exponents =
            family.unit == .seconds || family.unit == .ratio
            ? stride(from: -20, through: 12, by: 1) : stride(from: 0, through: 40, by: 2)
        for exponent in exponents {
            let edge = exponent < 0 ? 1 / Double(1 << -exponent) : Double(1 << exponent)
            text += "\(name)_bucket{\(labels),le=\"\(number(edge))\"} \(histogram.count(upToPowerOfTwo: exponent))\n"
        }
        text += "\(name)_bucket{\(labels),le=\"+Inf\"} \(histogram.count)\n"
        text += "\(name)_sum{\(labels)} \(number(histogram.sum))\n\(name)_count{\(labels)} \(histogram.count)\n"
    }

    /// `rpc.server.call.duration` in seconds becomes `rpc_server_call_duration_seconds`, a counter ends in `_total`.
    static func exposedName(_ family: MetricFamily) -> String {
        var name = cleaned(family.name)
        let suffix =
            switch family.unit {
            case .seconds: "_seconds"
            case .bytes: "_bytes"
            case .ratio: "_ratio"
            case .count: ""
            }
        // To Prometheus `_count` is a part of a histogram; OpenTelemetry ends some plain numbers in it.
        if family.kind != .histogram && name.hasSuffix("_count") { name.removeLast("_count".count) }
        if !name.hasSuffix(suffix) { name += suffix }
        if family.kind == .counter && !name.hasSuffix("_total") { name += "_total" }
        return name
    }

    private static func labels(_ identity: Identity, _ own: [MetricLabel]) -> String {
        var all = [MetricLabel("role", identity.role)]
        if let slot = identity.slot { all.append(MetricLabel("slot", String(slot))) }
        if let incarnation = identity.incarnation { all.append(MetricLabel("incarnation", String(incarnation))) }
        let taken = all.map(\.name)
        all += own.map { label in
            let name = cleaned(label.name)
            return MetricLabel(taken.contains(name) || name == "le" ? "exported_\(name)" : name, label.value)
        }
        return all.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }.joined(separator: ",")
    }

    /// A name of letters, digits and underscores that does not begin with a digit.
    static func cleaned(_ name: String) -> String {
        let letters = name.unicodeScalars.map { scalar in
            scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)) ? Character(scalar) : "_"
        }
        let clean = String(letters)
        return clean.first.map { ("0"..."9").contains($0) } ?? true ? "_" + clean : clean
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : String(value)
    }
}
