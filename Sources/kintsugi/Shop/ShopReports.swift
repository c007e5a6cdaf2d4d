import Audit
import Load

/// A load test's end, for a person.
struct LoadReport {
    let result: LoadResult

    var text: String {
        var lines = [
            "\(result.scheduled) orders in \(one(result.seconds)) s: \(result.accepted) accepted "
                + "(\(one(result.acceptedPerSecond)) a second)"
        ]
        let others: [(Int, String)] = [
            (result.refused, "refused (429, 503)"), (result.failed, "failed (5xx)"),
            (result.unexpected, "answered otherwise"),
            (result.reset, "reset"), (result.timedOut, "timed out"),
            (result.malformed, "answered with what is no HTTP"),
        ]
        for (count, name) in others where count > 0 { lines.append("  \(count) \(name)") }
        lines.append("POST to 201:       " + times(result.accept))
        if let confirm = result.confirm, let confirmed = result.confirmed {
            lines.append("POST to CONFIRMED: " + times(confirm))
            lines.append("\(confirmed) confirmed, \(result.cancelled ?? 0) cancelled; seed \(result.seed)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func times(_ times: LoadResult.Times) -> String {
        func shown(_ value: Double?) -> String { value.map { "\(one($0)) ms" } ?? "–" }
        return "p50 \(shown(times.p50)), p99 \(shown(times.p99)), p99.9 \(shown(times.p999)), most \(shown(times.most))"
    }
}

/// An audit, for a person.
struct AuditText {
    let report: AuditReport
    let paint: Paint

    var text: String {
        var lines: [String] = []
        for finding in report.findings {
            let mark = finding.holds ? paint("holds", .green) : paint("BROKEN", .red)
            lines.append("\(finding.invariant)  \(mark)  \(finding.rule) (\(finding.checked) checked)")
            lines += finding.offending.map { "       \(harmless($0))" }
            if finding.count > finding.offending.count {
                lines.append("       and \(finding.count - finding.offending.count) more")
            }
        }
        let waited = "after \(one(report.waitedSeconds)) s"
        lines.append(
            report.waiting == 0
                ? "Nothing was on its way any more \(waited)."
                : paint("\(report.waiting) messages, orders or deliveries were still on their way \(waited).", .red))
        if report.syntheticOrders > 0 {
            lines.append("\(report.orders) orders are real, \(report.syntheticOrders) are those of canaries.")
        }
        if report.deadLetters > 0 {
            lines.append(
                paint("\(report.deadLetters) messages were given up; see: kintsugi dead-letters list", .yellow))
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
