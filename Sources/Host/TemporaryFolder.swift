import CHost
import Glibc

/// A folder of a benchmark's own, readable by this user alone.
public enum TemporaryFolder {
    /// Makes it; its path is short, since sockets stand in it.
    public static func make() throws(SystemFault) -> String {
        var path = Array("/tmp/kintsugi-bench-XXXXXX".utf8CString)
        let made = path.withUnsafeMutableBufferPointer { $0.baseAddress.flatMap { mkdtemp($0) } != nil }
        guard made else { throw SystemFault("make a folder in /tmp", code: errno) }
        return String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Removes a folder with all that is in it; what cannot be removed stays.
    public static func remove(_ path: String) {
        guard let folder = opendir(path) else { return }
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name != ".", name != ".." else { continue }
            // Not a folder that a link leads to: the link itself goes.
            let place = "\(path)/\(name)"
            guard unlink(place) != 0 else { continue }
            if errno == EPERM { release(place) }
            if unlink(place) != 0 { remove(place) }
        }
        closedir(folder)
        rmdir(path)
    }

    /// An archive of a benchmark's own need not be kept from its owner.
    private static func release(_ file: String) {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return }
        _ = host_protect(descriptor, 0)
        close(descriptor)
    }
}
