import Host
import Signals
import Synchronization
import Testing
import Web
import WebClient

/// A server for clients to ask.
private final class Counterpart: Sendable {
    let server: Server
    let url: String
    let connections = Metrics()
    let arrived = AsyncStream.makeStream(of: Void.self)
    private let listener: ListeningSocket

    init() throws {
        listener = try ListeningSocket(name: "counterpart", address: "127.0.0.1", port: 0)
        url = "http://127.0.0.1:\(listener.port)"
        let word = ObjectShape("Word") { $0.required("text", .text(0...100_000)) }
        let arrived = arrived.continuation
        server = Server(
            ServerPlan(title: "Counterpart", version: "1"),
            routes: [
                Route(.post, "/echo", "", roles: .open, takes: word, answers: [.ok(word)]) { _, text in
                    .ok { $0.member("text", text) }
                },
                Route(.post, "/empty", "", roles: .open, answers: [.noContent()]) { _ in .noContent },
                Route(.get, "/trace", "", roles: .open, answers: [.text()]) { _ in
                    .text(TraceContext.current?.traceIdentifier ?? "")
                },
                Route(.get, "/never", "", roles: .open, answers: [.noContent()]) { _ in
                    arrived.yield()
                    // Ends when the server does, which cancels it.
                    for await _ in AsyncStream<Void>(unfolding: { try? await Task.sleep(for: .seconds(60)) }) {
                        if Task.isCancelled { break }
                    }
                    return .noContent
                },
                Route(.get, "/move", "", roles: .open, answers: []) { _ in
                    var response = Response(status: 302, .text, [])
                    response.headers.append(("Location", "/trace"))
                    return response
                },
                Route(.get, "/large", "", roles: .open, answers: [.text()]) { _ in
                    .text(String(repeating: "x", count: 200_000))
                },
            ], metrics: connections)
        try server.start(on: listener.descriptor.number)
    }
}

/// Other tests may hold all threads that handlers need for longer than a client would wait.
private func patient(
    _ method: ClientRequest.Method, _ url: String, _ body: String? = nil
) -> ClientRequest {
    var request = body.map { .json(method, url, Array($0.utf8)) } ?? ClientRequest(method, url)
    request.deadline = .seconds(60)
    return request
}

@Suite("The client", .serialized) struct ClientTests {
    private let client = WebClient(metrics: Metrics())

    @Test("a request gets its answer, whatever its status")
    func echo() async throws {
        let there = try Counterpart()
        let text = #"{"text":"hé"}"#
        let answer = try await client.send(patient(.post, there.url + "/echo", text))
        #expect(answer.status == 200 && String(decoding: answer.body, as: UTF8.self) == text)
        #expect(answer.header("content-type") == "application/json")
        #expect(try await client.send(patient(.get, there.url + "/nowhere")).status == 404)
        #expect(try await client.send(patient(.post, there.url + "/empty")).status == 204)
        #expect(try await client.send(patient(.head, there.url + "/trace")).body.isEmpty)
    }

    @Test("many requests at once get each its own answer")
    func many() async throws {
        let there = try Counterpart()
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<200 {
                group.addTask { [client] in
                    let text = #"{"text":"\#(number)"}"#
                    let answer = try await client.send(patient(.post, there.url + "/echo", text))
                    return String(decoding: answer.body, as: UTF8.self) == text
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
    }

    @Test("the running trace goes along, and the request is a span and a measurement of it")
    func trace() async throws {
        let there = try Counterpart()
        let metrics = Metrics()
        let tracer = Tracer()
        let client = WebClient(metrics: metrics, tracer: tracer)
        let context = TraceContext.root(sampled: true)
        let answer = try await TraceContext.$current.withValue(context) {
            try await client.send(patient(.get, there.url + "/trace"))
        }
        #expect(String(decoding: answer.body, as: UTF8.self) == context.traceIdentifier)
        let span = try #require(tracer.take().spans.first)
        #expect(span.kind == .client && span.parent == context.span)
        let family = metrics.snapshot().families.first { $0.name == "http.client.request.duration" }
        #expect(family?.series.first?.labels.contains(MetricLabel("http.response.status_code", "200")) == true)
    }

    @Test("who cannot be reached is told from who does not answer")
    func unreachable() async throws {
        let free = try ListeningSocket(name: "free", address: "127.0.0.1", port: 0, backlog: 1)
        var request = ClientRequest(.get, "http://127.0.0.1:\(free.port)/")
        request.deadline = .milliseconds(200)
        let silent = await fault(request)
        #expect(silent.map { if case .timedOut = $0 { !$0.wasNotSent } else { false } } == true)
        let closed = await fault(ClientRequest(.get, "http://127.0.0.1:1/"))
        #expect(closed.map { if case .unreachable = $0 { $0.wasNotSent } else { false } } == true)
        let unknown = await fault(ClientRequest(.get, "http://no-such-host.invalid/"))
        #expect(unknown.map { if case .unreachable = $0 { true } else { false } } == true)
    }

    @Test("a request that is no longer wanted ends at once")
    func cancelled() async throws {
        let there = try Counterpart()
        let task = Task { [client] in await fault(patient(.get, there.url + "/never"), client) }
        var arrivals = there.arrived.stream.makeAsyncIterator()
        await arrivals.next()
        task.cancel()
        #expect(await task.value == .cancelled)
        let early = Task { [client] in
            withUnsafeCurrentTask { $0?.cancel() }
            return await fault(patient(.get, there.url + "/trace"), client)
        }
        #expect(await early.value == .cancelled)
        await there.server.stop()
    }

    @Test("an answer beyond its bound is not taken")
    func tooLarge() async throws {
        let there = try Counterpart()
        var request = patient(.get, there.url + "/large")
        request.mostBytes = 199_999
        let small = await fault(request)
        #expect(small.map { if case .tooLarge = $0 { true } else { false } } == true)
        request.mostBytes = 200_000
        #expect(try await client.send(request).body.count == 200_000)
    }

    @Test("a redirect is an answer, and not followed")
    func redirect() async throws {
        let there = try Counterpart()
        let answer = try await client.send(patient(.get, there.url + "/move"))
        #expect(answer.status == 302 && answer.header("location") == "/trace")
    }

    @Test(
        "only http and https are spoken, and no header hides another",
        arguments: [
            ClientRequest(.get, "file:///etc/passwd"), ClientRequest(.get, "ftp://127.0.0.1/"), ClientRequest(.get, ""),
            {
                var request = ClientRequest(.get, "http://127.0.0.1:1/")
                request.headers = [("x", "a\r\ny: b")]
                return request
            }(),
        ])
    func badRequests(request: ClientRequest) async {
        let found = await fault(request)
        #expect(found.map { if case .badRequest = $0 { true } else { false } } == true, "\(String(describing: found))")
    }

    @Test("a closed client says so")
    func closed() async throws {
        let there = try Counterpart()
        let client = WebClient()
        let task = Task { await fault(patient(.get, there.url + "/never"), client) }
        var arrivals = there.arrived.stream.makeAsyncIterator()
        await arrivals.next()
        client.close()
        #expect(await task.value == .closed)
        #expect(await fault(patient(.get, there.url + "/trace"), client) == .closed)
        await there.server.stop()
    }

    private func fault(_ request: ClientRequest) async -> ClientFault? { await fault(request, client) }

    private func fault(_ request: ClientRequest, _ client: WebClient) async -> ClientFault? {
        do throws(ClientFault) {
            _ = try await client.send(request)
            return nil
        } catch {
            return error
        }
    }
}
