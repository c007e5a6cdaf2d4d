import CZeroMQ
import Contracts
import Glibc

/// The floor under every figure: the same frames through `zmq_proxy`, in plain C calls on one thread a process, with
/// no Swift concurrency, no broker's rules and no encoding.
enum Floor {
    /// What a frame of ours has in front of its body, so that both paths move the same bytes.
    static let headBytes = 112

    struct Failure: Error, CustomStringConvertible {
        let description: String
        init(_ action: String) { description = "\(action): \(String(cString: zmq_strerror(zmq_errno())))" }
    }

    static func socket(_ context: UnsafeMutableRawPointer, _ type: Int32) throws -> UnsafeMutableRawPointer {
        guard let socket = zmq_socket(context, type) else { throw Failure("open a socket") }
        var linger: Int32 = 0
        var highWater: Int32 = 100_000
        zmq_setsockopt(socket, ZMQ_LINGER, &linger, 4)
        zmq_setsockopt(socket, ZMQ_SNDHWM, &highWater, 4)
        zmq_setsockopt(socket, ZMQ_RCVHWM, &highWater, 4)
        return socket
    }

    /// Passes frames both ways until the process ends.
    static func proxy(front: Int32, _ frontAddress: String, back: Int32, _ backAddress: String) throws {
        guard let context = zmq_ctx_new() else { throw Failure("make a context") }
        let frontSocket = try socket(context, front)
        let backSocket = try socket(context, back)
        guard zmq_bind(frontSocket, frontAddress) == 0 else { throw Failure("bind \(frontAddress)") }
        guard zmq_bind(backSocket, backAddress) == 0 else { throw Failure("bind \(backAddress)") }
        Report.ready()
        zmq_proxy(frontSocket, backSocket, nil)
    }

    /// Answers every request with its own parts.
    static func worker(_ address: String) throws {
        guard let context = zmq_ctx_new() else { throw Failure("make a context") }
        let socket = try socket(context, ZMQ_DEALER)
        guard zmq_connect(socket, address) == 0 else { throw Failure("connect to \(address)") }
        Report.ready()
        var message = zmq_msg_t()
        zmq_msg_init(&message)
        while true {
            guard zmq_msg_recv(&message, socket, 0) >= 0 else { continue }
            let more = zmq_msg_more(&message) != 0
            zmq_msg_send(&message, socket, more ? ZMQ_SNDMORE : 0)
        }
    }

    /// Keeps `depth` requests under way for as long, and counts the answers; alone, it notes how long each took.
    static func client(_ address: String, bytes: Int, depth: Int, seconds: Double) throws -> ClientReport {
        guard let context = zmq_ctx_new() else { throw Failure("make a context") }
        let socket = try socket(context, ZMQ_DEALER)
        guard zmq_connect(socket, address) == 0 else { throw Failure("connect to \(address)") }
        let head = [UInt8](repeating: 1, count: headBytes)
        let body = [UInt8](repeating: 2, count: bytes)
        var message = zmq_msg_t()
        zmq_msg_init(&message)
        func send() {
            zmq_send(socket, head, head.count, ZMQ_SNDMORE)
            zmq_send(socket, body, body.count, 0)
        }
        func receive() {
            repeat { zmq_msg_recv(&message, socket, 0) } while zmq_msg_more(&message) != 0
        }
        for _ in 0..<50 {
            send()
            receive()
        }
        for _ in 0..<depth { send() }
        var report = ClientReport()
        let start = Stopwatch()
        var last = start.microseconds
        repeat {
            receive()
            report.calls += 1
            if depth == 1 {
                let now = start.microseconds
                report.latencies.append(now - last)
                last = now
            }
            send()
        } while start.microseconds < seconds * 1e6
        report.seconds = start.microseconds / 1e6
        return report
    }

    /// With what a bare socket passes our broker's door, and a head that it lets through.
    struct Pass {
        var user: String
        var secret: String
        var head: [UInt8]

        func show(to socket: UnsafeMutableRawPointer) {
            zmq_setsockopt(socket, ZMQ_PLAIN_USERNAME, user, user.utf8.count)
            zmq_setsockopt(socket, ZMQ_PLAIN_PASSWORD, secret, secret.utf8.count)
        }
    }

    /// Publishes as fast as the socket takes it.
    static func publisher(_ address: String, bytes: Int, seconds: Double, pass: Pass? = nil) throws -> ClientReport {
        guard let context = zmq_ctx_new() else { throw Failure("make a context") }
        let socket = try socket(context, ZMQ_PUB)
        pass?.show(to: socket)
        guard zmq_connect(socket, address) == 0 else { throw Failure("connect to \(address)") }
        let head = pass?.head ?? [UInt8](repeating: 1, count: headBytes)
        let body = [UInt8](repeating: 2, count: bytes)
        Wait.settle()
        var report = ClientReport()
        let start = Stopwatch()
        repeat {
            for _ in 0..<64 {
                zmq_send(socket, "bench", 5, ZMQ_SNDMORE)
                zmq_send(socket, head, head.count, ZMQ_SNDMORE)
                zmq_send(socket, body, body.count, 0)
            }
            report.calls += 64
        } while start.microseconds < seconds * 1e6
        report.seconds = start.microseconds / 1e6
        return report
    }

    /// Counts what arrives from the first message until nothing has come for half a second.
    static func subscriber(_ address: String, pass: Pass? = nil) throws -> ClientReport {
        guard let context = zmq_ctx_new() else { throw Failure("make a context") }
        let socket = try socket(context, ZMQ_SUB)
        pass?.show(to: socket)
        zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "bench", 5)
        guard zmq_connect(socket, address) == 0 else { throw Failure("connect to \(address)") }
        Report.ready()
        var message = zmq_msg_t()
        zmq_msg_init(&message)
        var report = ClientReport()
        var start: Stopwatch?
        var timeout: Int32 = 30_000
        zmq_setsockopt(socket, ZMQ_RCVTIMEO, &timeout, 4)
        while zmq_msg_recv(&message, socket, 0) >= 0 {
            while zmq_msg_more(&message) != 0 { zmq_msg_recv(&message, socket, 0) }
            if start == nil {
                start = Stopwatch()
                timeout = 500
                zmq_setsockopt(socket, ZMQ_RCVTIMEO, &timeout, 4)
            }
            report.calls += 1
            // The end of the last message, not of the silence after it.
            report.seconds = (start?.microseconds ?? 0) / 1e6
        }
        return report
    }
}
