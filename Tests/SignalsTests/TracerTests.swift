import Testing

@testable import Signals

@Suite("Spans wait until somebody wants them")
struct TracerTests {
    private func ended(
        _ name: String, below parent: TraceContext? = nil, _ status: SpanStatus = .ok, after: Duration = .zero
    )
        -> Span
    {
        var span = Span(name, parent: parent, now: .zero)
        span.end(status, now: after)
        return span
    }

    private func tracer(ring: Int = 4) -> Tracer {
        var limits = Tracer.Limits()
        limits.share = 0
        limits.ring = ring
        limits.leaving = 3
        return Tracer(limits)
    }

    @Test("what failed, what was slow and what its caller samples leaves at once; the rest waits")
    func leaving() {
        let tracer = tracer()
        tracer.finish(ended("quick"))
        tracer.finish(ended("failed", .error("no")))
        tracer.finish(ended("slow", after: .seconds(1)))
        tracer.finish(ended("sampled", below: .root(sampled: true)))
        #expect(tracer.take().spans.map(\.name) == ["failed", "slow", "sampled"])
        #expect(tracer.take().spans.isEmpty)
    }

    @Test("a trace that is wanted leaves in its order, and so does what follows of it")
    func kept() {
        let tracer = tracer()
        let trace = TraceContext.root()
        for name in ["other", "one", "two", "other", "three"] {
            tracer.finish(ended(name, below: name == "other" ? nil : trace))
        }
        tracer.keep(trace)
        // The ring holds four: the first was pushed out.
        #expect(tracer.take().spans.map(\.name) == ["one", "two", "three"])
        tracer.finish(ended("four", below: trace))
        tracer.finish(ended("other"))
        #expect(tracer.take().spans.map(\.name) == ["four"])
    }

    @Test("what finds no room to leave is counted")
    func bounded() {
        let tracer = tracer()
        for _ in 0..<5 { tracer.finish(ended("failed", .error("no"))) }
        let (spans, dropped) = tracer.take()
        #expect(spans.count == 3 && dropped == 2)
        #expect(tracer.take().dropped == 0)
    }

    @Test("the work inside a span is below it, and its error is the span's")
    func nested() async {
        let tracer = tracer()
        struct Broken: Error {}
        let root = TraceContext.root()
        let inner: Void? = try? await tracer.span("outer", parent: root) { _ in
            _ = try await tracer.span("inner") { _ in throw Broken() }
        }
        #expect(inner == nil)
        let spans = tracer.take().spans
        #expect(spans.map(\.name) == ["inner", "outer"])
        #expect(spans.first?.parent == spans.last?.context.span && spans.last?.parent == root.span)
        #expect(spans.allSatisfy { if case .error = $0.status { true } else { false } })
    }
}
