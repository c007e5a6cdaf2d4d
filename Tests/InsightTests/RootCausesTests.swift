import Insight
import Testing

@Suite struct RootCausesTests {
    /// front calls shop and search; shop calls store and outside; all of it once every ten seconds.
    private let calls = [
        Call(caller: "front", callee: "shop"), Call(caller: "front", callee: "search"),
        Call(caller: "shop", callee: "store"), Call(caller: "shop", callee: "payments"),
    ]
    private let nodes = ["front", "shop", "search", "store", "payments"]
    private let onset = 1_000.0

    private func series(_ node: String, _ name: String, seed: UInt64, from level: Double, to after: Double? = nil)
        -> MetricSeries
    {
        var chance = SeededChance(state: seed)
        let times = (0..<140).map { Double($0) * 10 }
        return MetricSeries(
            node: node, name: name, times: times,
            measured: times.map { ($0 >= onset ? after ?? level : level) * (1 + 0.02 * chance.normal()) })
    }

    /// A system whose calls got slower along the way from front to `slow`.
    private func scene(slow: [String], by seconds: Double = 0.4, seed: UInt64 = 1) -> Scene {
        var scene = Scene()
        scene.calls = calls
        for (number, node) in nodes.enumerated() {
            let base = seed + UInt64(number) * 10
            scene.series += [
                series(node, "latency", seed: base, from: 0.1, to: slow.contains(node) ? 0.1 + seconds : nil),
                series(node, "requests", seed: base + 1, from: 100),
                series(node, "cpu", seed: base + 2, from: 30), series(node, "errors", seed: base + 3, from: 0.5),
            ]
        }
        return scene
    }

    @Test(
        "the deepest slow service is the cause, and its callers are explained", arguments: 1...10 as ClosedRange<UInt64>
    )
    func deepest(seed: UInt64) throws {
        let ranking = RootCauses.rank(scene(slow: ["front", "shop", "store"], seed: seed))
        let first = try #require(ranking.suspects.first)
        #expect(first.node == "store" && first.metric == "latency")
        let found = try #require(ranking.onset)
        #expect(abs(found - onset) <= 60)
        #expect(ranking.suspects.first { $0.node == "shop" }?.contributions.contains { $0.points < 0 } == true)
    }

    @Test("a service that does not pass the blame down is the cause itself")
    func middle() {
        let ranking = RootCauses.rank(scene(slow: ["front", "shop"]))
        #expect(ranking.suspects.first?.node == "shop")
    }

    @Test("every score is exactly the sum of its contributions")
    func additivity() {
        var scene = scene(slow: ["front", "shop"])
        scene.changes = [SystemChange(time: onset - 60, target: "shop", kind: .deployment, text: "shop 2.0")]
        scene.logs = [
            LogEvidence(node: "shop", template: "ERROR permission denied", gravity: .error, before: 0, after: 40)
        ]
        let ranking = RootCauses.rank(scene)
        #expect(!ranking.suspects.isEmpty && !ranking.hypotheses.isEmpty)
        for suspect in ranking.suspects {
            #expect(suspect.score == suspect.contributions.reduce(0) { $0 + $1.points })
        }
        for hypothesis in ranking.hypotheses {
            #expect(hypothesis.score == (hypothesis.supporting + hypothesis.opposing).reduce(0) { $0 + $1.points })
        }
    }

    @Test("the same evidence in another order is the same answer", arguments: 1...20 as ClosedRange<UInt64>)
    func order(seed: UInt64) {
        var chance = SeededChance(state: seed)
        var scene = scene(slow: ["front", "shop", "payments"])
        scene.traces = nodes.flatMap { node in
            ["read", "write"].map { operation in
                TraceEvidence(
                    service: node, operation: operation, before: SpanStatistics(count: 90, seconds: 9),
                    after: SpanStatistics(count: 80, errors: 3, seconds: node == "payments" ? 40 : 8))
            }
        }
        scene.logs = nodes.map {
            LogEvidence(node: $0, template: "\($0) timed out", gravity: .error, before: 1, after: 9)
        }
        scene.changes = nodes.map { SystemChange(time: 900, target: $0, kind: .configuration, text: $0) }
        scene.events = nodes.map { ProcessEvent(time: 1_010, node: $0, kind: .restart) }
        scene.limits = nodes.map { ResourceLimit(node: $0, name: "memory", used: 0.9) }
        let expected = RootCauses.rank(scene)
        scene.series.shuffle(using: &chance)
        scene.calls.shuffle(using: &chance)
        scene.traces.shuffle(using: &chance)
        scene.logs.shuffle(using: &chance)
        scene.changes.shuffle(using: &chance)
        scene.events.shuffle(using: &chance)
        scene.limits.shuffle(using: &chance)
        #expect(RootCauses.rank(scene) == expected)
    }

    @Test("where nothing changed nobody is to blame", arguments: 1...50 as ClosedRange<UInt64>)
    func quiet(seed: UInt64) {
        let ranking = RootCauses.rank(scene(slow: [], seed: seed * 100))
        #expect(ranking.isQuiet && ranking.hypotheses.isEmpty && ranking.onset == nil)
    }

    @Test("an empty scene has an empty answer that names what is missing")
    func empty() {
        let ranking = RootCauses.rank(Scene())
        #expect(ranking.isQuiet)
        #expect(ranking.missing.map(\.signal).contains("metrics"))
        #expect(ranking.missing.map(\.signal).contains("traces"))
        #expect(zip(ranking.missing, ranking.missing.dropFirst()).allSatisfy { $0.worth >= $1.worth })
    }

    @Test("what is no finite number counts as nothing, wherever it stands")
    func notNumbers() throws {
        var scene = scene(slow: ["front", "shop", "store"])
        for index in scene.series.indices {
            scene.series[index].measured[index] = .nan
            scene.series[index].measured[index + 40] = .infinity
            scene.series[index].measured[130 - index] = -.infinity
        }
        scene.series.append(MetricSeries(node: "odd", name: "latency", times: [.nan, .infinity], measured: [.nan, 1]))
        scene.series.append(
            MetricSeries(node: "huge", name: "latency", times: [1, 2, 3], measured: [1e300, -1e300, 1e308]))
        scene.series.append(MetricSeries(node: "void", name: "latency", times: [], measured: []))
        scene.changes = [SystemChange(time: .nan, target: "shop", kind: .deployment)]
        scene.logs = [LogEvidence(node: "shop", template: "x", gravity: .error, before: .nan, after: .infinity)]
        scene.limits = [ResourceLimit(node: "shop", name: "disk", used: .infinity)]
        scene.past = [PastIncident(signature: ["a"], node: "shop", category: .codeBug, weight: .nan)]
        scene.traces = [
            TraceEvidence(
                service: "shop", operation: "x", before: SpanStatistics(count: .nan, seconds: .infinity),
                after: SpanStatistics(count: 5, seconds: .nan))
        ]
        let ranking = RootCauses.rank(scene)
        #expect(ranking.suspects.first?.node == "store")
        #expect(ranking.suspects.allSatisfy { $0.score.isFinite })
    }

    @Test("a symptom elsewhere than the noise: what cannot have made it does not come first")
    func symptom() {
        var scene = scene(slow: ["front", "shop", "store"])
        scene.series.append(series("island", "latency", seed: 99, from: 0.01, to: 30))
        scene.symptom = Symptom(node: "front", metric: "latency", kind: .latency, time: 1_200)
        let ranking = RootCauses.rank(scene)
        #expect(ranking.suspects.first?.node == "store")
    }

    @Test("spans that wait at a service's door blame it, though none of its series moved")
    func door() throws {
        var scene = scene(slow: [])
        scene.symptom = Symptom(time: 1_200)
        func span(_ service: String, _ peer: String?, _ seconds: Double) -> TraceEvidence {
            TraceEvidence(
                service: service, peer: peer, operation: "call", before: SpanStatistics(count: 100, seconds: 1),
                after: SpanStatistics(count: 100, seconds: seconds))
        }
        scene.traces = [
            span("front", "shop", 40), span("search", "shop", 30), span("front", "search", 1), span("shop", "store", 1),
            span("shop", "payments", 1), span("front", nil, 1), span("shop", nil, 1), span("store", nil, 1),
        ]
        let first = try #require(RootCauses.rank(scene).suspects.first)
        #expect(first.node == "shop")
        #expect(first.contributions.contains { $0.name == "traces" && $0.points > 5 })
    }

    @Test("a reference replaces the older part of a series")
    func reference() {
        var scene = Scene()
        let times = (0..<5).map { Double($0) * 300 }
        var chance = SeededChance(state: 5)
        for (node, level) in [("a", 0.1), ("b", 0.6)] {
            scene.series.append(
                MetricSeries(
                    node: node, name: "latency", times: times,
                    measured: times.map { _ in level + 0.01 * chance.normal() },
                    reference: (0..<100).map { _ in 0.1 + 0.01 * chance.normal() }))
        }
        #expect(RootCauses.rank(scene).suspects.first?.node == "b")
    }
}
