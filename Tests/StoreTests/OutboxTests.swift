import Delivery
import Synchronization
import Testing

@testable import Store

@Suite struct OutboxTests {
    private func send(_ store: Store, _ numbers: ClosedRange<Int>, key: @escaping @Sendable (Int) -> String)
        async throws
    {
        try await store.write { context in
            for number in numbers {
                try context.send(
                    OutboxMessage(target: "ims", type: "t", key: key(number), body: [UInt8(number)], id: "m\(number)"))
            }
        }
    }

    @Test("what is committed is delivered, in the order of its key, and leaves the outbox")
    func delivered() async throws {
        let folder = try Folder()
        let store = try await open(folder)
        try await send(store, 1...10) { "k\($0 % 2)" }
        let got = Mutex<[Int]>([])
        let relay = await store.relay { target, messages in
            got.withLock { $0 += messages.map { Int($0.message.body[0]) } }
            return messages.map { _ in .answered }
        }
        try await send(store, 11...200) { "k\($0 % 2)" }
        #expect(try await eventually { try await store.outboxCount() == 0 })
        let order = got.withLock { $0 }
        #expect(order.sorted() == Array(1...200))
        #expect(order.filter { $0 % 2 == 0 } == order.filter { $0 % 2 == 0 }.sorted())
        #expect(order.filter { $0 % 2 == 1 } == order.filter { $0 % 2 == 1 }.sorted())
        await relay.stop()
        await store.close()
    }

    @Test("a message that fails every attempt is a dead letter, and is redriven with its id or dropped with a reason")
    func deadLetters() async throws {
        let folder = try Folder()
        let store = try await open(folder)
        let well = Atomic<Bool>(false)
        let ids = Mutex<[String]>([])
        var limits = OutboxRelay.Limits()
        limits.attempts = 3
        limits.refused = Patience(base: .milliseconds(1), longest: .milliseconds(2))
        let relay = await store.relay(limits: limits, seed: 1) { _, messages in
            guard well.load(ordering: .relaxed) else { return messages.map { _ in .refused("not now") } }
            ids.withLock { $0 += messages.map(\.message.id) }
            return messages.map { _ in .answered }
        }
        try await send(store, 1...2) { "k\($0)" }
        #expect(try await eventually { try await store.deadLetters().count == 2 })
        let letters = try await store.deadLetters()
        #expect(letters.map(\.attempts) == [3, 3])
        #expect(letters[0].reason == "refused 3 times, last: not now")
        well.store(true, ordering: .relaxed)
        let decide = store.registerDeadLetters()
        #expect(try await decide(.redrive(letters[0].number, by: "kim")))
        #expect(try await decide(.drop(letters[1].number, by: "kim", reason: "it was a test")))
        #expect(try await decide(.drop(letters[1].number, by: "kim", reason: "again")) == false)
        #expect(await eventually { ids.withLock { $0 } == [letters[0].id] })
        #expect(try await store.deadLetters().isEmpty)
        let dropped = try #require(try await store.deadLetter(letters[1].number))
        #expect(dropped.letter.state == "dropped")
        #expect(dropped.history.map(\.what).last == "dropped by kim: it was a test")
        #expect(dropped.history.count == 2)
        let again = await fault { try await store.write { try $0.redrive(letters[1].number, by: "kim") } }
        #expect(again == .noDeadLetter(letters[1].number))
        await relay.stop()
        await store.close()
    }

    @Test("what a dead process left in the outbox goes with the next one, and its count of deaths with it")
    func nextLife() async throws {
        let folder = try Folder()
        var store = try await open(folder)
        try await send(store, 1...1) { _ in "" }
        var relay = await store.relay { _, messages in messages.map { _ in .died(1) } }
        #expect(
            try await eventually { try await store.outboxMessages("ims", after: 0, limit: 1).first?.0.deaths ?? 0 > 0 })
        await relay.stop()
        await store.close()
        store = try await open(folder)
        let deaths = Mutex(0)
        relay = await store.relay { _, messages in
            deaths.withLock { $0 = messages[0].deaths }
            return messages.map { _ in .answered }
        }
        #expect(try await eventually { try await store.outboxCount() == 0 })
        #expect(deaths.withLock { $0 } > 0)
        await relay.stop()
        await store.close()
    }
}
