public import Contracts
import Glibc
import Synchronization

extension Repository {
    /// Makes a commit of whole files on another commit. No branch moves.
    @available(*, noasync, message: "it blocks its thread: go through Repository.aside")
    public func commit(_ changes: [FileChange], onto base: String, _ note: CommitNote) throws(ForgeFault) -> String {
        let parent = try commit(named: base)
        var entries: [UInt8] = []
        for change in changes { entries += try line(for: change, at: parent) }
        let tree = try onIndex { (environment) throws(ForgeFault) in
            _ = try call(["read-tree", parent], environment: environment, doing: "read \(base)")
            _ = try call(
                ["update-index", "-z", "--add", "--replace", "--index-info"], input: entries, environment: environment,
                doing: "take up the changes")
            return try call(["write-tree"], environment: environment, doing: "write a tree").text
        }
        return try commit(tree: tree, on: parent, note)
    }

    /// Makes a commit that takes another one back, on a third one. Of a merge, what it merged is taken back.
    @available(*, noasync, message: "it blocks its thread: go through Repository.aside")
    public func revert(_ name: String, onto base: String, _ note: CommitNote) throws(ForgeFault) -> String {
        let (bad, parent) = (try read(name), try commit(named: base))
        guard let before = bad.parents.first else {
            throw .invalid("\(bad.hash) is the first commit: there is nothing before it to go back to")
        }
        // A three-way merge wants a common ancestor: commits that nobody keeps stand for the three trees.
        let stand = CommitNote(author: "kintsugi", at: 0, title: "A side of a revert")
        let root = try write(tree: bad.tree, parents: [], stand)
        let ours = try write(tree: tree(of: parent), parents: [root], stand)
        let theirs = try write(tree: tree(of: before), parents: [root], stand)
        return try commit(tree: merge(ours, theirs), on: parent, note)
    }

    /// Makes a commit of a patch, as `git diff` prints it, on another commit. It must fit exactly, lines moved aside.
    @available(*, noasync, message: "it blocks its thread: go through Repository.aside")
    public func apply(patch: String, onto base: String, _ note: CommitNote) throws(ForgeFault) -> String {
        let parent = try commit(named: base)
        let tree = try onIndex { (environment) throws(ForgeFault) in
            _ = try call(["read-tree", parent], environment: environment, doing: "read \(base)")
            let answer = try call(
                ["apply", "--cached", "--whitespace=nowarn", "-"], input: Array(patch.utf8), environment: environment,
                allowing: [1, 128], doing: "apply the patch")
            guard answer.status == 0 else {
                let text = GitWords.said(answer.errors.split(separator: "\n").map(String.init))
                throw ForgeFault.mismatch(files: GitWords.files(ofPatch: answer.errors), text: text)
            }
            return try call(["write-tree"], environment: environment, doing: "write a tree").text
        }
        return try commit(tree: tree, on: parent, note)
    }

    /// Makes a commit that has, under a path, what another commit has there: a way back.
    @available(*, noasync, message: "it blocks its thread: go through Repository.aside")
    public func restore(_ path: String, from source: String, onto base: String, _ note: CommitNote) throws(ForgeFault)
        -> String
    {
        let parent = try commit(named: base)
        let wanted = try files(under: path, at: source)
        guard !wanted.isEmpty else { throw .missing("files under \(path) at \(source)") }
        var entries: [UInt8] = []
        for file in try files(under: path, at: parent) { entries += Self.line("0", Self.none, file.path) }
        for file in wanted { entries += Self.line(file.kind.rawValue, file.hash, file.path) }
        let tree = try onIndex { (environment) throws(ForgeFault) in
            _ = try call(["read-tree", parent], environment: environment, doing: "read \(base)")
            _ = try call(
                ["update-index", "-z", "--index-info"], input: entries, environment: environment, doing: "go back")
            return try call(["write-tree"], environment: environment, doing: "write a tree").text
        }
        return try commit(tree: tree, on: parent, note)
    }

    /// Makes a commit that joins two histories; conflicts are named by file.
    @available(*, noasync, message: "it blocks its thread: go through Repository.aside")
    public func merge(_ theirs: String, into ours: String, _ note: CommitNote) throws(ForgeFault) -> String {
        let (ours, theirs) = (try commit(named: ours), try commit(named: theirs))
        return try write(tree: merge(ours, theirs), parents: [ours, theirs], note)
    }

    // MARK: - Objects

    /// The tree of two commits merged.
    private func merge(_ ours: String, _ theirs: String) throws(ForgeFault) -> String {
        let answer = try call(
            ["merge-tree", "--write-tree", "--no-messages", "--name-only", "-z", ours, theirs], allowing: [1],
            doing: "merge \(theirs)")
        let fields = answer.fields
        guard answer.status == 0 else {
            throw .conflict(files: fields.dropFirst().filter { !$0.isEmpty })
        }
        return fields[0]
    }

    private func commit(tree: String, on parent: String, _ note: CommitNote) throws(ForgeFault) -> String {
        guard try tree != self.tree(of: parent) else { throw .nothingChanged }
        return try write(tree: tree, parents: [parent], note)
    }

    /// Writes a commit object.
    func write(tree: String, parents: [String], _ note: CommitNote) throws(ForgeFault) -> String {
        try call(
            ["commit-tree", tree] + parents.flatMap { ["-p", $0] }, input: Array(note.message.utf8),
            environment: note.environment, doing: "write a commit"
        ).text
    }

    /// Writes a blob.
    func write(_ bytes: [UInt8]) throws(ForgeFault) -> String {
        try call(["hash-object", "-w", "--stdin", "--no-filters"], input: bytes, doing: "write a file").text
    }

    private static let none = String(repeating: "0", count: 40)

    /// A record of the index.
    static func line(_ mode: String, _ hash: String, _ path: String) -> [UInt8] {
        Array("\(mode) \(hash)\t\(path)".utf8) + [0]
    }

    private func line(for change: FileChange, at parent: String) throws(ForgeFault) -> [UInt8] {
        let parts = change.path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." && $0.lowercased() != ".git" }),
            !change.path.contains("\0")
        else { throw .invalid("expected a path within the repository, found \"\(change.path.prefix(80))\"") }
        let present = try entry(change.path, at: parent)
        guard let content = change.content else {
            guard let present, present.kind != .folder else {
                throw .mismatch(files: [change.path], text: "there is no such file to take away")
            }
            return Self.line("0", Self.none, change.path)
        }
        // Whether it may be run is not what a change of its content is about.
        let kind = present?.kind == .program ? TreeEntry.Kind.program : .file
        return Self.line(kind.rawValue, try write(content), change.path)
    }

    // MARK: - Indexes

    private static let indexes = Atomic<Int>(0)
    static let indexPrefix = "kintsugi-index."

    /// Lends an index of this call's own: two may work at once, and the name tells whose it was.
    func onIndex<Value>(_ body: ([String]) throws(ForgeFault) -> Value) throws(ForgeFault) -> Value {
        let number = Self.indexes.wrappingAdd(1, ordering: .relaxed).newValue
        let index = "\(path)/\(Self.indexPrefix)\(getpid()).\(number)"
        defer {
            unlink(index)
            unlink("\(index).lock")
        }
        return try body(["GIT_INDEX_FILE=\(index)"])
    }
}
