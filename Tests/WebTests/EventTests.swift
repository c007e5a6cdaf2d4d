import Signals
import Synchronization
import Testing

@testable import Web

private func stream(
    _ stream: AsyncStream<ServerEvent>, ended: Flag = Flag()
) -> Route {
    let events = Watched(base: stream, ended: ended)
    return Route(.get, "/events", "", roles: .open, answers: [.events()]) { request in
        guard let last = request.lastEventID else { return .events(events) }
        return .events(
            AsyncStream { continuation in
                continuation.yield(ServerEvent(data: "after \(last)"))
                continuation.finish()
            })
    }
}

/// Says when nobody iterates any more.
private struct Watched: AsyncSequence, Sendable {
    let base: AsyncStream<ServerEvent>
    let ended: Flag
    func makeAsyncIterator() -> Iterator { Iterator(base: base.makeAsyncIterator(), token: Token(ended)) }

    final class Token: Sendable {
        private let ended: Flag
        init(_ ended: Flag) { self.ended = ended }
        deinit { ended.set(true) }
    }
    struct Iterator: AsyncIteratorProtocol {
        var base: AsyncStream<ServerEvent>.Iterator
        let token: Token
        mutating func next() async -> ServerEvent? { await base.next(isolation: nil) }
    }
}

@Suite("Server-sent events", .serialized) struct EventTests {
    @Test("events go out as they come, with their identifiers and lines")
    func events() async throws {
        let (events, source) = AsyncStream.makeStream(of: ServerEvent.self)
        let hall = try Hall(more: [stream(events)])
        let wire = hall.wire()
        wire.send(Hall.request("GET /events", key: nil))
        #expect(await wire.text(until: ":\n\n")?.lowercased().contains("content-type: text/event-stream") == true)
        source.yield(ServerEvent(id: "7", kind: "incident\nforged: 1", data: "one\ntwo"))
        #expect(await wire.text(until: "id: 7\nevent: incidentforged: 1\ndata: one\ndata: two\n\n") != nil)
        source.yield(ServerEvent(data: "three"))
        #expect(await wire.text(until: "data: three\n\n") != nil)
        source.finish()
        #expect(await wire.text(until: "\r\n0\r\n\r\n") != nil)
    }

    @Test("a client that was here before says how far it has read")
    func lastEvent() async throws {
        let hall = try Hall(more: [stream(AsyncStream { _ in })])
        let wire = hall.wire()
        wire.send(Hall.request("GET /events", key: nil, "last-event-id: 41\r\n"))
        #expect(await wire.text(until: "data: after 41\n\n") != nil)
    }

    @Test("a silent stream shows that it lives, and the iteration ends with the client")
    func heartbeat() async throws {
        let (events, source) = AsyncStream.makeStream(of: ServerEvent.self, bufferingPolicy: .bufferingNewest(10))
        let ended = Flag()
        let hall = try Hall({ $0.limits.heartbeat = .milliseconds(500) }, more: [stream(events, ended: ended)])
        do {
            let wire = hall.wire()
            wire.send(Hall.request("GET /events", key: nil))
            #expect(await wire.text(until: ":\n\n\r\n3\r\n:\n\n") != nil)
        }
        // The server learns of it by what it sends next.
        while !ended.value {
            source.yield(ServerEvent(data: "x"))
            await Task.yield()
        }
        #expect(ended.value)
    }

    @Test("a client that does not read is let go, and nothing is kept for it without bound")
    func slowClient() async throws {
        let (events, source) = AsyncStream.makeStream(of: ServerEvent.self, bufferingPolicy: .bufferingNewest(10))
        let ended = Flag()
        let hall = try Hall({ $0.limits.eventBytes = 100_000 }, more: [stream(events, ended: ended)])
        let wire = hall.wire()
        wire.send(Hall.request("GET /events", key: nil))
        #expect(await wire.text(until: ":\n\n") != nil)
        let data = String(repeating: "x", count: 50_000)
        while hall.metrics.counter("http.server.refused", help: "", labels: ["reason": "slow client of events"]).value
            == 0
        {
            source.yield(ServerEvent(data: data))
            await Task.yield()
        }
        #expect(await wire.isEnded())
    }
}
