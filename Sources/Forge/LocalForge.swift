public import Contracts

/// Pull requests in the cluster's own repository, without any service. Several processes may use it at once, and each may
/// be killed at any moment: what it had begun is ended by the next that looks.
public struct LocalForge: Forge {
    public let repository: Repository
    var store: PullStore { PullStore(repository: repository) }

    public init(_ repository: Repository) { self.repository = repository }

    public func propose(_ proposal: PullProposal) async throws(ForgeFault) -> Pull {
        try await repository.aside { _ in try proposed(proposal) }
    }

    public func pulls(_ state: Pull.State?) async throws(ForgeFault) -> [Pull] {
        try await repository.aside { _ in
            try settled().filter { state == nil || $0.state == state }.reversed()
        }
    }

    public func pull(_ number: Int) async throws(ForgeFault) -> Pull {
        try await repository.aside { _ in try settled(store.one(number)) }
    }

    public func diff(_ number: Int) async throws(ForgeFault) -> String {
        try await repository.aside { repository in
            let pull = try settled(store.one(number))
            // From where it left main, so that what others merged since is not part of it.
            let base = try repository.mergeBase(pull.base, pull.head) ?? pull.base
            return try repository.diff(from: base, to: pull.head)
        }
    }

    public func review(_ number: Int, _ review: PullReview) async throws(ForgeFault) -> Pull {
        try await repository.aside { _ in
            _ = try settled(store.one(number))
            let title = "\(review.verdict.rawValue.capitalised) pull request #\(number)"
            return try store.change(number, title, by: review.by, at: review.at) { (stored) throws(ForgeFault) in
                let next = try PullRules.adding(review, to: stored.pull)
                return next == stored.pull ? nil : (next, stored.intent)
            }.pull
        }
    }

    public func check(_ number: Int, _ check: PullCheck) async throws(ForgeFault) -> Pull {
        try await repository.aside { _ in
            _ = try settled(store.one(number))
            let title = "\(check.name) \(check.state.rawValue) for pull request #\(number)"
            return try store.change(number, title, by: check.name, at: check.at) { (stored) throws(ForgeFault) in
                let next = PullRules.adding(check, to: stored.pull)
                return next == stored.pull ? nil : (next, stored.intent)
            }.pull
        }
    }

    public func merge(_ number: Int, by person: String, head: String, at time: Int64) async throws(ForgeFault)
        -> Pull
    {
        try await repository.aside { _ in try merged(number, by: person, head: head, at: time) }
    }

    public func close(_ number: Int, by person: String, why: String, at time: Int64) async throws(ForgeFault) -> Pull {
        try await repository.aside { _ in
            _ = try settled(store.one(number))
            let title = "Close pull request #\(number)"
            // A merge that was begun and has not moved main is given up by that: its record is another now.
            let stored = try store.change(number, title, by: person, at: time) { (stored) throws(ForgeFault) in
                guard stored.pull.state != .merged else { throw .notOpen(number: number, state: "merged") }
                guard stored.pull.state == .open else { return nil }
                var next = stored.pull
                next.state = .closed
                next.changed = max(next.changed, time)
                if !why.isEmpty {
                    next.reviews.append(PullReview(by: person, verdict: .comment, text: why, head: next.head, at: time))
                }
                return (next, nil)
            }
            dropBranch(of: stored.pull)
            return stored.pull
        }
    }

    // MARK: - Proposing

    private func proposed(_ proposal: PullProposal) throws(ForgeFault) -> Pull {
        let base = try repository.commit(named: proposal.base)
        if let there = try known(proposal.key) { return there }
        guard try repository.isAncestor(base, of: repository.main()) else {
            throw .invalid("\(proposal.base) is no commit of main: propose on one that is")
        }
        let head = try PullRules.commit(of: proposal, on: base, in: repository)
        while true {
            if let there = try known(proposal.key) { return there }
            if let pull = try opened(proposal, base: base, head: head) { return pull }
        }
    }

    /// The pull request that was proposed by a key.
    private func known(_ key: String?) throws(ForgeFault) -> Pull? {
        guard let key, let there = try store.all().first(where: { $0.pull.key == key }) else { return nil }
        try putBranch(of: there.pull)
        return try settled(there)
    }

    /// Takes the next number; nil when somebody else took it, or the key, at the same time.
    private func opened(_ proposal: PullProposal, base: String, head: String) throws(ForgeFault) -> Pull? {
        let last = try repository.references(under: PullStore.prefix)
            .compactMap { Int($0.name.dropFirst(PullStore.prefix.count)) }.max()
        let number = (last ?? 0) + 1
        let pull = Pull(
            number: number, key: proposal.key, title: proposal.title, text: proposal.text, author: proposal.author,
            branch: PullRules.branch(number: number, title: proposal.title), base: base, head: head,
            incident: proposal.incident, plan: proposal.plan, created: proposal.at)
        let record = try store.write(
            pull, intent: nil, after: nil, "Open pull request #\(number): \(proposal.title)", by: proposal.author,
            at: proposal.at)
        var moves = [Repository.Move(reference: PullStore.reference(number), old: nil, new: record)]
        if let key = proposal.key {
            moves.append(.init(reference: PullStore.key(key), old: nil, new: record))
        }
        do throws(ForgeFault) {
            try repository.move(moves)
        } catch .moved {
            try forgetOrphan(of: proposal.key)
            return nil
        }
        try putBranch(of: pull)
        return pull
    }

    /// A key whose pull request was never made: its maker ended between the two.
    private func forgetOrphan(of key: String?) throws(ForgeFault) {
        guard let key, let orphan = try repository.tip(of: PullStore.key(key)), try known(key) == nil else { return }
        do throws(ForgeFault) {
            try repository.move([.init(reference: PullStore.key(key), old: orphan, new: nil)])
        } catch .moved { return }
    }

    // MARK: - Branches

    /// Makes the branch of an open one if it is not there.
    private func putBranch(of pull: Pull) throws(ForgeFault) {
        guard pull.state == .open, try repository.tip(of: PullStore.branch(pull)) == nil else { return }
        do throws(ForgeFault) {
            try repository.move([.init(reference: PullStore.branch(pull), old: nil, new: pull.head)])
        } catch .moved { return }
    }

    /// Takes away the branch of one that has ended; its record keeps the commit. Who built on it keeps it.
    func dropBranch(of pull: Pull) {
        do throws(ForgeFault) {
            try repository.move([.init(reference: PullStore.branch(pull), old: pull.head, new: nil)])
        } catch { return }
    }
}

extension String {
    /// With a large first letter.
    fileprivate var capitalised: String { prefix(1).uppercased() + dropFirst() }
}
