extension Repository {
    /// A commit with all that it says.
    @available(*, noasync, message: "it blocks its thread: go through Repository.aside")
    public func read(_ name: String) throws(ForgeFault) -> Commit {
        let hash = try commit(named: name)
        guard let found = try log(from: hash, limit: 1).first else { throw .missing("a commit \(hash)") }
        return found
    }

    /// The latest commits, those of one path alone when it is given; the youngest first.
    @available(*, noasync, message: "it blocks its thread: go through Repository.aside")
    public func log(
        from start: String = Repository.mainBranch, limit: Int, path: String? = nil
    ) throws(ForgeFault) -> [Commit] {
        let hash = try commit(named: start)
        let arguments = ["log", "-z", "--topo-order", "--no-show-signature", "--max-count=\(max(0, limit))"]
        let answer = try call(
            arguments + ["--format=\(Commit.format)", hash, "--"] + (path.map { [$0] } ?? []), doing: "read the history"
        )
        return Commit.all(answer.fields)
    }

    /// The paths that differ between two commits, in order; nil for the first means everything.
    @available(*, noasync, message: "it blocks its thread: go through Repository.aside")
    public func changedPaths(from old: String?, to new: String, under path: String? = nil) throws(ForgeFault)
        -> [PathChange]
    {
        let trees = [try tree(of: old), try tree(of: new)]
        let answer = try call(
            ["diff-tree", "-r", "-z", "--no-renames", "--name-status"] + trees + ["--"] + (path.map { [$0] } ?? []),
            doing: "compare two commits")
        let fields = answer.fields
        return stride(from: 0, to: fields.count - 1, by: 2).compactMap { index in
            PathChange.Kind(rawValue: fields[index]).map { PathChange(fields[index + 1], $0) }
        }
    }

    /// The difference between two commits as a patch that `apply` takes; of some paths alone when they are given.
    @available(*, noasync, message: "it blocks its thread: go through Repository.aside")
    public func diff(from old: String?, to new: String, of paths: [String] = []) throws(ForgeFault) -> String {
        let trees = [try tree(of: old), try tree(of: new)]
        let arguments = ["diff-tree", "-r", "-p", "--no-renames", "--full-index", "--binary", "--no-color"]
        let answer = try call(
            arguments + ["--no-ext-diff", "--no-textconv"] + trees + ["--"] + paths, doing: "compare two commits")
        return String(decoding: answer.output, as: UTF8.self)
    }

    /// The bytes of a file at a commit.
    @available(*, noasync, message: "it blocks its thread: go through Repository.aside")
    public func file(_ path: String, at name: String) throws(ForgeFault) -> [UInt8] {
        guard let entry = try entry(path, at: name) else { throw .missing("a file \(path) at \(name)") }
        guard entry.kind == .file || entry.kind == .program else {
            throw .invalid("expected a file at \(path), found a \(entry.kind)")
        }
        return try call(["cat-file", "blob", entry.hash], doing: "read \(path)").output
    }

    /// What stands at a path of a commit; nil when nothing does.
    @available(*, noasync, message: "it blocks its thread: go through Repository.aside")
    public func entry(_ path: String, at name: String) throws(ForgeFault) -> TreeEntry? {
        let path = path.hasSuffix("/") ? String(path.dropLast()) : path
        guard !path.isEmpty, !path.hasPrefix("/"), !path.contains("\0") else {
            throw .invalid("expected a path within the repository, found \"\(path.prefix(80))\"")
        }
        let hash = try commit(named: name)
        let answer = try call(["ls-tree", "--long", "-z", "--full-tree", hash, "--", path], doing: "find \(path)")
        return answer.fields.compactMap { TreeEntry($0) }.first { $0.path == path }
    }

    /// All files of a commit under a path (all at all for an empty one), in order.
    @available(*, noasync, message: "it blocks its thread: go through Repository.aside")
    public func files(under path: String, at name: String) throws(ForgeFault) -> [TreeEntry] {
        let hash = try commit(named: name)
        let filter = path.isEmpty ? [] : ["--", path.hasSuffix("/") ? path : path + "/"]
        let answer = try call(
            ["ls-tree", "--long", "-r", "-z", "--full-tree", hash] + filter, doing: "list the files under \(path)")
        return answer.fields.compactMap { TreeEntry($0) }
    }

    /// What stands for the whole content under a path: equal trees have equal hashes, whichever commits they are in.
    @available(*, noasync, message: "it blocks its thread: go through Repository.aside")
    public func treeHash(_ path: String = "", at name: String) throws(ForgeFault) -> String {
        guard !path.isEmpty else { return try tree(of: name) }
        guard let entry = try entry(path, at: name) else { throw .missing("a path \(path) at \(name)") }
        return entry.hash
    }

    /// Who last changed a line (counted from one) of a file.
    @available(*, noasync, message: "it blocks its thread: go through Repository.aside")
    public func blame(_ path: String, line: Int, at name: String) throws(ForgeFault) -> Blame {
        let hash = try commit(named: name)
        let answer = try call(
            ["blame", "--porcelain", "-L", "\(line),\(line)", hash, "--", path], allowing: [128],
            doing: "find who changed \(path):\(line)")
        guard answer.status == 0 else {
            let fault = GitWords.fault(answer.errors, status: 128, repository: self.path, doing: "blame \(path)")
            if case .corrupt = fault { throw fault }
            throw .missing("a line \(line) of a file \(path) at \(name)")
        }
        let lines = answer.text.split(separator: "\n", omittingEmptySubsequences: false)
        let first = lines.first?.split(separator: " ") ?? []
        func value(_ key: String) -> String? {
            lines.first { $0.hasPrefix("\(key) ") }.map { String($0.dropFirst(key.count + 1)) }
        }
        guard first.count >= 3, let original = Int(first[1]) else { throw .corrupt("blame of \(path) has no commit") }
        let text = lines.last.map { $0.hasPrefix("\t") ? String($0.dropFirst()) : "" } ?? ""
        return Blame(
            commit: String(first[0]), line: original, author: value("author") ?? "",
            at: (value("author-time").flatMap { Int64($0) } ?? 0) * 1_000_000_000, text: text)
    }

    /// The youngest commit that both come from; nil when there is none.
    @available(*, noasync, message: "it blocks its thread: go through Repository.aside")
    public func mergeBase(_ one: String, _ other: String) throws(ForgeFault) -> String? {
        let hashes = [try commit(named: one), try commit(named: other)]
        let answer = try call(["merge-base"] + hashes, allowing: [1], doing: "find what two commits come from")
        return answer.status == 0 ? answer.text.split(separator: "\n").first.map(String.init) : nil
    }

    /// Whether a commit is another one, or comes before it.
    @available(*, noasync, message: "it blocks its thread: go through Repository.aside")
    public func isAncestor(_ old: String, of new: String) throws(ForgeFault) -> Bool {
        let hashes = [try commit(named: old), try commit(named: new)]
        guard hashes[0] != hashes[1] else { return true }
        let answer = try call(
            ["merge-base", "--is-ancestor"] + hashes, allowing: [1], doing: "see whether one commit follows another")
        return answer.status == 0
    }

    /// Looks at every object and reference; `ForgeFault.corrupt` says what is broken.
    @available(*, noasync, message: "it blocks its thread: go through Repository.aside")
    public func check() throws(ForgeFault) {
        let answer = try call(
            ["fsck", "--strict", "--full", "--no-dangling", "--no-progress"], allowing: Array(1...127),
            doing: "check the repository")
        guard answer.status != 0 else { return }
        let lines = (answer.errors + "\n" + answer.text).split(separator: "\n").prefix(5)
        throw .corrupt(lines.joined(separator: "; "))
    }

    /// The tree of a commit; nil stands for one without files.
    func tree(of name: String?) throws(ForgeFault) -> String {
        // This hash is git's own for nothing.
        guard let name else { return "4b825dc642cb6eb9a060e54bf8d69288fbee4904" }
        let hash = try commit(named: name)
        return try call(["rev-parse", "--verify", "\(hash)^{tree}"], doing: "find the tree of \(name)").text
    }
}
