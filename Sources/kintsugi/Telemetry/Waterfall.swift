import Contracts

/// A trace as a waterfall: each span below its parent, and when it ran.
struct Waterfall {
    private static let width = 40

    let answer: TraceAnswer
    let paint: Paint

    private struct Line {
        var depth: Int
        var span: TraceSpan
    }

    var text: String {
        let spans = answer.spans
        let start = spans.map(\.start).min() ?? 0
        let end = max(start + 1, spans.map { $0.start + $0.nanoseconds }.max() ?? start + 1)
        let lines = ordered(spans)
        let names = lines.map { line in
            String(repeating: "  ", count: min(line.depth, 12)) + "\(line.span.node)  \(line.span.name)"
        }
        let widest = min(64, names.map(\.count).max() ?? 0)
        let errors = spans.count { !$0.ok }
        let failed = errors > 0 ? paint("; \(errors) failed", .red) : ""
        var text =
            "\(Quantities.count(spans.count, "span")) from \(TimeWords.date(start)), "
            + "\(TimeWords.span(end - start))\(failed)\n"
        for (line, name) in zip(lines, names) {
            let shown = harmless(String(name.prefix(64)))
            let space = String(repeating: " ", count: max(0, widest - shown.count))
            let span = line.span
            let took = TimeWords.span(span.nanoseconds)
            text +=
                "\(paint(shown, span.ok ? nil : .red))\(space)  \(bar(span, start, end))  "
                + "+\(TimeWords.span(span.start - start))  \(took)\n"
            if let fault = span.fault {
                text += String(repeating: " ", count: min(line.depth, 12) * 2 + 2) + paint(harmless(fault), .red) + "\n"
            }
        }
        return text + missingText(answer.missing, paint)
    }

    private func bar(_ span: TraceSpan, _ start: Int64, _ end: Int64) -> String {
        let scale = Double(Self.width) / Double(end - start)
        let from = min(Self.width - 1, Int(Double(span.start - start) * scale))
        let length = max(1, min(Self.width - from, Int((Double(span.nanoseconds) * scale).rounded())))
        let mark = paint(String(repeating: "█", count: length), span.ok ? .cyan : .red)
        return String(repeating: "·", count: from) + mark + String(repeating: "·", count: Self.width - from - length)
    }

    /// Parents before their children, and these in the order of time. What has no parent here is a root.
    private func ordered(_ spans: [TraceSpan]) -> [Line] {
        var children: [String: [TraceSpan]] = [:]
        let known = Set(spans.map(\.span))
        var roots: [TraceSpan] = []
        for span in spans {
            if let parent = span.parent, known.contains(parent), parent != span.span {
                children[parent, default: []].append(span)
            } else {
                roots.append(span)
            }
        }
        var lines: [Line] = []
        var waiting = roots.reversed().map { Line(depth: 0, span: $0) }
        // What a broken sender calls each other's parent has no root, and is not shown; nothing is shown twice.
        while let line = waiting.popLast() {
            lines.append(line)
            for child in (children[line.span.span] ?? []).reversed() {
                waiting.append(Line(depth: line.depth + 1, span: child))
            }
        }
        return lines
    }
}
