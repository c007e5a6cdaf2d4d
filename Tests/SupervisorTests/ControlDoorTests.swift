import Contracts
import Glibc
import Host
import Testing

@testable import Supervisor

/// A door with its clients, turned by hand as the supervisor's loop would turn it.
private final class Porch {
    let path: String
    let door: ControlDoor
    private let folder: String

    init() throws {
        // As in the supervisor: whose client is gone, that is said by errno.
        signal(SIGPIPE, SIG_IGN)
        var template = Array("/tmp/kintsugi-test-\(String(repeating: "X", count: 6))".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemFault("make a temporary folder") }
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        path = "\(folder)/control.sock"
        door = ControlDoor(listener: try UnixSocket.listen(at: path))
    }

    deinit {
        unlink(path)
        rmdir(folder)
    }

    func client(saying text: String = "") throws -> Descriptor {
        let client = try UnixSocket.connect(to: path)
        if !text.isEmpty { _ = try client.write(text.utf8) }
        return client
    }

    /// Turns until so many requests have come, or nothing happens any more.
    func requests(_ count: Int) -> [(ControlRequest, ControlDoor.Connection)] {
        var found: [(ControlRequest, ControlDoor.Connection)] = []
        while found.count < count {
            let until = MonotonicClock.now() + (door.hasWaitingLine ? 0 : 500_000_000)
            let ready = Poll.wait(door.interests, until: until)
            let isQuiet = ready.allSatisfy { $0.revents == 0 } && !door.hasWaitingLine
            found += door.serve(ready)
            if isQuiet { break }
        }
        return found
    }

    func line(from client: Descriptor) throws -> String {
        guard Poll.readable(client.number, within: .seconds(5)) else { return "" }
        return String(decoding: try client.read(upTo: 1 << 16) ?? [], as: UTF8.self)
    }
}

@Suite("The control socket")
struct ControlDoorTests {
    static let scale = #"{"scale":{"role":"a","count":2}}"# + "\n"

    @Test("a line is a request, and its answer is a line")
    func roundTrip() throws {
        let porch = try Porch()
        let client = try porch.client(saying: Self.scale)
        let (request, connection) = try #require(porch.requests(1).first)
        #expect(request == .scale(role: "a", count: 2))
        porch.door.answer(.done(note: "so be it"), to: connection)
        #expect(try porch.line(from: client) == #"{"done":{"note":"so be it"}}"# + "\n")
    }

    @Test("a client that sends several lines gets them answered one after another; others do not wait for it")
    func lanes() throws {
        let porch = try Porch()
        let busy = try porch.client(saying: Self.scale + #"{"status":{}}"# + "\n")
        let first = try #require(porch.requests(2).first)
        let other = try porch.client(saying: #"{"shutdown":{}}"# + "\n")
        let second = porch.requests(2)
        #expect(second.map(\.0) == [.shutdown])
        porch.door.answer(.done(note: "one"), to: first.1)
        #expect(try porch.line(from: busy).contains("one"))
        let third = try #require(porch.requests(1).first)
        #expect(third.0 == .status && third.1 === first.1)
        withExtendedLifetime(other) {}
    }

    @Test("who closes its sending side still gets its answer")
    func halfClosed() throws {
        let porch = try Porch()
        let client = try porch.client(saying: Self.scale)
        shutdown(client.number, Int32(SHUT_WR))
        let (_, connection) = try #require(porch.requests(1).first)
        porch.door.answer(.done(note: "late"), to: connection)
        #expect(try porch.line(from: client).contains("late"))
    }

    @Test("what is not a request is refused with what was expected, and the next line is read")
    func garbage() throws {
        let porch = try Porch()
        let client = try porch.client(saying: "garbage\n" + Self.scale)
        #expect(porch.requests(1).map(\.0) == [.scale(role: "a", count: 2)])
        #expect(try porch.line(from: client).hasPrefix(#"{"refused":{"reason":"expected a request such as "#))
    }

    @Test("a line without end is refused and its client closed")
    func endless() throws {
        let porch = try Porch()
        let client = try porch.client()
        try client.setNonBlocking()
        let block = [UInt8](repeating: UInt8(ascii: "x"), count: 8192)
        for _ in 1...16 {
            _ = try? client.write(block)
            _ = porch.door.serve(Poll.wait(porch.door.interests, until: MonotonicClock.now() + 50_000_000))
        }
        #expect(try porch.line(from: client).contains("a line may have 65536 bytes"))
    }

    @Test("more clients than the limit wait in the kernel until one leaves")
    func crowd() throws {
        let porch = try Porch()
        var clients = try (1...ControlDoor.mostClients).map { _ in try porch.client() }
        #expect(porch.requests(1).isEmpty)
        let late = try porch.client(saying: Self.scale)
        #expect(porch.requests(1).isEmpty)
        clients.removeLast()
        #expect(porch.requests(1).count == 1)
        withExtendedLifetime(late) {}
    }
}

@Suite("The inbox")
struct InboxTests {
    @Test("letters from many threads all arrive, and the bell is silent when it is empty")
    func many() async throws {
        let inbox = try Inbox()
        let slot = try #require(SlotName("a@local.1"))
        await withTaskGroup(of: Void.self) { group in
            for number in 1...100 { group.addTask { inbox.post(.hung(slot, spawn: UInt64(number))) } }
        }
        #expect(Poll.readable(inbox.bell.number, within: .seconds(1)))
        #expect(inbox.take().count == 100)
        #expect(Poll.wait([Poll.interest(inbox.bell.number)], until: 0)[0].revents == 0 && inbox.take().isEmpty)
    }
}
