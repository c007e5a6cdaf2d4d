import Contracts
import Distributed
import Routing
import Testing

@testable import Bus

@Suite("The bus, over real sockets")
struct BusSystemTests {
    @Test("a call through a stub reaches an actor of another system and brings its value back")
    func call() async throws {
        let bus = try await LiveBus()
        let server = try await bus.joined("echo") { $0.serve($Echo<BusSystem>.self) { Parrot(actorSystem: $0) } }
        let client = try await bus.joined("caller", window: 0)
        let echo = try $Echo<BusSystem>.resolve(id: BusID(role: "echo"), using: client)
        #expect(try await echo.echo([1, 2, 3]) == [1, 2, 3])
        let identity = try await echo.whoami()
        #expect(identity.slot == "echo@local.1")
        #expect(identity.caller == "caller@local.1")
        await client.stop()
        await server.stop()
        await bus.hub.stop()
    }
}
