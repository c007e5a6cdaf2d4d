import Contracts
import Dispatch
import FoundationEssentials
import Glibc
import Testing

@testable import Host
@testable import kintsugi

/// Listens like a supervisor, answers one request with given bytes, and hands over what it was asked.
private func answering(_ bytes: [UInt8], at places: Places) throws -> () -> [UInt8] {
    try places.create()
    let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: places.controlSocket.utf8) }
    let bound = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
    try #require(bound == 0 && listen(listener, 4) == 0)
    let thread = DispatchQueue(label: "supervisor")
    // Written on the queue before the caller's sync on the same queue reads it.
    nonisolated(unsafe) var asked: [UInt8] = []
    thread.async {
        let peer = accept(listener, nil, nil)
        var chunk = [UInt8](repeating: 0, count: 4_096)
        while asked.last != UInt8(ascii: "\n"), case let count = read(peer, &chunk, chunk.count), count > 0 {
            asked += chunk[..<count]
        }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(peer, $0.baseAddress, $0.count) }
            guard count > 0 else { break }
            rest = rest.dropFirst(count)
        }
        close(peer)
        close(listener)
    }
    return { thread.sync { asked } }
}

@Suite struct ControlClientTests {
    @Test("a request is one line of JSON, and so is its answer, however long")
    func asks() throws {
        let folder = try Folder()
        let places = Places(data: folder.path)
        let answer = ControlAnswer.done(note: String(repeating: "rolled ", count: 100_000))
        let asked = try answering(Array(JSONEncoder().encode(answer)) + [UInt8(ascii: "\n")], at: places)
        let request = ControlRequest.restart(role: "orders", slot: nil, rolling: true)
        #expect(try ControlClient(places: places).ask(request) == answer)
        #expect(try JSONDecoder().decode(ControlRequest.self, from: Data(asked())) == request)
        #expect(asked().filter { $0 == UInt8(ascii: "\n") }.count == 1)
    }

    @Test("where nobody listens it is said how to start a cluster, with exit code 69")
    func nobody() throws {
        let folder = try Folder()
        let places = Places(data: folder.path)
        let expected = Failure("no cluster runs in \(places.data) (start one: kintsugi up)", exit: 69)
        #expect(throws: expected) { try ControlClient(places: places).status() }
        // A socket that a dead supervisor left behind is the same.
        let finish = try answering([], at: places)
        _ = try? ControlClient(places: places).status()
        _ = finish()
        #expect(throws: expected) { try ControlClient(places: places).status() }
        #expect(!ControlClient(places: places).isRunning)
    }

    @Test("an answer that is cut off or no JSON is told as such", arguments: ["", "{\"done\":", "nonsense\n"])
    func garbled(answer: String) throws {
        let folder = try Folder()
        let places = Places(data: folder.path)
        let finish = try answering(Array(answer.utf8), at: places)
        #expect(throws: Failure.self) { try ControlClient(places: places).status() }
        _ = finish()
    }

    @Test("a supervisor that does not answer is given up in time")
    func silent() throws {
        let folder = try Folder()
        let places = Places(data: folder.path)
        try places.create()
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: places.controlSocket.utf8) }
        _ = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        listen(listener, 1)
        let failure = #expect(throws: Failure.self) {
            try ControlClient(places: places).ask(.status, patience: .milliseconds(20))
        }
        #expect(failure == Failure("the supervisor listens, but did not answer in time", exit: 69))
    }
}
