import CHost
import Glibc

/// An open file descriptor with one owner: it is closed when the last reference to it goes.
public final class Descriptor: Sendable {
    public let number: Int32

    public init(owning number: Int32) { self.number = number }

    deinit { close(number) }

    /// Opens a file, always close-on-exec.
    public static func open(_ path: String, flags: Int32, mode: UInt32 = 0o600) throws(SystemFault) -> Descriptor {
        Descriptor(owning: try checked(host_open(path, flags | O_CLOEXEC, mode), "open \(path)"))
    }

    /// The two ends of a pipe, both close-on-exec.
    public static func pipe() throws(SystemFault) -> (read: Descriptor, write: Descriptor) {
        var ends: [Int32] = [-1, -1]
        try checked(host_pipe(&ends), "make a pipe")
        return (Descriptor(owning: ends[0]), Descriptor(owning: ends[1]))
    }

    /// A bell: `ring` from any thread makes it readable until `silence`.
    public static func bell() throws(SystemFault) -> Descriptor {
        let flags = Int32(EFD_CLOEXEC | EFD_NONBLOCK)
        return Descriptor(owning: try checked(eventfd(0, flags), "make an eventfd"))
    }

    /// Makes a bell readable. A full counter is readable already, so a failure needs no care.
    public func ring() { _ = eventfd_write(number, 1) }

    /// Makes a bell unreadable again.
    public func silence() {
        var count: eventfd_t = 0
        _ = eventfd_read(number, &count)
    }

    public func setNonBlocking() throws(SystemFault) {
        let flags = try checked(host_fcntl(number, F_GETFL, 0), "read the flags of descriptor \(number)")
        try checked(host_fcntl(number, F_SETFL, flags | O_NONBLOCK), "make descriptor \(number) non-blocking")
    }

    /// What one read(2) gives; empty at the end of the file, nil when there is nothing now.
    public func read(upTo count: Int) throws(SystemFault) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        while true {
            let got = Glibc.read(number, &bytes, count)
            if got >= 0 { return Array(bytes.prefix(got)) }
            if errno == EAGAIN { return nil }
            guard errno == EINTR else { throw SystemFault("read from descriptor \(number)") }
        }
    }

    /// Writes as much as the kernel takes now; how much that was.
    public func write(_ bytes: some Collection<UInt8>) throws(SystemFault) -> Int {
        let bytes = Array(bytes)
        while true {
            let put = Glibc.write(number, bytes, bytes.count)
            if put >= 0 { return put }
            if errno == EAGAIN { return 0 }
            guard errno == EINTR else { throw SystemFault("write to descriptor \(number)") }
        }
    }
}
