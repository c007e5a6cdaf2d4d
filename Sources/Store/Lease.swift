import CHost
import Glibc
import Synchronization

/// The right to write a file: a lock on a file beside it, which the kernel frees when the holder is gone. It holds
/// between containers of one host too, as long as they see the same file.
public final class Lease: Sendable {
    /// The file of the lock.
    public let path: String
    private let descriptor: Mutex<Int32?>

    private init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = Mutex(descriptor)
    }

    deinit { release() }

    /// Gives it to the next, whoever still refers to it here.
    public func release() {
        let held = descriptor.withLock { descriptor in
            defer { descriptor = nil }
            return descriptor
        }
        if let held { close(held) }
    }

    /// Takes it at once, or throws who holds it.
    public static func take(of file: String, as name: String = "") throws -> Lease {
        guard let lease = try attempt(of: file, name, LOCK_EX | LOCK_NB) else {
            throw StoreError.leaseHeld(file: file, holder: holder(of: file))
        }
        return lease
    }

    /// Waits for as long as another holds it. Blocks its thread: call it on one of its own.
    static func wait(for file: String, as name: String) throws -> Lease {
        while true {
            if let lease = try attempt(of: file, name, LOCK_EX) { return lease }
        }
    }

    /// Nil when it is held, or when a signal ended the wait.
    private static func attempt(of file: String, _ name: String, _ operation: Int32) throws -> Lease? {
        let path = file + ".lease"
        let descriptor = try checkedFile(host_open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600), path, "open")
        let lease = Lease(path: path, descriptor: descriptor)
        guard flock(descriptor, operation) == 0 else {
            if errno == EWOULDBLOCK || errno == EINTR { return nil }
            throw StoreError.file(path: path, doing: "lock", code: errno)
        }
        // Who does not get it is told who has it, and where to send writes.
        try checkedFile(ftruncate(descriptor, 0), path, "write")
        let text = Array("\(getpid())\n\(name)\n".utf8)
        _ = pwrite(descriptor, text, text.count, 0)
        return lease
    }

    /// The name of the process that last took the lease of a file; nil where none did. It may be gone by now.
    public static func holderName(of file: String) -> String? {
        let lines = text(of: file).split(separator: "\n", omittingEmptySubsequences: false)
        return lines.count > 1 && !lines[1].isEmpty ? String(lines[1]) : nil
    }

    private static func holder(of file: String) -> String {
        let digits = text(of: file).prefix { $0 != "\n" }
        return digits.isEmpty ? "(unknown)" : String(digits)
    }

    private static func text(of file: String) -> String {
        let descriptor = host_open(file + ".lease", O_RDONLY | O_CLOEXEC, 0)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = read(descriptor, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
    }
}
