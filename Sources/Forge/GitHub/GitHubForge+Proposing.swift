public import Contracts

extension GitHubForge {
    public func propose(_ proposal: PullProposal) async throws(ForgeFault) -> Pull {
        let own = try await sender.own()
        if let there = try await known(proposal.key, own: own) { return try await pull(there) }
        let upload = try await repository.aside { try Upload(proposal, in: $0) }
        let hash = try await commit(upload)
        // The same proposal has the same branch, so that who was interrupted goes on with it.
        let mark = Digest("pull branch", of: Array((proposal.key ?? hash).utf8)).brief
        let branch = "kintsugi/\(PullRules.slug(proposal.title))-\(mark)"
        try await put(branch, at: hash)
        let marks = GitHubMarks([
            ("key", proposal.key), ("author", proposal.author), ("base", upload.base), ("incident", proposal.incident),
            ("plan", proposal.plan),
        ])
        do throws(ForgeFault) {
            let made = try await sender.answer(
                GitHubAnswer.Pull.self,
                to: requests.makePull(
                    title: CommitNote.line(proposal.title), branch: branch, text: marks.under(proposal.text)))
            return try await pull(made.number)
        } catch .invalid(let text) {
            // Somebody opened one of this very branch in between.
            let there = try await sender.answer([GitHubAnswer.Pull].self, to: requests.pulls(ofBranch: branch))
            guard let first = there.first(where: { $0.user?.login == own }) else { throw .invalid(text) }
            return try await pull(first.number)
        }
    }

    /// The number of ours that has the key. Others may write our marks, so theirs do not count.
    private func known(_ key: String?, own: String) async throws(ForgeFault) -> Int? {
        guard let key else { return nil }
        func isIt(_ pull: GitHubAnswer.Pull) -> Bool {
            pull.user?.login == own && GitHubMarks(in: pull.body)["key"] == key
        }
        let all = try await sender.all(
            GitHubAnswer.Pull.self, { requests.pulls(state: "all", page: $0) }, until: isIt)
        return all.first(where: isIt)?.number
    }

    private func commit(_ upload: Upload) async throws(ForgeFault) -> String {
        let base = try await sender.answer(GitHubAnswer.Commit.self, to: requests.commit(upload.base))
        var entries: [GitHubBody.Tree.Entry] = []
        for file in upload.files {
            var entry = GitHubBody.Tree.Entry(path: file.path, mode: file.mode, sha: nil)
            if let bytes = file.bytes {
                entry.sha = try await sender.answer(GitHubAnswer.Hash.self, to: requests.makeBlob(bytes)).sha
            }
            entries.append(entry)
        }
        let tree = try await sender.answer(
            GitHubAnswer.Hash.self, to: requests.makeTree(on: base.tree.sha, entries)
        ).sha
        // What they made must be what was made here: else a file was changed on the way.
        guard tree == upload.tree else {
            throw .unexpected("the tree that was uploaded has the hash \(tree), expected \(upload.tree)")
        }
        return try await sender.answer(
            GitHubAnswer.Hash.self, to: requests.makeCommit(upload.note, tree: tree, parent: upload.base)
        ).sha
    }

    private func put(_ branch: String, at hash: String) async throws(ForgeFault) {
        do throws(ForgeFault) {
            try await sender.body(of: requests.makeBranch(branch, at: hash))
        } catch .invalid(let text) {
            let there: GitHubAnswer.Reference
            do throws(ForgeFault) {
                there = try await sender.answer(GitHubAnswer.Reference.self, to: requests.branch(branch))
            } catch { throw .invalid(text) }
            guard there.object.sha != hash else { return }
            // Of a proposal of the same key that was interrupted before its pull request was opened.
            try await sender.body(of: requests.moveBranch(branch, to: hash))
        }
    }
}

/// A proposal as it was made in the clone: what has to be sent for it.
private struct Upload: Sendable {
    struct File: Sendable {
        var path: String
        var mode: String
        var bytes: [UInt8]?
    }

    let base: String
    let tree: String
    let files: [File]
    let note: CommitNote

    @available(*, noasync, message: "it blocks its thread: go through Repository.aside")
    init(_ proposal: PullProposal, in repository: Repository) throws(ForgeFault) {
        base = try repository.commit(named: proposal.base)
        note = PullRules.note(of: proposal)
        let commit = try PullRules.commit(of: proposal, on: base, in: repository)
        tree = try repository.treeHash(at: commit)
        var files: [File] = []
        for change in try repository.changedPaths(from: base, to: commit) {
            guard let entry = try repository.entry(change.path, at: commit) else {
                files.append(File(path: change.path, mode: TreeEntry.Kind.file.rawValue))
                continue
            }
            let bytes = try repository.file(change.path, at: commit)
            files.append(File(path: change.path, mode: entry.kind.rawValue, bytes: bytes))
        }
        self.files = files
    }
}
