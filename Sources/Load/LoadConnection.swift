import CHost
import Glibc

/// One connection to the service, with at most one order in hand.
struct LoadConnection {
    enum Flush { case done, later, broken }

    private(set) var socket: Int32 = -1
    /// The number of the order in hand.
    var order: Int?
    var request: [UInt8] = []
    var sent = 0
    var reader = AnswerReader()

    mutating func open(_ address: String, _ port: UInt16) {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | 0o4000 | 0o2000000, 0)
        guard socket >= 0 else { return }
        var on: Int32 = 1
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = port.bigEndian
        inet_pton(AF_INET, address, &place.sin_addr)
        let code = withUnsafePointer(to: &place) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if code != 0, errno != EINPROGRESS { close() }
    }

    mutating func close() {
        if socket >= 0 { Glibc.close(socket) }
        socket = -1
        order = nil
    }

    /// Sends what is left of the request.
    mutating func flush() -> Flush {
        guard socket >= 0 else { return .broken }
        while sent < request.count {
            let count = request.withUnsafeBytes { bytes in
                send(
                    socket, bytes.baseAddress?.advanced(by: sent), bytes.count - sent,
                    Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
            }
            if count > 0 {
                sent += count
            } else if errno == EAGAIN || errno == ENOTCONN {
                return .later
            } else if errno != EINTR {
                return .broken
            }
        }
        return .done
    }
}

/// Why a load test could not run.
public struct LoadFault: Error, Sendable, CustomStringConvertible {
    public let description: String

    init(_ what: String, _ code: Int32) { description = "\(what): \(String(cString: strerror(code)))" }
}
