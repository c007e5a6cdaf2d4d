import Contracts
import Insight
import Testing

@testable import Senses

/// A small shop that is heard for some minutes, with a fault in the end.
private struct Shop {
    static let objectives = [
        try? Objective(
            name: "orders are taken", service: "orders", target: 0.99,
            indicator: Objective.Indicator(
                .bad(
                    SeriesSelection(
                        metric: "http.requests", kind: .counter,
                        conditions: [LabelCondition("outcome", .equals("failed"))])),
                of: SeriesSelection(metric: "http.requests", kind: .counter)))
    ].compactMap(\.self)

    static func fresh() -> Observatory { Observatory(objectives: ObjectiveBook(objectives)) }

    static func requests(_ second: Int64, failed: Double, ok: Double) -> [MetricPoint] {
        [("failed", failed), ("ok", ok)].map { outcome, count in
            point(.increase(count), at: second, metric: "http.requests", labels: [SignalLabel("outcome", outcome)])
        }
    }

    /// What comes in one second, in an order of its own.
    static func signals(_ second: Int64, _ chance: inout Chance) -> ([MetricPoint], [LogEntry], [TraceSpan]) {
        var points = requests(second, failed: 0, ok: 20)
        for node in ["orders", "inventory"] {
            points.append(point(.gauge(10 + chance.normal()), at: second, metric: "depth", node: node))
        }
        let lines = [line("taken \(second)", at: second), line("kept", at: second, node: "inventory")]
        let trace = traces(1, inShare: true, seed: Int(second - noon) + 1_000)[0]
        let spans = [
            span("root", of: trace, start: second),
            span("call", of: trace, parent: "root", kind: "client", start: second),
            span("in", of: trace, parent: "call", node: "inventory", start: second, ok: second % 50 != 0),
        ]
        return (points, lines, spans)
    }

    static func heard(_ seconds: Range<Int64>, mixed seed: Int? = nil) -> Observatory {
        var shop = fresh()
        var chance = Chance(1)
        var order = Chance(seed ?? 0)
        for second in seconds {
            var (points, lines, spans) = signals(second, &chance)
            if seed != nil {
                points.shuffle(using: &order)
                lines.shuffle(using: &order)
                spans.shuffle(using: &order)
            }
            shop.take(points, now: at(second))
            shop.take(lines, now: at(second))
            shop.take(spans, now: at(second))
            _ = shop.tick(now: at(second))
        }
        return shop
    }
}

@Suite struct InvestigationTests {
    private let scope = EvidenceScope(from: at(noon + 200))

    @Test("evidence holds series, services, calls and messages of the window, and the same whatever came first")
    func order() {
        let ours = Shop.heard(noon..<noon + 300).investigate(scope, now: at(noon + 300))
        #expect(ours.series.contains { $0.metric == "depth" && $0.node == "inventory" })
        #expect(ours.services.map(\.node) == ["inventory", "orders"])
        #expect(ours.edges.map { "\($0.caller)>\($0.callee)" } == ["orders>inventory"])
        #expect(ours.messages.count == 2)
        for seed in 1...3 {
            let theirs = Shop.heard(noon..<noon + 300, mixed: seed).investigate(scope, now: at(noon + 300))
            let isSame = ours == theirs
            #expect(isSame)
        }
    }

    @Test("what is missing is named: of a service that nobody heard, of a time before the beginning, and of gaps")
    func missing() {
        var shop = Shop.heard(noon..<noon + 60)
        shop.missed("spans of risk.1", count: 7)
        shop.heard("comms.1", node: "comms", now: at(noon))
        var scope = scope
        scope.nodes = ["orders", "risk"]
        let named = shop.investigate(scope, now: at(noon + 60)).missing.map(\.signal)
        for expected in ["metrics of risk", "traces of risk", "spans of risk.1", "metrics of comms.1"] {
            #expect(named.contains(expected))
        }
        #expect(named.contains { $0.hasPrefix("detail from before") })
        let empty = Shop.fresh().investigate(scope, now: at(noon)).missing.map(\.signal)
        #expect(empty.contains("traces") && empty.contains("logs"))
    }

    @Test("whatever has been heard, evidence has a bound, and what had no room is named")
    func size() {
        var shop = Shop.fresh()
        for number in Int64(0)..<3_000 {
            shop.take(
                ChangeNotice(
                    id: "\(number)", kind: .deploy, nodes: [], text: "c", author: "a", at: at(noon) + number))
            shop.take(
                ProcessNotice(.died, role: "r\(number)", slot: "r\(number).1", reason: "why", at: at(noon)),
                now: at(noon))
            shop.take([line("kind", at: noon, level: "error", node: "n\(number)", isTemplate: true)], now: at(noon))
        }
        for second in noon..<noon + 40 {
            let points = (0..<400).map { point(.gauge(1), at: second, metric: "m\($0)") }
            shop.take(points, now: at(second))
        }
        let evidence = shop.investigate(EvidenceScope(from: at(noon - 60)), now: at(noon + 40))
        #expect(evidence.series.count == 300 && evidence.messages.count == 200 && evidence.changes.count == 200)
        #expect(evidence.processes.count == 200 && evidence.findings.count == 200)
        let named = evidence.missing.map(\.signal)
        for what in ["series", "changes", "findings", "what happened to processes", "kinds of log lines"] {
            #expect(named.contains("some \(what)"))
        }
    }

    @Test("any window is answered, be it of 1970, of 2100 or of the end of time")
    func windows() {
        let shop = Shop.heard(noon..<noon + 60)
        for from in [Int64.min, -1, 0, at(noon), at(noon + 9_000), .max] {
            for until in [nil, Int64.min, 0, at(noon + 30), .max] {
                let evidence = shop.investigate(EvidenceScope(from: from, until: until), now: at(noon + 60))
                #expect(evidence.from < evidence.until && evidence.series.allSatisfy { $0.points.count <= 121 })
                var query = SignalQuery(.metrics)
                (query.from, query.until) = (from, until)
                for kind in SignalQuery.Kind.allCases {
                    query.kind = kind
                    #expect(shop.answer(query, now: at(noon + 60)).leftOut == 0)
                }
            }
        }
    }
}

@Suite struct VerifyingTests {
    private func expectation(since: Int64 = noon + 100) -> Contracts.Expectation {
        Contracts.Expectation(
            nodes: ["orders"], ended: ["failing/orders/orders are taken"], since: at(since), settleSeconds: 10,
            deadlineSeconds: 60)
    }

    private func verdicts(_ shop: inout Observatory, _ seconds: ClosedRange<Int64>, failed: Double = 0, ok: Double = 20)
        -> [Verification.Verdict]
    {
        seconds.map { second in
            shop.take(Shop.requests(noon + second, failed: failed, ok: ok), now: at(noon + second))
            _ = shop.tick(now: at(noon + second) + 900_000_000)
            return shop.verify(expectation(), now: at(noon + second) + 950_000_000).verdict
        }
    }

    @Test("what holds throughout the settle window holds, and not before it is over")
    func holds() {
        var shop = Shop.heard(noon..<noon + 100)
        let found = verdicts(&shop, 100...115)
        #expect(found.prefix(10).allSatisfy { $0 == .pending } && found.suffix(5).allSatisfy { $0 == .holds })
    }

    @Test("what goes on failing is pending until the deadline, then it fails")
    func fails() {
        var shop = Shop.heard(noon..<noon + 80)
        _ = verdicts(&shop, 80...99, failed: 10, ok: 10)
        let found = verdicts(&shop, 100...165, failed: 10, ok: 10)
        #expect(found[..<59].allSatisfy { $0 == .pending } && found.last == .fails)
    }

    @Test("what recovers late but in time holds once it has settled")
    func recovers() {
        var shop = Shop.heard(noon..<noon + 80)
        _ = verdicts(&shop, 80...99, failed: 10, ok: 10)
        let bad = verdicts(&shop, 100...120, failed: 10, ok: 10)
        let good = verdicts(&shop, 121...160)
        #expect(bad.allSatisfy { $0 == .pending } && good.first == .pending && good.last == .holds)
        #expect(!(bad + good).contains(.fails))
    }

    @Test("what comes back after it held fails again once its time is over")
    func relapses() {
        var shop = Shop.heard(noon..<noon + 100)
        _ = verdicts(&shop, 100...120)
        let found = verdicts(&shop, 121...170, failed: 10, ok: 10)
        #expect(found.last == .fails)
    }

    @Test("without events nothing can be said to hold: pending, then unknown")
    func unknown() {
        var shop = Shop.heard(noon..<noon + 60)
        let found = (noon + 100...noon + 170).map { second -> Verification.Verdict in
            _ = shop.tick(now: at(second))
            return shop.verify(expectation(), now: at(second)).verdict
        }
        #expect(found.first == .pending && found.last == .unknown && !found.contains(.holds))
    }

    @Test("something new that hurts the service fails what was expected; a notice does not")
    func somethingNew() {
        for (severity, expected) in [(FindingSeverity.notice, Verification.Verdict.holds), (.warning, .fails)] {
            var shop = Shop.heard(noon..<noon + 100)
            let other = finding(.anomaly, severity, subject: "depth", began: noon + 105)
            shop.assert(other, hold: at(1_000), now: at(noon + 105))
            #expect(verdicts(&shop, 106...120).last == expected)
        }
    }

    @Test("an objective that does not exist is not said to hold")
    func noSuchObjective() {
        var shop = Shop.heard(noon..<noon + 100)
        _ = verdicts(&shop, 100...120)
        var expectation = expectation()
        expectation.objectives = ["orders are taken", "nobody knows"]
        let verification = shop.verify(expectation, now: at(noon + 121))
        #expect(verification.verdict == .unknown)
        #expect(verification.conditions.contains { $0.text.contains("nobody knows") })
    }

    @Test("times that are no times are answered as well")
    func oddTimes() {
        let shop = Shop.heard(noon..<noon + 60)
        for seconds in [Double.nan, .infinity, -.infinity, -5, 1e300] {
            for since in [Int64.min, 0, at(noon + 9_000), .max] {
                var expectation = expectation()
                expectation.since = since
                (expectation.settleSeconds, expectation.deadlineSeconds) = (seconds, seconds)
                #expect(shop.verify(expectation, now: at(noon + 60)).conditions.count == 3)
            }
        }
    }
}
