import Bus
import Settings
import Testing

@testable import Worker

@Suite("A process of another host")
struct RemoteBusTests {
    @Test("a process of another host needs an address, the broker's key and its own")
    func remote() throws {
        func read(_ environment: [String: String]) throws -> RemoteBus? {
            try Layers.read(arguments: [], environment: environment) { RemoteBus($0) }
        }
        #expect(try read([:]) == nil)
        let key = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
        let remote = try read([
            "KINTSUGI_BUS_ADDRESS": "broker:7400", "KINTSUGI_BUS_BROKER_KEY": key, "KINTSUGI_BUS_KEY_FILE": "/k",
        ])
        #expect(remote?.endpoints.calls == "tcp://broker:7400")
        #expect(remote?.endpoints.topics == "tcp://broker:7402")
        #expect {
            try read(["KINTSUGI_BUS_ADDRESS": "broker:7400"])
        } throws: { error in
            "\(error)".contains("bus.broker-key") && "\(error)".contains("bus.key-file")
        }
    }
}
