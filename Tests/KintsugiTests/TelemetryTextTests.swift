import Contracts
import Insight
import Signals
import Testing

@testable import kintsugi

@Suite("What was heard, as text")
struct TelemetryTextTests {
    private let second: Int64 = 1_000_000_000

    @Test("times are read as people write them, and nothing else is")
    func times() {
        let now = 1_772_357_400 * second
        #expect(TimeWords.parse("90s", now: now) == now - 90 * second)
        #expect(TimeWords.parse("1.5m", now: now) == now - 90 * second)
        #expect(TimeWords.parse("2h", now: now) == now - 7_200 * second)
        #expect(TimeWords.parse("3d", now: now) == now - 259_200 * second)
        #expect(TimeWords.parse("2026-03-01T09:30:00Z", now: 0) == now)
        #expect(TimeWords.parse("2026-03-01T09:30Z", now: 0) == now)
        #expect(TimeWords.parse("1970-01-01T00:00:01Z", now: 0) == second)
        for text in ["", "s", "-5m", "soon", "12", "2026-13-01T00:00:00Z", "2026-03-01 09:30", "nand", "1e300d"] {
            #expect(TimeWords.parse(text, now: now) == nil, "\(text)")
        }
    }

    @Test(
        "what is written as a time is read as the same time", arguments: [0, 951_782_399, 1_709_164_800, 4_102_444_799])
    func calendar(_ seconds: Int64) {
        let text = WallTime(nanoseconds: seconds * second).iso8601
        #expect(TimeWords.parse("\(text.prefix(19))Z", now: 0) == seconds * second)
    }

    private func span(_ name: String, _ parent: String?, at start: Int64, took: Int64 = 10, ok: Bool = true)
        -> TraceSpan
    {
        TraceSpan(
            trace: "t", span: name, parent: parent, node: "orders", name: name, kind: "server",
            start: start * 1_000_000,
            nanoseconds: took * 1_000_000, ok: ok, fault: ok ? nil : "no \u{1B}[31mstock", attributes: [])
    }

    @Test("a waterfall shows children below their parents, in time, and what went wrong; nothing is shown twice")
    func waterfall() {
        let spans = [
            span("root", nil, at: 0, took: 40), span("second", "root", at: 20, ok: false), span("first", "root", at: 5),
            span("leaf", "first", at: 6), span("orphan", "elsewhere", at: 30), span("loop", "pool", at: 31),
            span("pool", "loop", at: 32),
        ]
        let text = Waterfall(
            answer: TraceAnswer(spans: spans, missing: [MissingSignal("1 span", "lost")], answeredBy: "a"), paint: .none
        ).text
        let lines = text.split(separator: "\n").map(String.init)
        #expect(lines[0].hasPrefix("7 spans from 1970-01-01 00:00:00, 42.0 ms; 1 failed"))
        let names = lines.dropFirst().compactMap { line in
            ["root", "first", "leaf", "second", "orphan"].first { line.contains("orders  \($0) ") }
        }
        #expect(
            names == ["root", "second", "first", "leaf", "orphan"]
                || names == ["root", "first", "leaf", "second", "orphan"])
        #expect(lines.contains { $0.contains("no \\u{1b}[31mstock") } && !text.contains("\u{1B}"))
        #expect(text.hasSuffix("Missing: 1 span (lost)\n"))
    }

    @Test("an investigation without trouble says so, and one with says who, with numbers that add up")
    func investigation() {
        let scope = EvidenceScope(from: 0)
        let evidence = Evidence(scope: scope, from: 0, until: 600 * second)
        let silent = InvestigationReport(evidence: evidence, ranking: RootCauses.rank(Scene(evidence)), paint: .none)
        #expect(silent.text.contains("Too little was heard") && silent.summary.suspects.isEmpty)

        var calm = evidence
        let level: [Double?] = (0..<120).map { Double($0 % 3) }
        calm.series = [
            EvidenceSeries(
                node: "orders", metric: "http.server.errors:rate", unit: "1/s", start: 0, step: 5, points: level)
        ]
        let quiet = InvestigationReport(evidence: calm, ranking: RootCauses.rank(Scene(calm)), paint: .none)
        #expect(quiet.text.contains("Nothing is wrong") && quiet.summary.suspects.isEmpty)

        var hurt = evidence
        hurt.onset = 500 * second
        for (node, level) in [("orders", 90.0), ("inventory", 1.0)] {
            let points: [Double?] = (0..<120).map { $0 < 100 ? Double($0 % 3) : level + Double($0 % 3) }
            hurt.series.append(
                EvidenceSeries(
                    node: node, metric: "http.server.errors:rate", unit: "1/s", start: 0, step: 5, points: points))
        }
        let report = InvestigationReport(evidence: hurt, ranking: RootCauses.rank(Scene(hurt)), paint: .none)
        let first = report.summary.suspects.first
        #expect(first?.node == "orders")
        let sum = first?.contributions.reduce(0) { $0 + $1.points } ?? 0
        #expect(sum == first?.score && report.text.contains("Suspects"))
    }

    @Test("a table keeps its columns, and shows no control character")
    func table() {
        var table = Table(["NAME", "COUNT"], rightAligned: [1])
        table.rows = [["a", "5"], ["long\u{7}er", "1234"]]
        let lines = table.text(.none).split(separator: "\n").map(String.init)
        #expect(lines == ["NAME         COUNT", "a                5", "long\\u{7}er   1234"])
    }

    @Test(
        "numbers are brief",
        arguments: [(0.0, "0"), (0.00123, "0.00123"), (7, "7"), (1234.5, "1235"), (2.5e6, "2.5 M")])
    func numbers(_ number: Double, _ text: String) { #expect(brief(number) == text) }

    @Test("a small picture of a series has a bar for each part, and gaps where nothing came")
    func sparklines() {
        #expect(Sparkline.text([1, 1, 1]) == "▁▁▁")
        #expect(Sparkline.text([0, nil, 7]) == "▁ █")
        #expect(Sparkline.text([nil, nil]).isEmpty)
        #expect(Sparkline.text((0..<100).map { Double($0) }).count == 20)
    }

    @Test("an objective shows what is left, what burns and what is not heard")
    func objectives() {
        let window = ObjectiveReport.Window(
            longSeconds: 3_600, shortSeconds: 300, threshold: 14.4, longBurn: 20, shortBurn: 30, isFiring: true,
            formula: "2 % bad in 3600 s / 0.1 % allowed = 20")
        let report = ObjectiveReport(
            name: "orders-availability", service: "orders", about: "", target: 0.999, windowSeconds: 2_592_000,
            achieved: 0.98, good: 98, total: 100, budgetLeft: -19, exhaustedAfter: 0, windows: [window],
            missing: [MissingSignal("metric", "no data")])
        let text = ObjectivesText(
            answer: ObjectivesAnswer(objectives: [report], mistakes: ["slo.yaml:3: wrong"], answeredBy: "a"),
            paint: .none
        ).text
        for part in ["99.9 %", "98.0 %", "-1900.0 %", "burns: 2 % bad", "metric: no data", "slo.yaml:3: wrong"] {
            #expect(text.contains(part), "\(part)")
        }
    }
}
