import Routing
import Signals

// Work that no trace asked for gets no span: a call alone says too little to pay for one.

extension BusSystem {
    /// The span of a call on its way out, below the one that the task works for.
    func span(for header: Header) -> Span? {
        TraceContext.current.map { parent in
            var span = Span(header.method, kind: header.delivery ? .producer : .client, parent: parent)
            span.set("rpc.system.name", "kintsugi")
            span.set("server.address", .text(header.slot.isEmpty ? header.role : header.slot))
            return span
        }
    }

    /// Waits for the answer of a call, and ends its span by how the call ended.
    func traced(_ span: Span?, _ body: () async throws -> Answer) async throws -> Answer {
        guard var span else { return try await body() }
        defer { Tracer.standard.finish(span) }
        do {
            let answer = try await body()
            span.end(answer.status == .value ? .ok : .error("\(answer.status)"))
            return answer
        } catch {
            span.end(.error("\(error)"))
            throw error
        }
    }

    /// Carries out a call that came in, as a span of the trace that its caller named.
    func serve(_ call: InboundCall, _ body: () async -> Void) async {
        let context = CallContext(deadline: call.deadline, caller: call.header.sender)
        guard let parent = call.header.trace.context else {
            return await CallContext.$current.withValue(context, operation: body)
        }
        var span = Span(call.header.method, kind: call.header.delivery ? .consumer : .server, parent: parent)
        span.set("rpc.system.name", "kintsugi")
        span.set("client.address", .text(call.header.sender))
        await TraceContext.$current.withValue(span.context) {
            await CallContext.$current.withValue(context, operation: body)
        }
        span.end()
        Tracer.standard.finish(span)
    }
}
