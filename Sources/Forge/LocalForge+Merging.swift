import Contracts

extension LocalForge {
    /// All of them, as they are now.
    func settled() throws(ForgeFault) -> [Pull] {
        var pulls: [Pull] = []
        for stored in try store.all() {
            pulls.append(stored.pull.state == .open ? try settled(stored) : stored.pull)
        }
        return pulls
    }

    /// What an open one is by now: a merge that was begun is ended, and what people did with plain git is seen.
    func settled(_ stored: StoredPull) throws(ForgeFault) -> Pull {
        guard stored.pull.state == .open else { return stored.pull }
        if let intent = stored.intent, try repository.isAncestor(intent.commit, of: repository.main()) {
            return try recorded(stored.pull.number, intent)
        }
        var pull = stored.pull
        if let tip = try repository.tip(of: PullStore.branch(pull)), tip != pull.head {
            pull = try moved(pull, to: tip)
        }
        // Somebody brought it into main by hand.
        if try repository.isAncestor(pull.head, of: repository.main()) {
            let merge = try self.merge(of: pull.head)
            return try recorded(pull.number, MergeIntent(by: merge.committer, at: merge.at, commit: merge.hash))
        }
        return pull
    }

    /// The commit of main's own line that brought a commit in.
    private func merge(of head: String) throws(ForgeFault) -> Commit {
        let range = ["rev-list", "--first-parent", "--ancestry-path", "\(head)..\(try repository.main())"]
        let answer = try repository.call(range, doing: "find who merged \(head)")
        let after = answer.text.split(separator: "\n").last.map(String.init)
        guard let after, try repository.read(after).parents.first != head else { return try repository.read(head) }
        return try repository.read(after)
    }

    /// The branch has another commit: somebody pushed to it.
    private func moved(_ pull: Pull, to tip: String) throws(ForgeFault) -> Pull {
        let commit = try repository.read(tip)
        let title = "New commit of pull request #\(pull.number)"
        return try store.change(pull.number, title, by: commit.committer, at: commit.at) { stored in
            guard stored.pull.state == .open, stored.intent == nil, stored.pull.head == pull.head else { return nil }
            var next = stored.pull
            next.head = tip
            next.changed = max(next.changed, commit.at)
            return (next, nil)
        }.pull
    }

    /// Writes down a merge that has happened.
    private func recorded(_ number: Int, _ intent: MergeIntent) throws(ForgeFault) -> Pull {
        let stored = try store.change(number, Self.title(number), by: intent.by, at: intent.at) { stored in
            stored.pull.state == .open ? (Self.merged(stored.pull, intent), nil) : nil
        }
        dropBranch(of: stored.pull)
        return stored.pull
    }

    private static func title(_ number: Int) -> String { "Merge pull request #\(number)" }

    private static func merged(_ pull: Pull, _ intent: MergeIntent) -> Pull {
        var next = pull
        next.state = .merged
        next.merged = intent.commit
        next.mergedBy = intent.by
        next.changed = max(next.changed, intent.at)
        return next
    }

    /// First it is written down what will be done. Then main and the record move together; who is killed between the two
    /// leaves what the next one ends.
    func merged(_ number: Int, by person: String, head: String, at time: Int64) throws(ForgeFault) -> Pull {
        while true {
            let pull = try settled(store.one(number))
            guard pull.state != .merged else { return pull }
            if let fault = PullRules.objection(to: pull, head: head) { throw fault }
            let main = try repository.main()
            let intent = MergeIntent(by: person, at: time, commit: try result(of: pull, on: main, by: person, at: time))
            let title = "Begin to merge pull request #\(number)"
            let begun = try store.change(number, title, by: person, at: time) { (stored) throws(ForgeFault) in
                // Looked at again: it may have been rejected in between.
                if stored.pull.state == .merged { return nil }
                if let fault = PullRules.objection(to: stored.pull, head: head) { throw fault }
                return stored.intent == intent ? nil : (stored.pull, intent)
            }
            guard begun.pull.state != .merged else { return begun.pull }
            let next = Self.merged(begun.pull, intent)
            let record = try store.write(
                next, intent: nil, after: begun.record, Self.title(number), by: person, at: time)
            do throws(ForgeFault) {
                // In this order: a record that says merged while main does not have it would be a lie.
                try repository.move([
                    .init(reference: "refs/heads/\(Repository.mainBranch)", old: main, new: intent.commit),
                    .init(reference: PullStore.reference(number), old: begun.record, new: record),
                ])
            } catch .moved {
                continue
            }
            dropBranch(of: next)
            return next
        }
    }

    /// What main will be: the commit itself where main is what it was made on, else a commit that joins the two.
    private func result(of pull: Pull, on main: String, by person: String, at time: Int64) throws(ForgeFault)
        -> String
    {
        if try repository.isAncestor(main, of: pull.head) { return pull.head }
        let trailers =
            [Trailer("Pull", "#\(pull.number)")] + PullRules.trailers(incident: pull.incident, plan: pull.plan)
        let note = CommitNote(
            author: person, at: time, title: "Merge pull request #\(pull.number): \(pull.title)", trailers: trailers)
        return try repository.merge(pull.head, into: main, note)
    }
}
