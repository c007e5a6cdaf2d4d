import Contracts
import Glibc
import Signals
import Testing

@testable import Web

@Suite("Bounds", .serialized) struct LimitTests {
    @Test("more in hand than allowed is refused at once, and health is still told")
    func overload() async throws {
        let hall = try Hall({ $0.limits.inHand = 2 })
        let wires = [hall.wire(), hall.wire()]
        for wire in wires { wire.send(Hall.request("GET /wait", key: nil)) }
        await hall.gate.isReached(by: 2)
        let third = hall.wire()
        third.send(Hall.request("GET /open", key: nil))
        let refused = try #require(await third.answer())
        #expect(refused.status == 503 && refused.header("retry-after") == "1")
        third.send(Hall.request("GET /healthz", key: nil))
        #expect(await third.answer()?.status == 200)
        hall.gate.open()
        for wire in wires { #expect(await wire.answer()?.status == 200) }
        third.send(Hall.request("GET /open", key: nil))
        #expect(await third.answer()?.status == 200)
    }

    @Test(
        "who sends a request too slowly is cut off, however steadily the bytes come",
        arguments: [
            "GET /open HTTP/1.1\r\nHost: hall\r\n", "POST /echo HTTP/1.1\r\nHost: hall\r\ncontent-length: 90\r\n\r\n",
            "GE",
        ])
    func slow(start: String) async throws {
        let hall = try Hall({ $0.limits.requestTime = .seconds(1) })
        let wire = hall.wire()
        let isEnded = Flag()
        let drip = Task {
            wire.send(start)
            // A byte now and then, as the attack goes: never silent, never done.
            while !isEnded.value, wire.send("a") { try await Task.sleep(for: .milliseconds(100)) }
        }
        #expect(await wire.isEnded())
        isEnded.set(true)
        _ = await drip.result
        let next = hall.wire()
        next.send(Hall.request("GET /open", key: nil))
        #expect(await next.answer()?.status == 200)
    }

    @Test("an idle connection stays while it may, and then goes")
    func idle() async throws {
        let hall = try Hall({ $0.limits.idleTime = .seconds(1) })
        let wire = hall.wire()
        wire.send(Hall.request("GET /open", key: nil))
        #expect(await wire.answer()?.status == 200)
        #expect(wire.isOpen)
        #expect(await wire.isEnded())
    }

    @Test("a request cut in the middle leaves nothing behind")
    func cut() async throws {
        // The library sees the end of some at once, and of others when they are too slow.
        let hall = try Hall({ $0.limits.requestTime = .seconds(1) })
        for part in ["GET /op", "POST /echo HTTP/1.1\r\nHost: hall\r\ncontent-length: 90\r\n\r\n{"] {
            let wire = hall.wire()
            wire.send(part)
            wire.finishSending()
            #expect(await wire.isEnded())
        }
        let gone = hall.wire()
        gone.send(Hall.request("GET /wait", key: nil))
        await hall.gate.isReached(by: 1)
        gone.finishSending()
        hall.gate.open()
        let next = hall.wire()
        next.send(Hall.request("GET /open", key: nil))
        #expect(await next.answer()?.status == 200)
    }

    @Test("five thousand idle connections are held, and another client is served")
    func many() async throws {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        try #require(limit.rlim_cur >= 11_000, "5,000 connections take 10,000 descriptors of this process")
        let hall = try Hall()
        var wires: [Wire] = []
        for _ in 0..<5_000 { wires.append(hall.wire()) }
        let next = hall.wire()
        next.send(Hall.request("GET /open", key: nil))
        #expect(await next.answer()?.status == 200)
        let (first, last) = (try #require(wires.first), try #require(wires.last))
        for wire in [first, last] {
            wire.send(Hall.request("GET /open", key: nil))
            #expect(await wire.answer()?.status == 200)
        }
        let open = wires.count(where: \.isOpen)
        #expect(open == 5_000)
    }

    @Test("beyond the most connections the one that is idle longest makes room")
    func room() async throws {
        let hall = try Hall({ $0.limits.connections = 3 })
        var wires: [Wire] = []
        for _ in 0..<3 {
            let wire = hall.wire()
            wire.send(Hall.request("GET /open", key: nil))
            #expect(await wire.answer()?.status == 200)
            wires.append(wire)
        }
        let next = hall.wire()
        next.send(Hall.request("GET /open", key: nil))
        #expect(await next.answer()?.status == 200)
        #expect(await wires[0].isEnded())
        wires[2].send(Hall.request("GET /open", key: nil))
        #expect(await wires[2].answer()?.status == 200)
    }
}
