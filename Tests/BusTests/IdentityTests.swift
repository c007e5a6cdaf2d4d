import Contracts
import Host
import Routing
import Testing

@testable import Bus

@Suite("Who may join the bus")
struct IdentityTests {
    @Test("a wrong secret is not let in")
    func wrongSecret() async throws {
        let bus = try await LiveBus()
        let peer = bus.peer("echo", secret: String(repeating: "0", count: 64))
        try peer.start()
        #expect(await peer.first { $0 == .rejected } == .rejected)
        await peer.stop()
        await bus.hub.stop()
    }

    @Test("the secret of one slot opens no other")
    func stolenSecret() async throws {
        let bus = try await LiveBus()
        let other = SlotName(role: "caller", host: "local", number: 1)!
        let peer = bus.peer("echo", secret: LiveBus.key.secret(of: other, spawn: 1))
        try peer.start()
        #expect(await peer.first { $0 == .rejected } == .rejected)
        await peer.stop()
        await bus.hub.stop()
    }

    @Test("an older start of a slot is put out for good when a younger one is in")
    func outdated() async throws {
        let bus = try await LiveBus()
        let young = try await bus.joined("echo", spawn: 2)
        let old = bus.peer("echo", spawn: 1)
        try old.start()
        #expect(await old.first { if case .expelled = $0 { true } else { false } } == .expelled("outdated"))
        let report = await bus.hub.report()
        #expect(report.roles.first { $0.role == "echo" }?.workers.count == 1)
        await old.stop()
        await young.stop()
        await bus.hub.stop()
    }

    @Test("a younger start of a slot takes the place of the older one")
    func younger() async throws {
        let bus = try await LiveBus()
        let old = try await bus.joined("echo", spawn: 1)
        let young = try await bus.joined("echo", spawn: 2)
        let report = await bus.hub.report()
        #expect(report.roles.first { $0.role == "echo" }?.workers.count == 1)
        await young.stop()
        await old.stop()
        await bus.hub.stop()
    }

    @Test("a slot that is held stays with its holder, and is free once he leaves")
    func held() async throws {
        let bus = try await LiveBus()
        let holder = try await bus.joined("echo", spawn: 1)
        let second = bus.peer("echo", spawn: 1)
        try second.start()
        while await bus.hub.report().counters.refused == 0 { await Task.yield() }
        #expect(await bus.hub.report().roles.first { $0.role == "echo" }?.workers.count == 1)
        await holder.stop()
        let joined = await second.first { if case .joined = $0 { true } else { false } }
        #expect(joined != nil)
        await second.stop()
        await bus.hub.stop()
    }

    @Test("with CURVE a key on the list stands for its role, and another key is not let in")
    func curve() async throws {
        let broker = CurveKeys()
        let listed = CurveKeys()
        let unknown = CurveKeys()
        let bus = try await LiveBus(remote: broker, keys: [(key: listed.publicKey, role: "caller")])
        let friend = bus.remotePeer("caller", keys: listed, broker: broker)
        try friend.start()
        #expect(await friend.first { if case .joined = $0 { true } else { false } } != nil)
        let stranger = bus.remotePeer("caller", keys: unknown, broker: broker, number: 2)
        try stranger.start()
        #expect(await stranger.first { $0 == .rejected } == .rejected)
        let impostor = bus.remotePeer("echo", keys: listed, broker: broker)
        try impostor.start()
        #expect(await impostor.first { if case .expelled = $0 { true } else { false } } == .expelled("identity"))
        for system in [friend, stranger, impostor] { await system.stop() }
        await bus.hub.stop()
    }
}
