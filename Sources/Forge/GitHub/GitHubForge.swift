public import Contracts
public import WebClient

/// Pull requests on a forge that speaks GitHub's API. What is proposed is made in a clone first, the cluster's own
/// repository, which must have the base.
public struct GitHubForge: Forge {
    let sender: GitHubSender
    let repository: Repository
    var requests: GitHubRequests { sender.requests }
    /// The cluster's own, in which proposals are made first.
    public var ownRepository: Repository { repository }

    public init(_ place: GitHubPlace, repository: Repository, client: WebClient) {
        sender = GitHubSender(place, client: client)
        self.repository = repository
    }

    /// Without what was said about them, which `pull` has.
    public func pulls(_ state: Pull.State?) async throws(ForgeFault) -> [Pull] {
        let own = try await sender.own()
        let wanted =
            switch state {
            case .open: "open"
            case .merged, .closed: "closed"
            case nil: "all"
            }
        return try await sender.all(GitHubAnswer.Pull.self) { requests.pulls(state: wanted, page: $0) }
            .map { GitHubReading.pull($0, own: own) }.filter { state == nil || $0.state == state }
    }

    public func pull(_ number: Int) async throws(ForgeFault) -> Pull {
        let own = try await sender.own()
        let answer = try await sender.answer(GitHubAnswer.Pull.self, to: requests.pull(number))
        var pull = GitHubReading.pull(answer, own: own)
        let reviews = try await sender.all(GitHubAnswer.Review.self) { requests.reviews(number, page: $0) }
        let comments = try await sender.all(GitHubAnswer.Comment.self) { requests.comments(number, page: $0) }
        pull.reviews =
            (reviews.compactMap { GitHubReading.review($0, own: own) }
            + comments.map { GitHubReading.comment($0, own: own) })
            .enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(\.element)
        let statuses = try await sender.answer(GitHubAnswer.Statuses.self, to: requests.statuses(of: pull.head))
        pull.checks = statuses.statuses.map { GitHubReading.check($0, head: pull.head) }
        // Who merged it through us is said in the comment that went before.
        if pull.state == .merged, pull.mergedBy == own, let person = merger(in: comments, own: own) {
            pull.mergedBy = person
        }
        return pull
    }

    private func merger(in comments: [GitHubAnswer.Comment], own: String) -> String? {
        comments.last { $0.user?.login == own && GitHubMarks(in: $0.body)["merges"] != nil }
            .flatMap { GitHubMarks(in: $0.body)["by"] }
    }

    public func diff(_ number: Int) async throws(ForgeFault) -> String {
        String(decoding: try await sender.body(of: requests.diff(number)), as: UTF8.self)
    }

    public func review(_ number: Int, _ review: PullReview) async throws(ForgeFault) -> Pull {
        let pull = try await pull(number)
        // The forge gives it a time of its own.
        let isThere = pull.reviews.contains {
            $0.by == review.by && $0.verdict == review.verdict && $0.text == review.text && $0.head == review.head
        }
        guard !isThere else { return pull }
        _ = try PullRules.adding(review, to: pull)
        if review.verdict == .comment {
            let marks = GitHubMarks([("by", review.by), ("head", review.head)])
            try await sender.body(of: requests.makeComment(number, marks.under(review.text)))
        } else {
            try await decide(pull, review)
        }
        return try await self.pull(number)
    }

    /// Nobody may approve his own on the forge. Our own are approved by a comment with a mark, which counts with us.
    private func decide(_ pull: Pull, _ review: PullReview) async throws(ForgeFault) {
        let own = try await sender.own()
        let answer = try await sender.answer(GitHubAnswer.Pull.self, to: requests.pull(pull.number))
        let marks = GitHubMarks([("by", review.by), ("verdict", review.verdict.rawValue)])
        let event: GitHubBody.Review.Event =
            answer.user?.login == own ? .comment : review.verdict == .approve ? .approve : .reject
        let word = review.verdict == .approve ? "approves" : "rejects"
        let text = review.text.isEmpty ? "\(review.by) \(word) this." : review.text
        try await sender.body(
            of: requests.makeReview(
                pull.number, GitHubBody.Review(commitID: review.head, body: marks.under(text), event: event)))
    }

    public func check(_ number: Int, _ check: PullCheck) async throws(ForgeFault) -> Pull {
        let pull = try await pull(number)
        let isThere = pull.checks.contains {
            $0.name == check.name && $0.state == check.state && $0.head == check.head
                && $0.text == String(CommitNote.line(check.text).prefix(140))
        }
        guard !isThere else { return pull }
        try await sender.body(of: requests.makeStatus(check))
        return try await self.pull(number)
    }

    public func merge(_ number: Int, by person: String, head: String, at time: Int64) async throws(ForgeFault)
        -> Pull
    {
        let pull = try await pull(number)
        guard pull.state != .merged else { return pull }
        if let fault = PullRules.objection(to: pull, head: head) { throw fault }
        try await sayWhoMerges(pull, person)
        let trailers = [Trailer("Merged-By", person)] + PullRules.trailers(incident: pull.incident, plan: pull.plan)
        let note = CommitNote(author: person, at: time, title: "", trailers: trailers)
        let text = String(note.message.drop { $0 != "\n" }.drop { $0 == "\n" }.dropLast())
        let title = CommitNote.line("Merge pull request #\(number): \(pull.title)")
        do throws(ForgeFault) {
            let answer = try await sender.answer(
                GitHubAnswer.Merge.self, to: requests.merge(number, head: head, title: title, text: text))
            guard answer.merged else { throw .notMergeable("the forge did not say why") }
        } catch {
            return try await outcome(of: number, head: head, after: error)
        }
        return try await self.pull(number)
    }

    /// Once: who repeats a merge is told by the comment that is there.
    private func sayWhoMerges(_ pull: Pull, _ person: String) async throws(ForgeFault) {
        let text = "\(person) merges this."
        guard !pull.reviews.contains(where: { $0.by == person && $0.head == pull.head && $0.text == text }) else {
            return
        }
        let marks = GitHubMarks([("by", person), ("head", pull.head), ("merges", pull.head)])
        try await sender.body(of: requests.makeComment(pull.number, marks.under(text)))
    }

    /// What became of a merge whose answer is no success, or is not known.
    private func outcome(of number: Int, head: String, after fault: ForgeFault) async throws(ForgeFault) -> Pull {
        switch fault {
        case .deadline, .unreachable, .unavailable, .moved, .notMergeable, .unexpected: break
        default: throw fault
        }
        let now: Pull
        do throws(ForgeFault) { now = try await pull(number) } catch { throw fault }
        if now.state == .merged { return now }
        if now.head != head { throw .headMoved(now: now.head) }
        throw fault
    }

    public func close(_ number: Int, by person: String, why: String, at time: Int64) async throws(ForgeFault) -> Pull {
        let pull = try await pull(number)
        guard pull.state != .merged else { throw .notOpen(number: number, state: "merged") }
        guard pull.state == .open else { return pull }
        let text = why.isEmpty ? "\(person) closes this." : why
        let comment = PullReview(by: person, verdict: .comment, text: text, head: pull.head, at: time)
        _ = try await review(number, comment)
        try await sender.body(of: requests.closePull(number))
        return try await self.pull(number)
    }
}
