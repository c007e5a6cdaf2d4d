import CHost
import Contracts
import Glibc

/// The few calls of the kernel that an archive needs, with their faults told.
enum Files {
    static func fault(_ doing: String, _ code: Int32 = errno) -> ArchiveFault {
        .system(doing: doing, code: code, why: String(cString: strerror(code)))
    }

    /// Does something with an open file, which is closed after it.
    static func with<Result>(
        _ path: String, _ flags: Int32, mode: UInt32 = 0o600, _ work: (Int32) throws -> Result
    ) throws -> Result {
        let descriptor = host_open(path, flags | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw fault("open \(path)") }
        defer { close(descriptor) }
        return try work(descriptor)
    }

    /// All of a file; nil where there is none.
    static func read(_ path: String) throws -> [UInt8]? {
        let descriptor = host_open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw fault("open \(path)")
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let got = Glibc.read(descriptor, &buffer, buffer.count)
            if got == 0 { return bytes }
            if got > 0 { bytes += buffer[..<got] } else if errno != EINTR { throw fault("read \(path)") }
        }
    }

    static func write(_ bytes: [UInt8], to descriptor: Int32, _ path: String) throws {
        var done = 0
        while done < bytes.count {
            let put = bytes[done...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if put > 0 { done += put } else if errno != EINTR { throw fault("write \(path)") }
        }
    }

    static func flush(_ descriptor: Int32, _ path: String) throws {
        guard fsync(descriptor) == 0 else { throw fault("write \(path) to disk") }
    }

    static func flushFolder(_ path: String) throws {
        try with(path, O_RDONLY | O_DIRECTORY) { try flush($0, path) }
    }

    static func makeFolder(_ path: String) throws {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw fault("make the folder \(path)") }
    }

    /// The names in a folder, in order.
    static func names(in path: String) throws -> [String] {
        guard let folder = opendir(path) else { throw fault("read the folder \(path)") }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// What a file is kept from: anything, all but growing, or nothing.
    enum Protection: Int32 { case none = 0, immutable = 1, growsOnly = 2 }

    /// Whether the kernel took it: not every file system has it, and not everybody may.
    static func protect(_ path: String, _ protection: Protection) -> Bool {
        (try? with(path, O_RDONLY) { host_protect($0, protection.rawValue) == 0 }) ?? false
    }
}
