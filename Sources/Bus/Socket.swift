import CHost
import CZeroMQ
import Glibc

/// What ZeroMQ refused, in its own words.
public struct SocketError: Error, Sendable, Equatable, CustomStringConvertible {
    public var action: String
    public var code: Int32

    init(_ action: String) {
        self.action = action
        code = zmq_errno()
    }
    public var description: String { "\(action): \(String(cString: zmq_strerror(code)))" }
}

/// A ZeroMQ socket. Made, used and closed on one thread: it is not Sendable, so the compiler keeps it there.
final class Socket {
    let raw: UnsafeMutableRawPointer
    /// Kept so that the context ends after its last socket, whoever lets go first.
    private let context: Context

    init(_ context: Context, _ type: Int32) throws {
        self.context = context
        guard let raw = zmq_socket(context.raw, type) else { throw SocketError("open a socket") }
        self.raw = raw
        try set(ZMQ_LINGER, Int32(0))
        try set(ZMQ_SNDHWM, Socket.highWater)
        try set(ZMQ_RCVHWM, Socket.highWater)
    }
    /// The rules bound what is under way; this is the last resort behind them.
    private static let highWater: Int32 = 100_000

    deinit { zmq_close(raw) }

    func set(_ option: Int32, _ value: Int32) throws {
        var value = value
        guard zmq_setsockopt(raw, option, &value, MemoryLayout<Int32>.size) == 0 else {
            throw SocketError("set option \(option)")
        }
    }
    func set(_ option: Int32, _ value: Int64) throws {
        var value = value
        guard zmq_setsockopt(raw, option, &value, MemoryLayout<Int64>.size) == 0 else {
            throw SocketError("set option \(option)")
        }
    }
    func set(_ option: Int32, _ value: [UInt8]) throws {
        guard value.withUnsafeBytes({ zmq_setsockopt(raw, option, $0.baseAddress, $0.count) }) == 0 else {
            throw SocketError("set option \(option)")
        }
    }
    func set(_ option: Int32, _ value: String) throws { try set(option, Array(value.utf8)) }

    func bind(_ address: String) throws {
        guard zmq_bind(raw, address) == 0 else { throw SocketError("bind \(address)") }
    }
    func connect(_ address: String) throws {
        guard zmq_connect(raw, address) == 0 else { throw SocketError("connect to \(address)") }
    }
    func disconnect(_ address: String) { zmq_disconnect(raw, address) }

    /// Readable when something happened to the socket; see `SocketWork.descriptors` for how little that says.
    lazy var descriptor: Int32 = {
        var descriptor: Int32 = -1
        var size = MemoryLayout<Int32>.size
        zmq_getsockopt(raw, ZMQ_FD, &descriptor, &size)
        return descriptor
    }()

    /// Whether more parts of the message under reading follow.
    var more: Bool {
        var more: Int32 = 0
        var size = MemoryLayout<Int32>.size
        return zmq_getsockopt(raw, ZMQ_RCVMORE, &more, &size) == 0 && more != 0
    }

    /// Sends one part; false when the queue is full or nobody is there.
    @discardableResult
    func send(_ bytes: [UInt8], more: Bool = false) -> Bool {
        bytes.withUnsafeBytes { send($0, more: more) }
    }
    @discardableResult
    func send(_ bytes: UnsafeRawBufferPointer, more: Bool = false) -> Bool {
        zmq_send(raw, bytes.baseAddress, bytes.count, ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0)) >= 0
    }

    /// The next part as a message, without waiting.
    func receive(_ message: inout zmq_msg_t) -> Bool { zmq_msg_recv(&message, raw, ZMQ_DONTWAIT) >= 0 }

    /// The next part as bytes of our own, without waiting.
    func receive() -> [UInt8]? {
        var message = zmq_msg_t()
        zmq_msg_init(&message)
        defer { zmq_msg_close(&message) }
        guard receive(&message) else { return nil }
        return withBytes(&message) { Array($0) }
    }

    /// Reads over the parts that are left of a message.
    func discardRest() {
        while more { guard receive() != nil else { return } }
    }
}

/// The bytes of a message. Short ones lie inside the struct itself, so they are valid for the call only.
@inline(__always)
func withBytes<Result>(_ message: inout zmq_msg_t, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    let size = zmq_msg_size(&message)
    return body(UnsafeRawBufferPointer(start: zmq_msg_data(&message), count: size))
}

/// A ZeroMQ context: its sockets' I/O thread, and the name space of `inproc` addresses.
final class Context {
    let raw: UnsafeMutableRawPointer

    init() throws {
        guard let raw = zmq_ctx_new() else { throw SocketError("make a context") }
        self.raw = raw
    }
    /// Waits for its sockets to be closed, which each of them does before it lets go of the context.
    deinit { zmq_ctx_term(raw) }
}

/// A message part that is passed on without a copy; it stays where it is, since short ones hold their own bytes.
final class Part {
    private var message = zmq_msg_t()

    init() { zmq_msg_init(&message) }
    deinit { zmq_msg_close(&message) }

    func receive(from socket: Socket) -> Bool { zmq_msg_recv(&message, socket.raw, ZMQ_DONTWAIT) >= 0 }

    var count: Int { zmq_msg_size(&message) }

    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result { Bus.withBytes(&message, body) }

    /// A property of the connection it came by, such as the authenticated user.
    func property(_ name: String) -> UnsafePointer<CChar>? { zmq_msg_gets(&message, name) }

    /// Sends it away: afterwards it is empty, unless `keep`, which shares the bytes.
    func send(to socket: Socket, more: Bool = false, keep: Bool = false) -> Bool {
        let flags = ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0)
        guard keep else { return zmq_msg_send(&message, socket.raw, flags) >= 0 }
        var copy = zmq_msg_t()
        zmq_msg_init(&copy)
        zmq_msg_copy(&copy, &message)
        if zmq_msg_send(&copy, socket.raw, flags) >= 0 { return true }
        zmq_msg_close(&copy)
        return false
    }
}
