import Contracts
import Distributed
import Routing
import Testing

@testable import Bus

@Suite("The bus, over real sockets")
struct BusSystemTests {
    /// A broker, one answering worker, one caller, and the caller's stub.
    struct Pair {
        let bus: LiveBus
        let parrot: Parrot
        let server: BusSystem
        let client: BusSystem
        let echo: $Echo<BusSystem>

        init(limits: RouterLimits = LiveBus.patient, window: Int = 64) async throws {
            bus = try await LiveBus(limits: limits)
            let system = bus.peer("echo", window: window)
            parrot = system.serve($Echo<BusSystem>.self) { Parrot(actorSystem: $0) }
            system.allow(EchoError.self, as: "EchoError")
            try system.start()
            _ = await system.first { if case .joined = $0 { true } else { false } }
            server = system
            client = try await bus.joined("caller", window: 0) { $0.allow(EchoError.self, as: "EchoError") }
            echo = try $Echo<BusSystem>.resolve(id: BusID(role: "echo"), using: client)
        }

        func end() async {
            await client.stop()
            await server.stop()
            await bus.hub.stop()
        }
    }

    @Test("a call through a stub reaches an actor of another system and brings its value back")
    func call() async throws {
        let pair = try await Pair()
        #expect(try await pair.echo.echo([1, 2, 3]) == [1, 2, 3])
        let identity = try await pair.echo.whoami()
        #expect(identity.slot == "echo@local.1")
        #expect(identity.caller == "caller@local.1")
        await pair.end()
    }

    @Test("bodies of every size come back whole, up to the limit, and beyond it they are refused")
    func sizes() async throws {
        let pair = try await Pair()
        for size in [0, 1, 33, 34, 4_095, 65_536, 1_000_000] {
            let body = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
            #expect(try await pair.echo.echo(body) == body)
        }
        await #expect(throws: BusError.self) {
            try await pair.echo.echo([UInt8](repeating: 0, count: pair.client.configuration.bodyLimit + 1))
        }
        await pair.end()
    }

    @Test("an error of the registry crosses with its type and its content")
    func typedError() async throws {
        let pair = try await Pair()
        let wanted = EchoError.refused(reason: "no stock", code: 7)
        await #expect(throws: wanted) { try await pair.echo.fail(wanted) }
        await pair.end()
    }

    @Test("an error that is not in the registry arrives as the name of its type")
    func unlistedError() async throws {
        let pair = try await Pair()
        await #expect(throws: BusError.failed("Unlisted")) { try await pair.echo.crash() }
        await pair.end()
    }

    @Test("calls of one sender to one actor begin in the order in which they were made")
    func order() async throws {
        let pair = try await Pair(window: 4_096)
        let count = 2_000
        let calls = (0..<count).map { number in
            // The order is what is asked about, and not the pace of a machine on which many tests run.
            Task.immediate {
                try await withCallOptions(patience: .seconds(120)) { try await pair.echo.add(number, after: 0) }
            }
        }
        for call in calls { _ = try await call.value }
        let seen = await pair.parrot.whenLocal { $0.seen }
        #expect(seen == Array(0..<count))
        await pair.end()
    }

    @Test("a call ends as late at its deadline, and its work is cancelled at the other side")
    func deadline() async throws {
        let pair = try await Pair()
        await #expect(throws: BusError.late("no answer before the deadline")) {
            try await withCallOptions(patience: .milliseconds(200)) { try await pair.echo.add(1, after: 60_000) }
        }
        await pair.server.idle()
        // On a machine that is busy the deadline may pass before the work begins: then it never does.
        let (begun, cancelled) = await pair.parrot.whenLocal { ($0.seen.count, $0.cancelled) } ?? (0, -1)
        #expect(begun == cancelled)
        await pair.end()
    }

    @Test("a call that is cancelled ends at once, and so does its work at the other side")
    func cancellation() async throws {
        let pair = try await Pair()
        let call = Task { try await pair.echo.add(1, after: 60_000) }
        while await pair.parrot.whenLocal({ $0.seen.isEmpty }) ?? true { await Task.yield() }
        call.cancel()
        await #expect(throws: CancellationError.self) { try await call.value }
        await pair.server.idle()
        #expect(await pair.parrot.whenLocal { $0.cancelled } == 1)
        await pair.end()
    }

    @Test("a deadline travels: what an incoming call asks of others ends with it")
    func deadlineTravels() async throws {
        let pair = try await Pair()
        await CallContext.$current.withValue(CallContext(deadline: Moment.now + .milliseconds(50))) {
            await #expect(throws: BusError.self) {
                try await withCallOptions(patience: .seconds(60)) { try await pair.echo.add(1, after: 60_000) }
            }
        }
        await pair.end()
    }

    @Test("only methods of a contract that is served can be called")
    func allowList() async throws {
        let pair = try await Pair()
        let empty: [UInt8] = [0x80]
        await #expect(throws: BusError.noSuchMethod("Parrot.hidden of echo@local.1/main")) {
            try await pair.client.call(role: "echo", method: "Parrot.hidden", packed: empty)
        }
        await #expect(throws: BusError.noSuchMethod("BrokerDesk.load of echo@local.1/main")) {
            try await pair.client.call(role: "echo", method: "BrokerDesk.load", packed: empty)
        }
        await #expect(throws: BusError.noSuchActor("echo@local.1/nobody")) {
            try await pair.client.call(role: "echo", actor: "nobody", method: "Echo.whoami", packed: empty)
        }
        await pair.end()
    }

    @Test("arguments that do not fit the method are refused, with the reason")
    func badArguments() async throws {
        let pair = try await Pair()
        for body: [UInt8] in [[0x80], [0x81, 0x01], [0xFF], []] {
            await #expect {
                try await pair.client.call(role: "echo", method: "Echo.echo", packed: body)
            } throws: { error in
                if case .badArguments = error as? BusError { true } else { false }
            }
        }
        await pair.end()
    }

    @Test("a caller of another build of a method is told so, instead of being misunderstood")
    func contractMismatch() async throws {
        let pair = try await Pair()
        var header = Header(.call)
        header.role = "echo"
        header.actor = "main"
        header.method = "Echo.echo"
        header.signature = 1
        let answer = try await pair.client.exchange(header, [0x80]) { .call($0) }
        #expect(answer.status == .contractMismatch)
        await pair.end()
    }

    @Test("a role that the access list does not allow is denied at the broker")
    func denied() async throws {
        let pair = try await Pair()
        let stranger = try await pair.bus.joined("stranger", window: 0)
        let echo = try $Echo<BusSystem>.resolve(id: BusID(role: "echo"), using: stranger)
        await #expect(throws: BusError.denied("\"stranger\" may not call \"echo\"")) { try await echo.whoami() }
        await stranger.stop()
        await pair.end()
    }

    @Test("beyond the window and the queue a call is refused at once")
    func overloaded() async throws {
        var limits = RouterLimits()
        limits.queueCount = 1
        let pair = try await Pair(limits: limits, window: 1)
        let held = Task { try await pair.echo.add(1, after: 60_000) }
        while await pair.parrot.whenLocal({ $0.seen.isEmpty }) ?? true { await Task.yield() }
        let queued = Task.immediate { try await pair.echo.add(2, after: 0) }
        await #expect {
            try await pair.echo.add(3, after: 0)
        } throws: { error in
            if case .overloaded = error as? BusError { true } else { false }
        }
        held.cancel()
        #expect(try await queued.value == 2)
        await pair.end()
    }

    @Test("a call in JSON is answered in JSON")
    func json() async throws {
        let pair = try await Pair()
        var header = Header(.call)
        header.role = "echo"
        header.actor = "main"
        header.method = "Echo.add"
        header.content = .json
        let answer = try await pair.client.exchange(header, Array("[20, 0]".utf8)) { .call($0) }
        #expect(answer.content == .json)
        #expect(String(decoding: answer.body, as: UTF8.self) == "20")
        let broken = try await pair.client.exchange(header, Array("[20, ".utf8)) { .call($0) }
        #expect(broken.status == .badArguments)
        await pair.end()
    }

    @Test("a process that drains finishes what it has and gets nothing new")
    func drain() async throws {
        let pair = try await Pair()
        let last = Task { try await pair.echo.add(5, after: 100) }
        while await pair.parrot.whenLocal({ $0.seen.isEmpty }) ?? true { await Task.yield() }
        pair.server.drain()
        #expect(await pair.server.first { $0 == .drained } == .drained)
        await #expect(throws: BusError.self) {
            try await withCallOptions(patience: .milliseconds(100)) { try await pair.echo.whoami() }
        }
        #expect(try await last.value == 5)
        await pair.server.idle()
        await pair.end()
    }
}
