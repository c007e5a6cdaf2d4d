import CHost
import FoundationEssentials
import Glibc

/// One end of a socket pair that keeps datagrams whole and in order: one JSON value each.
public final class PacketChannel: Sendable {
    public static let largest = 64 * 1024

    public let descriptor: Descriptor

    public init(_ descriptor: Descriptor) { self.descriptor = descriptor }

    /// Both ends, close-on-exec.
    public static func pair() throws(SystemFault) -> (PacketChannel, PacketChannel) {
        var ends: [Int32] = [-1, -1]
        let type = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        try checked(socketpair(AF_UNIX, type, 0, &ends), "make a socket pair")
        return (PacketChannel(Descriptor(owning: ends[0])), PacketChannel(Descriptor(owning: ends[1])))
    }

    public enum Fault: Error, CustomStringConvertible {
        case tooLarge(Int)
        case peerDoesNotRead
        case peerIsGone
        case unreadable(String)

        public var description: String {
            switch self {
            case .tooLarge(let size): "a message has \(size) bytes, more than \(PacketChannel.largest)"
            case .peerDoesNotRead: "the other end does not read: its queue is full"
            case .peerIsGone: "the other end is closed"
            case .unreadable(let why): "a message of the other end cannot be read: \(why)"
            }
        }
    }

    /// Sends one value. It waits for at most `patience` while the other end's queue is full.
    public func send(_ value: some Encodable, patience: Duration = .zero) throws {
        let bytes = try JSONEncoder().encode(value)
        guard bytes.count <= Self.largest else { throw Fault.tooLarge(bytes.count) }
        let (seconds, attoseconds) = patience.components
        let until = MonotonicClock.now() + UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
        while true {
            let sent = bytes.withUnsafeBytes { buffer in
                Glibc.send(
                    descriptor.number, buffer.baseAddress, buffer.count,
                    Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
            }
            if sent >= 0 { return }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                guard MonotonicClock.now() < until else { throw Fault.peerDoesNotRead }
                _ = Poll.wait([pollfd(fd: descriptor.number, events: Int16(POLLOUT), revents: 0)], until: until)
            case EPIPE, ECONNRESET, ENOTCONN: throw Fault.peerIsGone
            default: throw SystemFault("send a message")
            }
        }
    }

    /// The next value that has come; nil when there is none now.
    public func receive<Value: Decodable>(_ type: Value.Type) throws -> Value? {
        var bytes = [UInt8](repeating: 0, count: Self.largest)
        while true {
            let count = recv(descriptor.number, &bytes, bytes.count, Int32(MSG_DONTWAIT))
            if count > 0 {
                do {
                    return try JSONDecoder().decode(type, from: Data(bytes[..<count]))
                } catch {
                    throw Fault.unreadable("\(error)")
                }
            }
            if count == 0 { throw Fault.peerIsGone }
            switch errno {
            case EINTR: continue
            case EAGAIN: return nil
            case ECONNRESET: throw Fault.peerIsGone
            default: throw SystemFault("receive a message")
            }
        }
    }
}
