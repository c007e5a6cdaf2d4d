import Bus
import Contracts
import Delivery
import Doorkeeping
import Glibc
import Host
import Signals
import Store
import Synchronization
import Testing
import Web

@testable import ActionDoors

private let pause = Desk.order(.pauseQueue, "inventory", ("paused", "true"))
private let paused = [ActionArgument("paused", "true")]

@Suite("The door of a service with a store")
struct StoreDoorTests {
    @Test func `an order with its capability is done, seen in the words of the order, and told`() async throws {
        let desk = try Desk()
        let (store, door) = try await desk.open()
        #expect(try await door.settings(.pauseQueue, "inventory") == DoorTable.usual(.pauseQueue))
        let answer = try await door.does(try desk.permitted(pause))
        #expect(answer == DoorAnswer(.done, "orders sends nothing more to inventory"))
        let sight = try await door.sight(of: .pauseQueue, target: "inventory")
        #expect(sight.settings == paused && sight.state(for: .pauseQueue) == Desk.state(pause, paused))
        #expect(sight.figures == [ActionArgument("waiting", "0"), ActionArgument("dead", "0")])
        #expect(door.held == ["inventory"])
        let notice = try #require(desk.notices.first)
        #expect(notice.kind == .action && notice.nodes == ["orders", "inventory"] && notice.author.contains("I-1"))
        // Back, by what the sight said was set before.
        let back = Desk.order(.pauseQueue, "inventory", ("paused", "false"))
        let returned = try desk.permitted(back, in: Desk.state(back, paused))
        #expect(try await door.does(returned).outcome == .done)
        #expect(door.held.isEmpty && desk.notices.count == 2)
        await store.close()
    }

    @Test func `used again, it gets the first answer and changes nothing, also after a crash`() async throws {
        let desk = try Desk()
        var (store, door) = try await desk.open()
        let order = try desk.permitted(pause)
        let first = try await door.does(order)
        let back = Desk.order(.pauseQueue, "inventory", ("paused", "false"))
        _ = try await door.does(try desk.permitted(back, in: Desk.state(back, paused)))
        #expect(try await door.does(order) == first)
        #expect(try await door.settings(.pauseQueue, "inventory") == DoorTable.usual(.pauseQueue))
        await store.close()
        (store, door) = try await desk.open()
        #expect(try await door.does(order) == first)
        #expect(try await door.settings(.pauseQueue, "inventory") == DoorTable.usual(.pauseQueue))
        #expect(desk.count("accepted") == 2 && desk.count("again") == 2)
        // The same change, told anew, keeps its name.
        #expect(Set(desk.notices.map(\.id)).count == 2 && desk.notices.count == 4)
        await store.close()
    }

    @Test func `what is set holds in the next life from its first moment on`() async throws {
        let desk = try Desk()
        var (store, door) = try await desk.open()
        #expect(door.held == ["inventory", "carrier"], "nothing is sent before the rows were read")
        let open = Desk.order(.breaker, "carrier", ("to", "open"))
        let shed = Desk.order(.shedLoad, "orders", ("percent", "40"))
        for order in [pause, open, shed] { #expect(try await door.does(try desk.permitted(order)).outcome == .done) }
        await store.close()
        (store, door) = try await desk.open()
        await door.look()
        #expect(door.held == ["inventory", "carrier"])
        #expect(try await door.settings(.breaker, "carrier") == [ActionArgument("to", "open")])
        #expect(try await door.settings(.shedLoad, "orders") == [ActionArgument("percent", "40")])
        await store.close()
    }

    @Test func `late, for another plan, order, state, step or door, by another key: refused`() async throws {
        let desk = try Desk()
        let (store, door) = try await desk.open()
        let order = try desk.permitted(pause)
        var other = order
        other.plan = Digest(of: [9])
        #expect(try await door.refusal(other).contains("plan"))
        other = order
        other.order = Desk.order(.pauseQueue, "carrier", ("paused", "true"))
        #expect(try await door.refusal(other).contains("order"))
        other = order
        other.step = 1
        #expect(try await door.refusal(other).contains("step"))
        other = order
        other.capability.bytes[40] ^= 1
        #expect(try await !door.refusal(other).isEmpty)
        #expect(try await door.refusal(desk.permitted(pause, by: SigningKey.make())).contains("key"))
        #expect(try await door.refusal(desk.permitted(pause, in: Desk.state(pause, paused))).contains("state"))
        #expect(try await door.refusal(desk.permitted(pause, age: .seconds(121))).contains("expired"))
        var foreign = pause
        foreign.door = "inventory"
        #expect(try await door.refusal(desk.permitted(foreign)).contains("door"))
        #expect(try await door.settings(.pauseQueue, "inventory") == DoorTable.usual(.pauseQueue))
        #expect(desk.notices.isEmpty && desk.count("refused") == 8)
        // None of it used the capability up.
        #expect(try await door.does(order).outcome == .done)
        // Another order under a used one.
        other = order
        other.order = Desk.order(.pauseQueue, "inventory", ("paused", "false"))
        #expect(try await door.refusal(other).contains("used already"))
        await store.close()
    }

    @Test(arguments: ["orders@local.1", "triage@local.2", "", "nonsense"])
    func `whoever is neither remediation nor a person is refused`(_ caller: String) async throws {
        let desk = try Desk()
        let (store, door) = try await desk.open()
        let order = try desk.permitted(pause)
        let answer = try await door.perform(order, caller: caller)
        #expect(answer.outcome == .refused && answer.text.contains("expected a caller"))
        #expect(try await door.perform(order, caller: "remediation@away.1").outcome == .done)
        await store.close()
    }

    @Test func `what it knows nothing of has no sight`() async throws {
        let desk = try Desk()
        let (store, door) = try await desk.open()
        await #expect(throws: BusError.self) { try await door.sight(of: .breaker, target: "inventory") }
        #expect(try await door.refusal(desk.permitted(Desk.order(.restart, "orders"))).contains("expected"))
        await store.close()
    }

    @Test func `of two orders for one state, the second finds another`() async throws {
        let desk = try Desk()
        let (store, door) = try await desk.open()
        let orders = try (0..<8).map { number in
            try desk.permitted(
                Desk.order(.shedLoad, "orders", ("percent", "\(number + 1)")), incident: "I-\(number)")
        }
        let answers = try await withThrowingTaskGroup(of: DoorAnswer.self) { group in
            for order in orders { group.addTask { try await door.does(order) } }
            return try await group.reduce(into: [DoorAnswer]()) { $0.append($1) }
        }
        #expect(answers.count { $0.outcome == .done } == 1)
        #expect(answers.count { $0.outcome == .refused && $0.text.contains("state") } == 7)
        await store.close()
    }

    @Test func `one order that comes eight times at once is done once`() async throws {
        let desk = try Desk()
        let (store, door) = try await desk.open()
        let order = try desk.permitted(pause)
        let answers = try await withThrowingTaskGroup(of: DoorAnswer.self) { group in
            for _ in 0..<8 { group.addTask { try await door.does(order) } }
            return try await group.reduce(into: [DoorAnswer]()) { $0.append($1) }
        }
        #expect(answers.allSatisfy { $0 == answers[0] } && answers[0].outcome == .done)
        #expect(desk.count("accepted") == 1 && desk.count("again") == 7)
        await store.close()
    }

    @Test func `a transaction that does not come to its end has neither used the capability nor set anything`()
        async throws
    {
        let desk = try Desk()
        let (store, door) = try await desk.open()
        let order = try desk.permitted(pause)
        try await store.write { try $0.run("ALTER TABLE door_uses RENAME TO away") }
        await #expect(throws: (any Error).self) { try await door.does(order) }
        try await store.write { try $0.run("ALTER TABLE away RENAME TO door_uses") }
        #expect(try await door.settings(.pauseQueue, "inventory") == DoorTable.usual(.pauseQueue))
        #expect(desk.notices.isEmpty)
        #expect(try await door.does(order).outcome == .done)
        await store.close()
    }

    @Test func `uses that expired more than a day ago are forgotten, and refused all the same`() async throws {
        let desk = try Desk()
        let (store, door) = try await desk.open()
        let order = try desk.permitted(pause)
        _ = try await door.does(order)
        try await store.write { try $0.run("UPDATE door_uses SET expires = expires - ?", Int64.seconds(86_400 + 300)) }
        let shed = Desk.order(.shedLoad, "orders", ("percent", "1"))
        _ = try await door.does(try desk.permitted(shed))
        let left = try await store.read {
            try $0.first("SELECT count(*) FROM door_uses") { try $0.value(0, as: Int.self) }
        }
        #expect(left == 1)
        await store.close()
    }
}

@Suite("Replicas behind one door")
struct DoorReplicaTests {
    @Test func `asked of a replica that does not write, it is done by the one that does, and seen by both`()
        async throws
    {
        let desk = try Desk()
        let (writer, first) = try await desk.open()
        var plan = desk.plan
        plan.forward = { try await writer.apply($0) }
        let replica = try await Store.open(plan)
        #expect(replica.state == .replica)
        let second = desk.door(replica)
        let order = try desk.permitted(pause)
        let answer = try await second.does(order)
        #expect(answer.outcome == .done && second.held == ["inventory"])
        #expect(try await first.does(order) == answer)
        let heard = Mutex<[Bool]>([])
        let following = first.follow { settings in heard.withLock { $0.append(settings.isPaused("inventory")) } }
        #expect(await eventually { heard.withLock { $0 } == [true] })
        let back = Desk.order(.pauseQueue, "inventory", ("paused", "false"))
        _ = try await second.does(try desk.permitted(back, in: Desk.state(back, paused)))
        #expect(await eventually { heard.withLock { $0 } == [true, false] })
        #expect(first.held.isEmpty)
        let gauge = desk.metrics.gauge("orders.queue.paused", help: "", labels: ["target": "inventory"])
        #expect(gauge.value == 0)
        following.cancel()
        await replica.close()
        await writer.close()
    }

    @Test func `the next writer knows what the one before has done`() async throws {
        let desk = try Desk()
        let (writer, first) = try await desk.open()
        let replica = try await Store.open(desk.plan)
        let second = desk.door(replica)
        let order = try desk.permitted(pause)
        let answer = try await first.does(order)
        await writer.close()
        for await state in replica.states() where state == .writer { break }
        #expect(try await second.does(order) == answer)
        #expect(desk.count("accepted") == 1 && desk.count("again") == 1)
        await replica.close()
    }
}

@Suite("Queues behind a door")
struct DoorQueueTests {
    private func fill(_ store: Store, _ numbers: ClosedRange<Int>, _ target: String = "inventory") async throws {
        try await store.write { context in
            for number in numbers {
                try context.send(
                    OutboxMessage(target: target, type: "t", key: "k", body: [UInt8(number)], id: "\(target)\(number)"))
            }
        }
    }

    /// What was sent, by its first bytes, and the relay that follows the door.
    private func relay(_ store: Store, _ door: StoreDoor) async -> (OutboxShell, Sent, Task<Void, Never>) {
        let sent = Sent()
        let relay = await store.relay(held: door.held) { target, messages in
            sent.add(target, messages.map { Int($0.message.body[0]) })
            return messages.map { _ in .answered }
        }
        let table = door.table
        return (relay, sent, door.follow { await relay.hold($0.held(table)) })
    }

    final class Sent: Sendable {
        private let all = Mutex<[(target: String, number: Int)]>([])
        func add(_ target: String, _ numbers: [Int]) { all.withLock { $0 += numbers.map { (target, $0) } } }
        func to(_ target: String) -> [Int] { all.withLock { $0.filter { $0.target == target }.map(\.number) } }
    }

    @Test func `a paused queue sends nothing, another goes on, and resumed it sends all in their order`() async throws {
        let desk = try Desk()
        let (store, door) = try await desk.open()
        _ = try await door.does(try desk.permitted(pause))
        let (relay, sent, following) = await relay(store, door)
        try await fill(store, 1...5)
        try await fill(store, 1...3, "carrier")
        #expect(await eventually { sent.to("carrier") == [1, 2, 3] })
        #expect(sent.to("inventory").isEmpty)
        let sight = try await door.sight(of: .pauseQueue, target: "inventory")
        #expect(sight.figures.first == ActionArgument("waiting", "5"))
        let back = Desk.order(.pauseQueue, "inventory", ("paused", "false"))
        _ = try await door.does(try desk.permitted(back, in: Desk.state(back, paused)))
        #expect(await eventually { sent.to("inventory") == [1, 2, 3, 4, 5] })
        following.cancel()
        await relay.stop()
        await store.close()
    }

    @Test func `drained, what waits is dead letters with the reason; redriven, it goes, the oldest first`()
        async throws
    {
        let desk = try Desk()
        let (store, door) = try await desk.open()
        _ = try await door.does(try desk.permitted(pause))
        let (relay, sent, following) = await relay(store, door)
        try await fill(store, 1...6)
        #expect(try await store.outboxCount() == 6)
        let drained = try await door.does(try desk.permitted(Desk.order(.drainQueue, "inventory")))
        #expect(
            drained == DoorAnswer(.done, "6 messages of orders for inventory were put aside, into the dead letters"))
        let letters = try await store.deadLetters()
        #expect(letters.map(\.id) == (1...6).map { "inventory\($0)" })
        #expect(letters.allSatisfy { $0.reason.contains("drained by the plan") && $0.state == "waiting" })
        #expect(try await store.deadLetter(letters[2].number)?.history.count == 1)
        let sight = try await door.sight(of: .drainQueue, target: "inventory")
        #expect(sight.settings.isEmpty)
        #expect(sight.figures == [ActionArgument("waiting", "0"), ActionArgument("dead", "6")])
        let back = Desk.order(.pauseQueue, "inventory", ("paused", "false"))
        _ = try await door.does(try desk.permitted(back, in: Desk.state(back, paused)))
        try await fill(store, 7...7)
        #expect(await eventually { sent.to("inventory") == [7] })
        let some = try await door.does(try desk.permitted(Desk.order(.redrive, "inventory", ("limit", "2"))))
        #expect(some.text == "2 dead letters of orders for inventory are sent again")
        #expect(await eventually { sent.to("inventory") == [7, 1, 2] })
        let rest = try desk.permitted(Desk.order(.redrive, "inventory"), incident: "I-2")
        #expect(try await door.does(rest).text.hasPrefix("4 dead letters"))
        #expect(await eventually { sent.to("inventory") == [7, 1, 2, 3, 4, 5, 6] })
        // A repetition redrives nothing.
        #expect(try await door.does(rest).text.hasPrefix("4 dead letters"))
        #expect(try await store.deadLetters().isEmpty)
        following.cancel()
        await relay.stop()
        await store.close()
    }

    @Test func `drained while its target is away, nothing of it is sent when that is back`() async throws {
        let desk = try Desk()
        let (store, door) = try await desk.open()
        let isBack = Atomic<Bool>(false)
        let sent = Sent()
        let relay = await store.relay { target, messages in
            guard isBack.load(ordering: .relaxed) else { return messages.map { _ in .unavailable("away") } }
            sent.add(target, messages.map { Int($0.message.body[0]) })
            return messages.map { _ in .answered }
        }
        try await fill(store, 1...4)
        #expect(await eventually { await relay.held == 4 })
        _ = try await door.does(try desk.permitted(Desk.order(.drainQueue, "inventory")))
        #expect(await eventually { await relay.held == 0 })
        isBack.store(true, ordering: .relaxed)
        try await fill(store, 9...9)
        #expect(await eventually { sent.to("inventory") == [9] })
        await relay.stop()
        await store.close()
    }
}

@Suite("Load that is shed")
struct LoadShedderTests {
    @Test func `half of the requests are turned away with what to do, and no synthetic one`() throws {
        let metrics = Metrics()
        let shedder = LoadShedder(role: "orders", metrics: metrics)
        for _ in 0..<10 { try shedder.admit(isSynthetic: false) }
        shedder.shed(percent: 50)
        var refused = 0
        for _ in 0..<100 {
            do throws(Problem) { try shedder.admit(isSynthetic: false) } catch {
                refused += 1
                #expect(error.status == 429 && error.retryAfter == .seconds(1))
            }
            try shedder.admit(isSynthetic: true)
        }
        #expect(refused == 50)
        #expect(metrics.counter("orders.load.shed", help: "", labels: ["role": "orders"]).value == 50)
    }
}
