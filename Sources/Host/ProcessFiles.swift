import CHost
import Glibc

/// What /proc tells of a process.
public enum ProcessFiles {
    /// One look at what a process uses.
    public struct Statistics: Sendable, Equatable {
        public var parent: Int32
        public var group: Int32
        /// Processor time since its start, in nanoseconds.
        public var processorTime: UInt64
        /// Its resident memory, in bytes.
        public var memory: Int
    }

    /// Nil when there is no such process.
    public static func statistics(_ pid: Int32) -> Statistics? {
        guard let line = text("/proc/\(pid)/stat"), let pages = text("/proc/\(pid)/statm"),
            // The name stands in parentheses and may hold any character, parentheses too.
            let end = line.lastIndex(of: ")")
        else { return nil }
        let fields = line[line.index(after: end)...].split(separator: " ")
        let sizes = pages.split(separator: " ")
        guard fields.count > 12, sizes.count > 1, let parent = Int32(fields[1]), let group = Int32(fields[2]),
            let user = UInt64(fields[11]), let system = UInt64(fields[12]), let resident = Int(sizes[1])
        else { return nil }
        let ticks = UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))
        return Statistics(
            parent: parent, group: group, processorTime: (user + system) * (1_000_000_000 / ticks),
            memory: resident * sysconf(Int32(_SC_PAGESIZE)))
    }

    /// This process's number.
    public static var ownNumber: Int32 { getpid() }

    /// The process's short name, such as `nginx`.
    public static func name(_ pid: Int32) -> String? {
        text("/proc/\(pid)/comm").map { String($0.prefix { $0 != "\n" }) }
    }

    /// The path of the running executable, nil for a process that we may not look into.
    public static func executable(_ pid: Int32? = nil) -> String? {
        link("/proc/\(pid.map(String.init) ?? "self")/exe")
    }

    /// The folder of our own executable: the others of the cluster stand beside it.
    public static func ownFolder() -> String {
        guard let path = executable(), let slash = path.lastIndex(of: "/") else { return "." }
        return String(path[..<slash])
    }

    /// The numbers of all processes.
    public static func all() -> [Int32] { entries("/proc").compactMap { Int32($0) } }

    /// The names in a folder, `.` and `..` among them, in no order; none where it cannot be read.
    public static func entries(_ folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            names.append(name)
        }
        return names
    }

    /// Where a symbolic link leads; nil for what is none.
    public static func link(_ path: String) -> String? {
        var characters = [CChar](repeating: 0, count: 4096)
        let count = readlink(path, &characters, characters.count)
        guard count > 0 else { return nil }
        return String(decoding: characters.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The whole of a small file; nil when it cannot be read.
    public static func text(_ path: String) -> String? { bytes(path).map { String(decoding: $0, as: UTF8.self) } }

    /// The bytes of a small file; nil when it cannot be read.
    public static func bytes(_ path: String) -> [UInt8]? {
        guard let file = try? Descriptor.open(path, flags: O_RDONLY) else { return nil }
        var bytes: [UInt8] = []
        while let part = try? file.read(upTo: 65536) {
            if part.isEmpty { return bytes }
            bytes += part
        }
        return nil
    }
}
