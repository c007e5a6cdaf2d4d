import Contracts
import Routing
import Testing

@testable import Bus

@Suite("Topics")
struct TopicTests {
    /// Publishes until the first event has arrived: a subscription takes a moment to travel.
    private func connect(
        _ publisher: BusSystem, _ stream: inout AsyncStream<TopicEvent>.AsyncIterator, topic: String, _ hub: BrokerHub
    ) async -> TopicEvent? {
        let knocking = Task {
            while !Task.isCancelled {
                publisher.publish(topic, [0])
                // A round trip to the broker paces it.
                _ = await hub.report()
            }
        }
        defer { knocking.cancel() }
        return await stream.next()
    }

    @Test("an event reaches who listens, with its publisher's name, and numbers show gaps")
    func events() async throws {
        let bus = try await LiveBus()
        let publisher = try await bus.joined("echo")
        let listener = try await bus.joined("caller", window: 0)
        var stream = listener.subscribe("news.").makeAsyncIterator()
        let first = await connect(publisher, &stream, topic: "news.local", bus.hub)
        #expect(first?.sender == "echo@local.1")
        #expect(first?.topic == "news.local")
        publisher.publish("news.last", [9])
        var last = await stream.next()
        while last?.topic != "news.last" {
            #expect(last?.missed == 0)
            last = await stream.next()
        }
        #expect(last?.body == [9])
        await listener.stop()
        await publisher.stop()
        await bus.hub.stop()
    }

    @Test("a publication on a topic that is not the role's is not passed on, and counted")
    func deniedPublication() async throws {
        let bus = try await LiveBus()
        let publisher = try await bus.joined("echo")
        // Everything is listened to, or the publisher's own socket would filter what nobody wants.
        let everything = try await bus.joined("echo", number: 2)
        var stream = everything.subscribe("").makeAsyncIterator()
        #expect(await connect(publisher, &stream, topic: "news.x", bus.hub) != nil)
        publisher.publish("secrets.x", [1])
        while await bus.hub.report().topics.denied == 0 { await Task.yield() }
        publisher.publish("news.end", [1])
        var event = await stream.next()
        while event?.topic != "news.end" {
            #expect(event?.topic == "news.x")
            event = await stream.next()
        }
        for system in [publisher, everything] { await system.stop() }
        await bus.hub.stop()
    }

    @Test("a subscription beyond the role's prefixes is refused, and counted")
    func deniedSubscription() async throws {
        let bus = try await LiveBus()
        let listener = try await bus.joined("caller", window: 0)
        let stream = listener.subscribe("metrics.")
        while await bus.hub.report().topics.subscriptionsDenied == 0 { await Task.yield() }
        withExtendedLifetime(stream) {}
        await listener.stop()
        await bus.hub.stop()
    }
}
