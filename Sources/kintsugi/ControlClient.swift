import Contracts
import FoundationEssentials
import Glibc
import Host
import Signals

/// Speaks with the supervisor of a cluster over its socket: one JSON object a line, each answered by one line.
struct ControlClient {
    let places: Places

    private static let longestAnswer = 16 << 20

    /// Asks, and waits at most `patience` for the answer.
    func ask(_ request: ControlRequest, patience: Duration = .seconds(5)) throws(Failure) -> ControlAnswer {
        let deadline = monotonicNow() + patience
        let descriptor = try connect()
        defer { close(descriptor) }
        do {
            try send(JSONEncoder().encode(request) + [UInt8(ascii: "\n")], to: descriptor, until: deadline)
            return try JSONDecoder().decode(
                ControlAnswer.self, from: Data(receiveLine(from: descriptor, until: deadline)))
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure("the supervisor's answer was not understood: is it of this version? (\(error))")
        }
    }

    /// The cluster's status.
    func status() throws(Failure) -> ClusterStatus {
        switch try ask(.status) {
        case .status(let status): return status
        case .refused(let reason): throw Failure("the supervisor refused: \(reason)")
        case .done(let note): throw Failure("expected the status, found \"\(note)\"")
        }
    }

    /// Whether somebody listens.
    var isRunning: Bool {
        guard let descriptor = try? connect() else { return false }
        close(descriptor)
        return true
    }

    private func connect() throws(Failure) -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC | O_NONBLOCK, 0)
        guard descriptor >= 0 else { throw Failure("no socket: \(reason(errno))") }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = Array(places.controlSocket.utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.prefix($0.count - 1)) }
        let outcome = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard outcome == 0 else {
            let code = errno
            close(descriptor)
            if code == ENOENT || code == ECONNREFUSED {
                throw Failure("no cluster runs in \(places.data) (start one: kintsugi up)", exit: ExitCode.unavailable)
            }
            throw Failure("\(places.controlSocket): \(reason(code))", exit: ExitCode.unavailable)
        }
        return descriptor
    }

    private func send(_ data: Data, to descriptor: Int32, until deadline: Duration) throws(Failure) {
        var rest = Array(data)[...]
        while !rest.isEmpty {
            try wait(descriptor, for: Int16(POLLOUT), until: deadline)
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR && errno != EAGAIN {
                throw Failure("the supervisor hung up: \(reason(errno))", exit: ExitCode.unavailable)
            }
        }
    }

    private func receiveLine(from descriptor: Int32, until deadline: Duration) throws(Failure) -> [UInt8] {
        var line: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while line.count < Self.longestAnswer {
            try wait(descriptor, for: Int16(POLLIN), until: deadline)
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0 && (errno == EINTR || errno == EAGAIN) { continue }
            guard count > 0 else {
                throw Failure("the supervisor left before it answered: ask again", exit: ExitCode.unavailable)
            }
            if let end = chunk[..<count].firstIndex(of: UInt8(ascii: "\n")) { return line + chunk[..<end] }
            line += chunk[..<count]
        }
        throw Failure("expected an answer of at most \(Self.longestAnswer) bytes, found more")
    }

    private func wait(_ descriptor: Int32, for events: Int16, until deadline: Duration) throws(Failure) {
        while true {
            let left = deadline - monotonicNow()
            guard left > .zero else {
                throw Failure("the supervisor listens, but did not answer in time", exit: ExitCode.unavailable)
            }
            var ready = pollfd(fd: descriptor, events: events, revents: 0)
            if poll(&ready, 1, milliseconds(left)) > 0 { return }
        }
    }
}

/// A duration as poll(2) takes it, rounded up so that the deadline is over when it returns.
func milliseconds(_ duration: Duration) -> Int32 {
    let (seconds, attoseconds) = duration.components
    return Int32(clamping: seconds * 1_000 + attoseconds / 1_000_000_000_000_000 + 1)
}

func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
