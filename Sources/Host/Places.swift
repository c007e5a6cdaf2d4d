import CHost
import Glibc

/// Where a cluster keeps its things. Every process and every command finds the same folders from the same `--data`.
public struct Places: Sendable, Equatable {
    /// What outlives the cluster; absolute, and without symbolic links.
    public let data: String
    /// Sockets, and what is gone with the cluster.
    public let run: String
    public let log: String

    /// The socket on which the supervisor takes commands.
    public var controlSocket: String { "\(run)/control.sock" }

    /// With what the operator's own commands join the bus: user `operator`, 64 hexadecimal digits.
    public var operatorSecret: String { "\(run)/operator.secret" }

    /// Where each listener is: its name, address and port, one a line.
    public var doors: String { "\(run)/doors" }

    /// sockaddr_un holds 108 bytes with the closing zero.
    static let longestSocketPath = 107
    /// Room for the longest name of a socket in `run`.
    static let longestSocketName = 32

    /// The places of the cluster in `data`, which need not exist yet.
    public init(data: String) {
        let data = Self.canonical(data)
        self.data = data
        log = "\(data)/log"
        let inside = "\(data)/run"
        // A deep folder would make socket paths that the kernel refuses: then a short name stands for the folder.
        run =
            inside.utf8.count + 1 + Self.longestSocketName <= Self.longestSocketPath
            ? inside : "/tmp/kintsugi-\(getuid())-\(Self.hash(of: data))"
    }

    /// Makes the folders, readable by this user alone; throws when another user got there first.
    public func create() throws(PlaceFault) {
        for folder in [data, run, log] {
            try Self.makeFolders(folder)
            var status = stat()
            guard lstat(folder, &status) == 0 else { throw PlaceFault(folder, errno) }
            guard status.st_mode & S_IFMT == S_IFDIR || folder == data, status.st_uid == getuid() else {
                throw PlaceFault(folder, "expected a folder of user \(getuid()), found one of user \(status.st_uid)")
            }
        }
    }

    /// Without symbolic links as far as the path exists, and without `.` and `..` in the rest.
    private static func canonical(_ path: String) -> String {
        var absolute = path
        if !path.hasPrefix("/"), let current = getcwd(nil, 0) {
            absolute = "\(String(cString: current))/\(path)"
            free(current)
        }
        var existing = absolute.split(separator: "/").map(String.init)
        var missing: [String] = []
        while true {
            if let real = realpath("/" + existing.joined(separator: "/"), nil) {
                defer { free(real) }
                var parts = String(cString: real).split(separator: "/").map(String.init)
                for part in missing.reversed() where part != "." {
                    if part == ".." { _ = parts.popLast() } else { parts.append(part) }
                }
                return "/" + parts.joined(separator: "/")
            }
            guard let last = existing.popLast() else { return absolute }
            missing.append(last)
        }
    }

    private static func makeFolders(_ path: String) throws(PlaceFault) {
        var made = ""
        for part in path.split(separator: "/") {
            made += "/\(part)"
            if mkdir(made, 0o700) != 0 && errno != EEXIST { throw PlaceFault(made, errno) }
        }
    }

    /// FNV-1a: the same in every process, unlike Swift's own hash.
    private static func hash(of text: String) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        return String(hash, radix: 36)
    }
}

/// A folder that cannot be used, and why.
public struct PlaceFault: Error, Sendable, Equatable, CustomStringConvertible {
    public let folder: String
    public let reason: String

    init(_ folder: String, _ reason: String) {
        self.folder = folder
        self.reason = reason
    }

    init(_ folder: String, _ code: Int32) {
        self.init(folder, "expected a folder to write in, found: \(String(cString: strerror(code)))")
    }

    public var description: String { "\(folder): \(reason)" }
}
