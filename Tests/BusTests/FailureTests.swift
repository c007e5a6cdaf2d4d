import Contracts
import Distributed
import Routing
import Synchronization
import Testing

@testable import Bus

@Suite("What becomes of calls when somebody dies")
struct FailureTests {
    @Test("a broker's death ends plain calls as lost, and calls that may go again are answered by the next broker")
    func brokerDies() async throws {
        let bus = try await LiveBus()
        let parrot = Mutex<Parrot?>(nil)
        let server = try await bus.joined("echo") { system in
            let actor = system.serve($Echo<BusSystem>.self) { Parrot(actorSystem: $0) }
            parrot.withLock { $0 = actor }
        }
        let client = try await bus.joined("caller", window: 0)
        let echo = try $Echo<BusSystem>.resolve(id: BusID(role: "echo"), using: client)
        let plain = Task { try await echo.add(1, after: 60_000) }
        let again = Task {
            try await withCallOptions(patience: .seconds(30), idempotent: true) { try await echo.add(2, after: 300) }
        }
        while await parrot.withLock({ $0 })?.whenLocal({ $0.seen.count }) != 2 { await Task.yield() }
        await bus.hub.stop()
        await #expect(throws: BusError.lost("the broker died")) { try await plain.value }
        let second = try await LiveBus(generation: 2, folder: bus.folder)
        #expect(try await again.value == 2)
        let report = await second.hub.report()
        #expect(report.roles.first { $0.role == "echo" }?.workers.first.map { $0.incarnation >> 32 } == 2)
        await client.stop()
        await server.stop()
        await second.hub.stop()
    }

    @Test("a worker's death ends its plain calls as lost, and gives its idempotent ones to another")
    func workerDies() async throws {
        let bus = try await LiveBus()
        let first = try await bus.joined("echo", number: 1, window: 2) {
            $0.serve($Echo<BusSystem>.self) { Parrot(actorSystem: $0) }
        }
        let client = try await bus.joined("caller", window: 0)
        let echo = try $Echo<BusSystem>.resolve(id: BusID(role: "echo"), using: client)
        let plain = Task { try await echo.add(1, after: 60_000) }
        let again = Task {
            try await withCallOptions(patience: .seconds(30), idempotent: true) { try await echo.add(2, after: 200) }
        }
        while await bus.hub.report().inFlight != 2 { await Task.yield() }
        let second = try await bus.joined("echo", number: 2, window: 2) {
            $0.serve($Echo<BusSystem>.self) { Parrot(actorSystem: $0) }
        }
        // Its end without a good-bye, as the supervisor tells it.
        bus.hub.gone(slot: "echo@local.1", spawn: 1)
        await #expect(throws: BusError.lost("its worker died")) { try await plain.value }
        #expect(try await again.value == 2)
        for system in [client, first, second] { await system.stop() }
        await bus.hub.stop()
    }

    @Test("a delivery that is in hand at three deaths is poison, and its sender heard of each of them")
    func poison() async throws {
        let bus = try await LiveBus()
        let client = try await bus.joined("caller", window: 0)
        let deaths = Mutex<[Int]>([])
        let sent = Task {
            try await withCallOptions(patience: .seconds(30)) {
                try await client.deliver(Delivery(role: "echo", type: "Crash", body: [0x80])) { count in
                    deaths.withLock { $0.append(count) }
                }
            }
        }
        var spawn: UInt64 = 0
        for _ in 0..<3 {
            spawn += 1
            let worker = try await bus.joined("echo", spawn: spawn) { system in
                system.onDelivery("Crash") { _ in
                    // Stands for work that its worker does not live to end.
                    try await Task.sleep(for: .seconds(60))
                    return []
                }
            }
            while await bus.hub.report().inFlight != 1 { await Task.yield() }
            bus.hub.gone(slot: "echo@local.1", spawn: spawn)
            await worker.stop()
        }
        await #expect {
            try await sent.value
        } throws: { error in
            if case .poison(_, let deaths) = error as? BusError { deaths == 3 } else { false }
        }
        #expect(deaths.withLock { $0 } == [1, 2])
        await client.stop()
        await bus.hub.stop()
    }

    @Test("a delivery brings back the receiver's answer")
    func delivery() async throws {
        let bus = try await LiveBus()
        let server = try await bus.joined("echo") { system in
            system.onDelivery("Say") { delivery in delivery.body + Array(delivery.sender.utf8) }
        }
        let client = try await bus.joined("caller", window: 0)
        let answer = try await client.deliver(Delivery(role: "echo", type: "Say", body: [1]))
        #expect(answer == [1] + Array("caller@local.1".utf8))
        await #expect(throws: BusError.noSuchMethod("no receiver of Sing")) {
            try await client.deliver(Delivery(role: "echo", type: "Sing", body: [1]))
        }
        await client.stop()
        await server.stop()
        await bus.hub.stop()
    }

    @Test("open calls end as closed when their own process leaves")
    func leaving() async throws {
        let bus = try await LiveBus()
        let client = try await bus.joined("caller", window: 0)
        let echo = try $Echo<BusSystem>.resolve(id: BusID(role: "echo"), using: client)
        let waiting = Task.immediate { try await echo.whoami() }
        await client.stop()
        await #expect(throws: BusError.closed("this process has left the bus")) { try await waiting.value }
        await bus.hub.stop()
    }
}
