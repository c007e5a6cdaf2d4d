import Glibc
import Host
import Testing

@testable import Web

@Suite("The end of a server", .serialized) struct EndTests {
    @Test("a drain answers what is in hand, tells clients to go, and takes nobody new")
    func drain() async throws {
        let hall = try Hall()
        let (busy, idle) = (hall.wire(), hall.wire())
        idle.send(Hall.request("GET /open", key: nil))
        #expect(await idle.answer()?.header("connection") == nil)
        busy.send(Hall.request("GET /wait", key: nil))
        await hall.gate.isReached(by: 1)
        async let drained: Void = hall.server.drain(within: .seconds(60))
        // The idle client asks once more while the server is leaving: it is answered, and told.
        idle.send(Hall.request("GET /open", key: nil))
        let last = try #require(await idle.answer())
        #expect(last.status == 200)
        hall.gate.open()
        let answer = try #require(await busy.answer())
        #expect(answer.status == 200 && answer.header("connection")?.lowercased() == "close")
        await drained
        #expect(await busy.isEnded())
        #expect(await idle.isEnded())
    }

    @Test("what is not done by the deadline is answered with 503")
    func deadline() async throws {
        let hall = try Hall()
        let wire = hall.wire()
        wire.send(Hall.request("GET /wait", key: nil))
        await hall.gate.isReached(by: 1)
        await hall.server.drain(within: .milliseconds(100))
        #expect(await wire.answer()?.status == 503)
        hall.gate.open()
    }

    @Test("a server that was stopped, or never begun, can be drained without waiting")
    func twice() async throws {
        let hall = try Hall()
        await hall.server.stop()
        await hall.server.drain(within: .seconds(60))
        let idle = Server(ServerPlan(title: "x", version: "1"), routes: [])
        await idle.drain(within: .seconds(60))
        #expect(throws: ServerFault.startedBefore) { try hall.server.start(on: 0) }
    }

    @Test("two servers share a socket: when one leaves, what waits is served by the other")
    func replicas() async throws {
        let listener = try ListeningSocket(name: "shared", address: "127.0.0.1", port: 0)
        let route = Route(.get, "/x", "", roles: .open, answers: [.noContent()]) { _ in .noContent }
        let servers = [0, 1].map { _ in Server(ServerPlan(title: "x", version: "1"), routes: [route]) }
        for server in servers { try server.start(on: listener.descriptor.number) }
        var wires: [Wire] = []
        for _ in 0..<20 {
            let wire = Wire(port: listener.port)
            wire.send(Hall.request("GET /x", key: nil))
            #expect(await wire.answer()?.status == 204)
            wires.append(wire)
        }
        async let drained: Void = servers[0].drain(within: .seconds(60))
        for _ in 0..<50 {
            let wire = Wire(port: listener.port)
            wire.send(Hall.request("GET /x", key: nil))
            #expect(await wire.answer()?.status == 204)
        }
        await drained
        let wire = Wire(port: listener.port)
        wire.send(Hall.request("GET /x", key: nil))
        #expect(await wire.answer()?.status == 204)
        await servers[1].stop()
    }
}
