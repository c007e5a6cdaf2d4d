import Commands
import Contracts
import Settings
import Testing
import Web

@testable import Host
@testable import kintsugi

private func request(_ line: String) throws -> ControlRequest {
    let words = line.split(separator: " ").map(String.init)
    guard case .run(let invocation) = try Parser(CommandTree.root, suggest: { _, _ in nil }).parse(words) else {
        throw Failure("no command")
    }
    return try Requests.request(for: invocation)
}

@Suite struct OperatorTests {
    @Test(
        "command lines become requests",
        arguments: [
            ("down", ControlRequest.shutdown),
            ("status", .status),
            ("restart orders", .restart(role: "orders", slot: nil, rolling: false)),
            ("restart orders.2", .restart(role: "orders", slot: 2, rolling: false)),
            ("roll orders", .restart(role: "orders", slot: nil, rolling: true)),
            ("scale orders 3", .scale(role: "orders", count: 3)),
            ("kill orders.1", .kill(role: "orders", slot: 1, signal: 9)),
            ("kill orders -s sigstop", .kill(role: "orders", slot: nil, signal: 19)),
            ("kill orders --signal=15", .kill(role: "orders", slot: nil, signal: 15)),
        ])
    func requests(line: String, expected: ControlRequest) throws {
        #expect(try request(line) == expected)
    }

    @Test(
        "what is no role, slot or signal is refused with exit code 64",
        arguments: [
            "restart Orders", "restart orders.0", "restart orders.x", "restart orders.1.2", "kill orders -s NOPE",
            "roll a/b",
        ])
    func refused(line: String) {
        let failure = #expect(throws: Failure.self) { try request(line) }
        #expect(failure?.exit == 64)
    }

    @Test("keys differ each time, and the configuration holds no secret")
    func keys() throws {
        let (one, other) = (try KeyPair.curve(), try KeyPair.curve())
        #expect(one.secret.count == 40 && one.secret != other.secret && !one.configuration.contains(one.secret))
        let api = try KeyPair.api(name: "bob")
        // What is printed is what a service reads.
        let lines = ["version: 1", "keys:", api.configuration].joined(separator: "\n")
        let ring = try Keyring(Document(text: lines, name: "keys.yaml"))
        #expect(ring.caller(of: api.secret)?.name == "bob" && ring.caller(of: String(api.secret.reversed())) == nil)
        #expect(!api.configuration.contains(api.secret))
    }

    @Test("places follow from the data folder alone, and fit into a socket's address")
    func places() throws {
        let folder = try Folder()
        let near = Places(data: folder.path + "/a/./b/../c")
        #expect(near.data == folder.path + "/a/c" && near.run == near.data + "/run" && near.log == near.data + "/log")
        let far = Places(data: folder.path + "/" + String(repeating: "deep/", count: 40))
        #expect(far.run.hasPrefix("/tmp/kintsugi-") && far.run == Places(data: far.data).run)
        #expect(far.run != Places(data: far.data + "er").run)
        #expect(far.controlSocket.utf8.count <= 107)
        try near.create()
        try near.create()
        #expect(throws: PlaceFault.self) { try Places(data: "/proc/kintsugi").create() }
    }
}
