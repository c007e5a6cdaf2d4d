import Glibc
import Host
public import Signals
import Synchronization

extension Repository {
    private static let creations = Atomic<Int>(0)

    /// Makes one whose first commit holds a folder as `config/`, and beside it some paths of a checkout of the sources.
    ///
    /// It is complete before it has its name; with equal files and an equal note its first commit is the same everywhere.
    @available(*, noasync, message: "it blocks its thread: call it on one of its own")
    public static func create(
        _ path: String, configuration: String, sources: (folder: String, paths: [String])? = nil, _ note: CommitNote,
        git: Git? = nil, say: @escaping @Sendable (String) -> Void = { Log.standard.warning($0) }
    ) throws(ForgeFault) -> Repository {
        guard access(path, F_OK) != 0 else { throw .occupied(path) }
        guard FileTree.isFolder(configuration) else { throw .missing("a folder \(configuration)") }
        let git = if let git { git } else { try Git.find() }
        let (parent, name) = (folder(of: path), String(path.split(separator: "/").last ?? ""))
        try FileTree.make(parent)
        for left in Leftover.remove(beginning: "\(name).new-", in: parent) {
            say("removed \(left), which a process left that is gone")
        }
        let number = creations.wrappingAdd(1, ordering: .relaxed).newValue
        let beside = Repository(path: "\(path).new-\(getpid()).\(number)", git: git, say: say)
        defer { TemporaryFolder.remove(beside.path) }
        try beside.begin(configuration: configuration, sources: sources, note)
        guard rename(beside.path, path) == 0 else {
            // Somebody else was faster.
            if errno == ENOTEMPTY || errno == EEXIST { throw .occupied(path) }
            throw FileTree.fault("make \(path)", errno)
        }
        try FileTree.sync(folder: parent)
        return Repository(path: path, git: git, say: say)
    }

    private func begin(
        configuration: String, sources: (folder: String, paths: [String])?, _ note: CommitNote
    ) throws(ForgeFault) {
        let initial = ["init", "--quiet", "--bare", "--template=", "--initial-branch=\(Self.mainBranch)", path]
        _ = try git.call(initial, doing: "make a repository at \(path)")
        // What people push is looked at, and takes nothing back that others may have built on.
        let settings = [
            ("receive.fsckObjects", "true"), ("receive.denyNonFastForwards", "true"), ("receive.autogc", "false"),
            ("gc.auto", "0"),
        ]
        for (key, value) in settings { _ = try call(["config", key, value], doing: "set \(key)") }
        var lines = try records(of: configuration, under: "config")
        for name in sources?.paths.sorted() ?? [] where name != "config" {
            guard let folder = sources?.folder else { continue }
            lines += try records(of: folder, named: name)
        }
        let tree = try onIndex { (environment) throws(ForgeFault) in
            _ = try call(
                ["update-index", "-z", "--add", "--index-info"], input: lines, environment: environment,
                doing: "take up the files")
            return try call(["write-tree"], environment: environment, doing: "write a tree").text
        }
        let commit = try write(tree: tree, parents: [], note)
        try move([Move(reference: "refs/heads/\(Self.mainBranch)", old: nil, new: commit)])
    }

    /// The index's records of a file or a folder of a checkout.
    private func records(of checkout: String, named name: String) throws(ForgeFault) -> [UInt8] {
        let path = "\(checkout)/\(name)"
        if FileTree.isFolder(path) { return try records(of: path, under: name) }
        guard let bytes = FileTree.bytes(of: path) else { throw .missing("a file or a folder \(path)") }
        let isProgram = access(path, X_OK) == 0
        return Self.line((isProgram ? TreeEntry.Kind.program : .file).rawValue, try write(bytes), name)
    }

    private func records(of folder: String, under prefix: String) throws(ForgeFault) -> [UInt8] {
        // What tools leave beside sources is none of them.
        let entries = try FileTree.entries(of: folder).filter { !$0.path.split(separator: "/").contains("__pycache__") }
        guard !entries.isEmpty else { throw .missing("files in \(folder)") }
        if let odd = entries.first(where: { $0.path.contains("\n") }) {
            throw .invalid("\(folder)/\(odd.path): a name of a file may have no line break")
        }
        let absolute = folder.hasPrefix("/") ? folder : Places(data: folder).data
        let paths = entries.map { "\(absolute)/\($0.path)\n" }.joined()
        let answer = try call(
            ["hash-object", "-w", "--no-filters", "--stdin-paths"], input: Array(paths.utf8),
            doing: "take up the files of \(folder)")
        let hashes = answer.text.split(separator: "\n").map(String.init)
        guard hashes.count == entries.count else {
            throw .failed(doing: "take up the files of \(folder)", text: "some of them went while they were read")
        }
        return zip(entries, hashes).flatMap { entry, hash in
            Self.line(
                (entry.isProgram ? TreeEntry.Kind.program : .file).rawValue, hash, "\(prefix)/\(entry.path)")
        }
    }

    /// The folder that a path stands in.
    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }
}
