import Glibc

/// Files that others read while they are written: whoever looks sees the old content or the new, never half of it.
public enum WholeFile {
    /// Writes beside and renames; `durable` waits until the content is on disk.
    public static func write(_ text: String, to path: String, durable: Bool = false) throws(SystemFault) {
        let beside = "\(path).new"
        let file = try Descriptor.open(beside, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty { rest = rest.dropFirst(try file.write(rest)) }
        if durable, fsync(file.number) != 0 { throw SystemFault("write \(path)", code: errno) }
        guard rename(beside, path) == 0 else { throw SystemFault("write \(path)", code: errno) }
    }
}
