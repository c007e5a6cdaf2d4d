import CHost
public import Contracts
import Glibc

/// What stands on disk about releases, readable without git and without the bus.
public enum ReleaseFiles {
    /// One file of a folder: its path below it, and what stands for its content.
    public struct Entry: Sendable, Equatable {
        public let path: String
        public let content: Digest
    }

    /// The release that ran last and was well.
    public static func last(data: String) -> Release? {
        guard let text = ProcessFiles.text("\(data)/release.json") else { return nil }
        return try? Packed.decode(Release.self, from: JSONText.pack(Array(text.utf8)))
    }

    /// What `kintsugi up` starts the cluster with: the configuration of `main`, and programs that were proven for its sources.
    public static func start(data: String) -> Release? {
        guard let text = ProcessFiles.text("\(data)/start.json") else { return nil }
        return try? Packed.decode(Release.self, from: JSONText.pack(Array(text.utf8)))
    }

    /// Keeps what the cluster is started with; on disk when this returns.
    public static func keep(start release: Release, data: String) throws(SystemFault) {
        try write(release, to: "\(data)/start.json")
    }

    /// Keeps what the cluster shall start with the next time; on disk when this returns.
    public static func keep(_ release: Release, data: String) throws(SystemFault) {
        try write(release, to: "\(data)/release.json")
    }

    private static func write(_ release: Release, to path: String) throws(SystemFault) {
        guard let bytes = try? Packed.encode(release), let text = try? JSONText.unpack(bytes) else {
            throw SystemFault("write down a release", code: EINVAL)
        }
        try WholeFile.write(String(decoding: text, as: UTF8.self) + "\n", to: path, durable: true)
    }

    /// What became of deploys, the latest first, as the supervisor keeps it.
    public static func deploys(data: String) -> [DeployRecord] {
        let text = ProcessFiles.text(deploysFile(data: data)) ?? ""
        let bytes = try? JSONText.pack(Array(text.utf8))
        return bytes.flatMap { try? Packed.decode([DeployRecord].self, from: $0) } ?? []
    }

    /// Where the supervisor keeps what became of deploys.
    public static func deploysFile(data: String) -> String { "\(data)/supervisor/deploys.json" }

    /// Whether the last deploy of a commit did not pass the gate.
    public static func wasTakenBack(_ commit: String, data: String) -> Bool {
        deploys(data: data).first { $0.release.commit == commit }?.outcome == .takenBack
    }

    /// The commit of `main` in a bare repository, as its files have it; nil where there is none.
    public static func main(of repository: String) -> String? {
        if let text = ProcessFiles.text("\(repository)/refs/heads/main") {
            let commit = text.prefix { !$0.isWhitespace }
            if commit.count == 40 { return String(commit) }
        }
        guard let packed = ProcessFiles.text("\(repository)/packed-refs") else { return nil }
        for line in packed.split(separator: "\n") where line.hasSuffix(" refs/heads/main") {
            return String(line.prefix(40))
        }
        return nil
    }

    /// Where a cluster's repository is.
    public static func repository(data: String) -> String { "\(data)/cluster.git" }

    /// Where the configuration of a commit is checked out.
    public static func configuration(data: String, commit: String) -> String { "\(data)/config/\(commit)" }

    /// All files of a folder, in the order of their paths.
    public static func entries(below folder: String) -> [Entry] {
        var found: [Entry] = []
        collect(folder, "", &found)
        return found.sorted { $0.path < $1.path }
    }

    /// The paths whose files differ between two folders.
    public static func differences(_ old: String, _ new: String) -> [String] {
        let (before, after) = (entries(below: old), entries(below: new))
        let paths = Set(before.map(\.path)).union(after.map(\.path)).sorted()
        return paths.filter { path in
            before.first { $0.path == path }?.content != after.first { $0.path == path }?.content
        }
    }

    private static func collect(_ folder: String, _ prefix: String, _ found: inout [Entry]) {
        for name in ProcessFiles.entries(folder) where name != "." && name != ".." {
            var status = stat()
            let path = "\(folder)/\(name)"
            guard stat(path, &status) == 0 else { continue }
            switch status.st_mode & S_IFMT {
            case S_IFDIR: collect(path, "\(prefix)\(name)/", &found)
            case S_IFREG:
                found.append(
                    Entry(path: prefix + name, content: Digest(of: Array((ProcessFiles.text(path) ?? "").utf8))))
            default: continue
            }
        }
    }
}
