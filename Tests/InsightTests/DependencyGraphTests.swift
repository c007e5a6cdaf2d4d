import Insight
import Testing

@Suite struct DependencyGraphTests {
    private func span(
        _ number: UInt64, of service: String, parent: UInt64? = nil, links: [UInt64] = [], at start: Double = 0,
        seconds: Double = 0.1, isError: Bool = false
    ) -> ObservedSpan {
        func identity(_ span: UInt64) -> SpanIdentity { SpanIdentity(traceLow: 1, span: span) }
        return ObservedSpan(
            identity: identity(number), parent: parent.map(identity), links: links.map(identity), service: service,
            start: start, seconds: seconds, isError: isError)
    }

    @Test("a child of another service is a call, whichever of the two comes first")
    func edges() throws {
        var graph = DependencyGraph()
        graph.add(span(2, of: "b", parent: 1, seconds: 0.2, isError: true))
        graph.add(span(1, of: "a"))
        graph.add(span(3, of: "b", parent: 2))
        graph.add(span(4, of: "c", parent: 3, seconds: 0.4))
        graph.add(span(5, of: "d", links: [4]))
        #expect(
            graph.calls == [
                Call(caller: "a", callee: "b"), Call(caller: "b", callee: "c"), Call(caller: "c", callee: "d"),
            ])
        let edge = try #require(graph.edge(from: "a", to: "b"))
        #expect(edge.count == 1 && edge.errors == 1 && edge.durations.longest == 0.2)
        #expect(graph.callees(of: "b") == ["c"] && graph.callers(of: "b") == ["a"])
        #expect(graph.reachable(from: "a") == ["b", "c", "d"] && graph.reachable(from: "d").isEmpty)
        #expect(graph.distance(from: "a", to: "d") == 3 && graph.distance(from: "d", to: "a") == nil)
    }

    @Test("the order of the spans changes nothing", arguments: 1...10 as ClosedRange<UInt64>)
    func order(seed: UInt64) {
        var chance = SeededChance(state: seed)
        let spans = (1...300 as ClosedRange<UInt64>).map { number in
            span(number, of: "s\(number % 17)", parent: number / 2, at: Double(number))
        }
        var first = DependencyGraph(), second = DependencyGraph()
        for span in spans { first.add(span) }
        for span in spans.shuffled(using: &chance) { second.add(span) }
        #expect(first.calls == second.calls && first.edges.map(\.count) == second.edges.map(\.count))
    }

    @Test("durations keep their quantiles to about an eighth")
    func durations() throws {
        var graph = DependencyGraph()
        graph.add(span(1, of: "a"))
        for number in 1...1_000 as ClosedRange<UInt64> {
            graph.add(span(1 + number, of: "b", parent: 1, seconds: Double(number) / 1_000))
        }
        let durations = try #require(graph.edge(from: "a", to: "b")).durations
        let (mean, median) = (try #require(durations.mean), try #require(durations.quantile(0.5)))
        let high = try #require(durations.quantile(0.99))
        #expect(durations.count == 1_000 && abs(mean - 0.5005) < 1e-9)
        #expect(abs(median / 0.5 - 1) < 0.125 && abs(high / 0.99 - 1) < 0.125)
        #expect(durations.quantile(.nan) == nil)
    }

    @Test("edges that were not seen for long are forgotten, with their services")
    func ageing() {
        var graph = DependencyGraph()
        graph.add(span(1, of: "a"))
        graph.add(span(2, of: "b", parent: 1, at: 10))
        graph.add(span(3, of: "c", parent: 1, at: 20))
        graph.forget(before: 15)
        #expect(graph.calls == [Call(caller: "a", callee: "c")] && graph.nodes == ["a", "c"])
    }

    @Test("spans of ever new services stay within the bounds, and what is left out is counted")
    func bounds() {
        var graph = DependencyGraph(nodes: 50, edges: 40, spans: 1_000)
        for number in 1...200_000 as ClosedRange<UInt64> {
            graph.add(span(number, of: "s\(number % 5_000)", parent: number &- 1, at: Double(number)))
        }
        #expect(graph.edges.count <= 40 && graph.nodes.count <= 50 && !graph.edges.isEmpty)
        for number in 1...500 as ClosedRange<UInt64> { graph.add(span(5_000_000 + number, of: "x", parent: 4_000_000)) }
        #expect(graph.dropped > 400)
    }

    @Test("times and durations that are none do no harm")
    func notNumbers() {
        var graph = DependencyGraph()
        graph.add(span(1, of: "a"))
        graph.add(span(2, of: "b", parent: 1, at: .nan))
        graph.add(span(3, of: "c", parent: 1, seconds: .infinity))
        #expect(graph.calls == [Call(caller: "a", callee: "c")])
        #expect(graph.edges.first?.durations.count == 0)
    }
}
