import Glibc
import Synchronization
import Threads

/// A connection by hand, for what no client of good manners would send. It blocks on threads of its own, never on
/// those that the server's handlers need.
final class Wire: Sendable {
    struct Answer {
        var status: Int
        var head: String
        var body: [UInt8]
        var text: String { String(decoding: body, as: UTF8.self) }

        /// The value of a header, by its name in lowercase.
        func header(_ name: String) -> String? {
            head.split(separator: "\r\n").first { $0.lowercased().hasPrefix(name + ":") }
                .map { String($0.drop { $0 != ":" }.dropFirst().drop { $0 == " " }) }
        }
    }

    private let socket: Int32
    private let rest = Mutex<[UInt8]>([])

    init(port: UInt16) {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    deinit { close(socket) }

    /// Sends without waiting for anything; false when the other side takes no more.
    @discardableResult func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    @discardableResult func send(_ bytes: [UInt8]) -> Bool {
        Glibc.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }

    /// Sends however much it is, from a thread of its own.
    func sendAll(_ bytes: [UInt8]) async -> Bool { await apart { self.send(bytes) } }

    func finishSending() { shutdown(socket, Int32(SHUT_WR)) }

    /// The next answer; nil when the connection ends before, or after 60 seconds.
    func answer(hasBody: Bool = true) async -> Answer? { await apart { self.read(hasBody: hasBody) } }

    /// What comes until it has these words; nil when the connection ends before, or after 60 seconds.
    func text(until words: String) async -> String? {
        await apart {
            while !self.peek.contains(words) { guard self.more() else { return nil } }
            return self.peek
        }
    }

    /// Whether the other side ends the connection within 60 seconds.
    func isEnded() async -> Bool {
        await apart {
            while self.more() {}
            var interest = pollfd(fd: self.socket, events: Int16(POLLIN), revents: 0)
            var byte: UInt8 = 0
            return poll(&interest, 1, 0) == 1 && recv(self.socket, &byte, 1, Int32(MSG_PEEK)) <= 0
        }
    }

    /// Whether the connection is open and silent now.
    var isOpen: Bool {
        var byte: UInt8 = 0
        let count = recv(socket, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
        return count < 0 && errno == EAGAIN
    }

    private var peek: String { rest.withLock { String(decoding: $0, as: UTF8.self) } }

    private func apart<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            NativeThread(name: "wire") { continuation.resume(returning: body()) }.start()
        }
    }

    private func more() -> Bool {
        var interest = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        guard poll(&interest, 1, 60_000) == 1 else { return false }
        var part = [UInt8](repeating: 0, count: 65_536)
        let count = recv(socket, &part, part.count, 0)
        guard count > 0 else { return false }
        rest.withLock { $0 += part[..<count] }
        return true
    }

    private func read(hasBody: Bool) -> Answer? {
        let mark = Array("\r\n\r\n".utf8)
        while true {
            let bytes = rest.withLock { $0 }
            if let end = bytes.indices.first(where: { bytes[$0...].starts(with: mark) }) {
                let head = String(decoding: bytes[..<end], as: UTF8.self)
                var answer = Answer(
                    status: Int(head.split(separator: " ").dropFirst().first ?? "") ?? 0, head: head, body: [])
                let length = hasBody ? answer.header("content-length").flatMap { Int($0) } ?? 0 : 0
                if bytes.count >= end + 4 + length {
                    answer.body = Array(bytes[(end + 4)..<(end + 4 + length)])
                    rest.withLock { $0.removeFirst(end + 4 + length) }
                    return answer
                }
            }
            guard more() else { return nil }
        }
    }
}
