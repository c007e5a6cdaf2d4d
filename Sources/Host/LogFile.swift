import CHost
import Glibc

/// The file to which one slot's processes write their stderr and stdout.
///
/// They hold it open for appending and know nothing of rotation. At a start a full file is renamed, which loses
/// nothing, since nobody writes to it then. While a process writes, the file is copied and then cut to nothing: the
/// kernel puts the next append at the new end. Lines written between the last byte copied and the cut are lost,
/// microseconds in which only a process that has just filled a whole file can write; the alternative, a pipe to
/// somebody who writes the file, would let that somebody's death block or mute the process.
public struct LogFile: Sendable {
    public let path: String
    /// How large it may become, in bytes.
    public var limit: Int
    /// How many older ones are kept: `path.1` is the youngest.
    public var kept: Int

    public init(path: String, limit: Int = 16 << 20, kept: Int = 3) {
        self.path = path
        self.limit = limit
        self.kept = kept
    }

    /// Opens it for appending, for a process about to start.
    public func open() throws(SystemFault) -> Descriptor {
        if size >= limit {
            shift()
            rename(path, "\(path).1")
        }
        return try Descriptor.open(path, flags: O_WRONLY | O_CREAT | O_APPEND)
    }

    /// Rotates it under a running process once it is full; whether it did.
    public func rotateIfFull() throws(SystemFault) -> Bool {
        guard size >= limit else { return false }
        shift()
        let source = try Descriptor.open(path, flags: O_RDWR)
        let copy = try Descriptor.open("\(path).1", flags: O_WRONLY | O_CREAT | O_TRUNC)
        while true {
            let moved = sendfile(copy.number, source.number, nil, 1 << 30)
            if moved == 0 { break }
            guard moved > 0 || errno == EINTR else { throw SystemFault("copy \(path)") }
        }
        try checked(ftruncate(source.number, 0), "cut \(path)")
        return true
    }

    private var size: Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    private func shift() {
        guard kept > 1 else { return }
        for number in stride(from: kept - 1, through: 1, by: -1) {
            rename("\(path).\(number)", "\(path).\(number + 1)")
        }
    }
}
