import CHost
import Glibc

/// A lock that the kernel frees when its holder is gone.
public struct FolderLock: Sendable {
    /// Somebody else holds it.
    public struct Held: Error, CustomStringConvertible {
        public let path: String
        public let holder: String

        public var description: String {
            "\(path) is held by process \(holder): a cluster runs on this data directory already; "
                + "stop it with `kintsugi down`, or choose another directory with --data"
        }
    }

    private let descriptor: Descriptor

    /// Takes it at once, or throws who holds it; the file tells our pid to others.
    public init(_ path: String) throws {
        descriptor = try Descriptor.open(path, flags: O_RDWR | O_CREAT)
        guard flock(descriptor.number, LOCK_EX | LOCK_NB) == 0 else {
            guard errno == EWOULDBLOCK else { throw SystemFault("lock \(path)") }
            let holder = ProcessFiles.text(path)?.prefix { $0 != "\n" } ?? ""
            throw Held(path: path, holder: holder.isEmpty ? "(unknown)" : String(holder))
        }
        try checked(ftruncate(descriptor.number, 0), "write \(path)")
        _ = try descriptor.write("\(getpid())\n".utf8)
    }
}
