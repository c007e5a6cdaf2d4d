import CHost
import Glibc

/// Why a socket could not be bound.
public enum ListenFault: Error, CustomStringConvertible {
    case badAddress(name: String, address: String)
    case inUse(name: String, address: String, port: UInt16, holder: String?)
    case pathTooLong(String)

    public var description: String {
        switch self {
        case .badAddress(let name, let address):
            "listener \"\(name)\": expected an IPv4 or IPv6 address such as 127.0.0.1 or ::1, found \"\(address)\""
        case .inUse(let name, let address, let port, let holder):
            "listener \"\(name)\": \(address) port \(port) is in use by \(holder ?? "a process that we may not see"); "
                + "end that process, or choose other ports with --port-offset"
        case .pathTooLong(let path):
            "the path of a unix socket may have 107 bytes, \"\(path)\" has \(path.utf8.count); "
                + "choose a data directory with a shorter path"
        }
    }
}

/// A socket on which connections wait, bound once and inherited by those who serve them.
public struct ListeningSocket: Sendable {
    public let name: String
    public let descriptor: Descriptor
    /// The port it really has: another than was asked for when that was 0.
    public let port: UInt16

    /// Binds and listens on TCP; `address` is numeric, so that no name server decides where we listen.
    public init(name: String, address: String, port: UInt16, backlog: Int32 = 1024) throws {
        var four = sockaddr_in()
        var six = sockaddr_in6()
        let isFour = inet_pton(AF_INET, address, &four.sin_addr) == 1
        guard isFour || inet_pton(AF_INET6, address, &six.sin6_addr) == 1 else {
            throw ListenFault.badAddress(name: name, address: address)
        }
        four.sin_family = sa_family_t(AF_INET)
        four.sin_port = port.bigEndian
        six.sin6_family = sa_family_t(AF_INET6)
        six.sin6_port = port.bigEndian
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let socket = Descriptor(
            owning: try checked(Glibc.socket(isFour ? AF_INET : AF_INET6, type, 0), "make a TCP socket"))
        var yes: Int32 = 1
        setsockopt(socket.number, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        let bound = isFour ? bindSocket(socket, to: &four) : bindSocket(socket, to: &six)
        guard bound == 0, listen(socket.number, backlog) == 0 else {
            guard errno == EADDRINUSE else { throw SystemFault("listen on \(address) port \(port)") }
            throw ListenFault.inUse(name: name, address: address, port: port, holder: PortHolder.describe(port: port))
        }
        self.name = name
        descriptor = socket
        self.port = try Self.boundPort(of: socket)
    }

    private static func boundPort(of socket: Descriptor) throws -> UInt16 {
        // The port stands at the same place for both families, and the larger one has room for both.
        var found = sockaddr_in6()
        var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let result = withUnsafeMutablePointer(to: &found) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket.number, $0, &size) }
        }
        try checked(result, "learn the port of a socket")
        return UInt16(bigEndian: found.sin6_port)
    }
}

/// Sockets in the file system, for those on this host.
public enum UnixSocket {
    /// Binds and listens; only this user may connect. What is left there of an earlier process is removed: the caller
    /// holds the lock of the folder.
    public static func listen(at path: String) throws -> Descriptor {
        var address = try unixAddress(path)
        let socket = try makeSocket()
        unlink(path)
        let mask = umask(0o177)
        defer { umask(mask) }
        try checked(bindSocket(socket, to: &address), "make the socket \(path)")
        try checked(Glibc.listen(socket.number, 128), "listen on \(path)")
        return socket
    }

    /// A connection that is waiting; nil when there is none now.
    public static func accept(from listener: Descriptor) throws -> Descriptor? {
        let number = host_accept(listener.number)
        guard number < 0 else { return Descriptor(owning: number) }
        switch errno {
        case EAGAIN, EINTR, ECONNABORTED: return nil
        default: throw SystemFault("accept a connection")
        }
    }

    /// Connects; blocking, for a client.
    public static func connect(to path: String) throws -> Descriptor {
        var address = try unixAddress(path)
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let socket = Descriptor(owning: try checked(Glibc.socket(AF_UNIX, type, 0), "make a socket"))
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(socket.number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try checked(result, "connect to \(path)")
        return socket
    }

    private static func makeSocket() throws -> Descriptor {
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        return Descriptor(owning: try checked(Glibc.socket(AF_UNIX, type, 0), "make a socket"))
    }

    private static func unixAddress(_ path: String) throws -> sockaddr_un {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { throw ListenFault.pathTooLong(path) }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return address
    }
}

private func bindSocket<Address>(_ socket: Descriptor, to address: inout Address) -> Int32 {
    withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(socket.number, $0, socklen_t(MemoryLayout<Address>.size))
        }
    }
}
