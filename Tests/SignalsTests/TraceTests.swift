import Testing

@testable import Signals

@Suite struct TraceTests {
    private let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    @Test("a traceparent is read and written back the same")
    func roundTrip() throws {
        let context = try #require(TraceContext(traceparent: header))
        #expect(context.traceparent == header && context.isSampled)
        #expect(context.traceIdentifier == "4bf92f3577b34da6a3ce929d0e0e4736")
        #expect(context.spanIdentifier == "00f067aa0ba902b7")
    }

    @Test("a later version may say more, this one may not")
    func versions() {
        #expect(TraceContext(traceparent: "01" + header.dropFirst(2) + "-more")?.traceparent == header)
        #expect(TraceContext(traceparent: header + "-more") == nil)
        #expect(TraceContext(traceparent: "01" + header.dropFirst(2) + "more") == nil)
        #expect(TraceContext(traceparent: "ff" + header.dropFirst(2)) == nil)
    }

    @Test(
        "what the standard calls invalid is no context",
        arguments: [
            "", "00", "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-600f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473é-00f067aa0ba902b7-01",
            "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ])
    func invalid(header: String) {
        #expect(TraceContext(traceparent: header) == nil)
    }

    @Test("a child stays in the trace and has an identifier of its own")
    func child() {
        let root = TraceContext.root(sampled: true)
        let child = root.child()
        #expect(child.traceIdentifier == root.traceIdentifier && child.span != root.span && child.isSampled)
    }

    @Test("about the wanted share of traces is sampled, and the answer never changes")
    func share() {
        let traces = (0..<20_000).map { _ in TraceContext.root() }
        let kept = traces.filter { $0.belongs(toShare: 0.1) }
        #expect((1_600...2_400).contains(kept.count))
        #expect(kept.allSatisfy { $0.child().belongs(toShare: 0.1) })
        #expect(!traces[0].belongs(toShare: 0) && traces[0].belongs(toShare: 1))
    }

    @Test("a span ends once, and knows its parent and its duration")
    func span() {
        let outer = Span("outer", now: .zero)
        var inner = Span("inner", kind: .client, parent: outer.context, now: .seconds(1))
        #expect(outer.parent == nil && inner.parent == outer.context.span)
        inner.set("rpc.method", "say")
        inner.set("rpc.method", "add")
        inner.end(.error("lost"), now: .seconds(3))
        inner.end(.ok, now: .seconds(9))
        #expect(inner.duration == .seconds(2) && inner.status == .error("lost"))
        #expect(inner.attributes.map(\.value) == ["add"])
    }
}
