import Insight
import Testing

@Suite struct CauseCategoryTests {
    private func scene(_ node: String = "shop") -> Scene {
        var chance = SeededChance(state: 3)
        var scene = Scene()
        let times = (0..<100).map { Double($0) * 10 }
        for name in ["shop", "front"] {
            scene.series.append(
                MetricSeries(
                    node: name, name: "errors", times: times,
                    measured: times.map { ($0 >= 800 && name == node ? 20 : 1) + 0.1 * chance.normal() }))
            scene.series.append(
                MetricSeries(node: name, name: "cpu", times: times, measured: times.map { _ in 30 + chance.normal() }))
        }
        scene.calls = [Call(caller: "front", callee: "shop"), Call(caller: "shop", callee: "bank")]
        return scene
    }

    private func first(_ scene: Scene) -> Hypothesis? { RootCauses.rank(scene).hypotheses.first }

    @Test("a deployment just before, and a new exception, are a bug")
    func code() {
        var scene = scene()
        scene.changes = [SystemChange(time: 780, target: "shop", kind: .deployment, text: "shop 2")]
        scene.logs = [
            LogEvidence(node: "shop", template: "unhandled exception in <*>", gravity: .error, before: 0, after: 30)
        ]
        let hypothesis = first(scene)
        #expect(hypothesis?.category == .codeBug && hypothesis?.node == "shop")
    }

    @Test("a configuration changed just before is that change")
    func configuration() {
        var scene = scene()
        scene.changes = [SystemChange(time: 790, target: "shop", kind: .configuration, text: "pool size")]
        #expect(first(scene)?.category == .configurationError)
    }

    @Test("words of denial are a matter of permissions", arguments: ["403 Forbidden", "access denied for <*>"])
    func permission(line: String) {
        var scene = scene()
        scene.logs = [LogEvidence(node: "shop", template: line, gravity: .error, before: 0, after: 30)]
        #expect(first(scene)?.category == .permissionIssue)
    }

    @Test("what is full, or ran out of memory, is a limit")
    func limit() {
        var full = scene()
        full.limits = [ResourceLimit(node: "shop", name: "disk", used: 0.99)]
        #expect(first(full)?.category == .resourceLimit)
        var killed = scene()
        killed.events = [ProcessEvent(time: 801, node: "shop", kind: .outOfMemory)]
        #expect(first(killed)?.category == .resourceLimit)
    }

    @Test("calls that fail only to a peer outside are that peer's")
    func dependency() {
        var scene = scene()
        scene.outside = ["bank"]
        scene.traces = [
            TraceEvidence(
                service: "shop", peer: "bank", operation: "pay", before: SpanStatistics(count: 100, seconds: 1),
                after: SpanStatistics(count: 100, errors: 60, seconds: 90)),
            TraceEvidence(
                service: "shop", operation: "order", before: SpanStatistics(count: 100, seconds: 1),
                after: SpanStatistics(count: 100, seconds: 1)),
        ]
        #expect(first(scene)?.category == .externalDependency)
    }

    @Test("a number within a longer one is no status code")
    func numbers() {
        var scene = scene()
        scene.logs = [LogEvidence(node: "shop", template: "order 140312 lost", gravity: .error, before: 0, after: 30)]
        let found = RootCauses.rank(scene).hypotheses.first { $0.category == .permissionIssue }
        #expect(found?.supporting.contains { $0.name == "logs" } == false)
    }

    @Test("an incident that looked the same speaks for its node, and against it where it proved wrong")
    func history() throws {
        var scene = scene()
        let signature = RootCauses.rank(scene).signature
        #expect(!signature.isEmpty)
        let before = try #require(RootCauses.rank(scene).suspects.first).score
        scene.past = [PastIncident(signature: signature, node: "shop", category: .codeBug, weight: 1)]
        let confirmed = try #require(RootCauses.rank(scene).suspects.first).score
        scene.past[0].weight = -1
        let refuted = try #require(RootCauses.rank(scene).suspects.first).score
        #expect(confirmed > before && refuted < before)
    }

    @Test("a change alone, without anything that hurts, blames nobody")
    func changeAlone() {
        var scene = scene("nobody")
        scene.changes = [SystemChange(time: 790, target: "shop", kind: .configuration, text: "pool size")]
        #expect(RootCauses.rank(scene).isQuiet)
    }

    @Test(
        "a metric's name says what it measures",
        arguments: [
            ("http_request_duration_seconds", SignalKind.latency), ("CpuUsageRate(%)", .usage),
            ("availability", .error),
            ("requests|Sum", .traffic), ("p99", .latency), ("mood", .other), ("errors_total", .error),
        ])
    func names(name: String, kind: SignalKind) {
        #expect(MetricSeries(node: "a", name: name, times: [], measured: []).kind == kind)
    }
}
