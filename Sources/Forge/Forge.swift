public import Contracts

/// Where changes of `main` are proposed, looked at and merged. Whoever calls may call again: what was done is answered,
/// and not done twice.
public protocol Forge: Sendable {
    /// Makes a branch with a commit, and a pull request of it. The same key means the same pull request.
    func propose(_ proposal: PullProposal) async throws(ForgeFault) -> Pull
    /// All pull requests, or those of one state; the youngest first.
    func pulls(_ state: Pull.State?) async throws(ForgeFault) -> [Pull]
    func pull(_ number: Int) async throws(ForgeFault) -> Pull
    /// What it changes, as a patch.
    func diff(_ number: Int) async throws(ForgeFault) -> String
    func review(_ number: Int, _ review: PullReview) async throws(ForgeFault) -> Pull
    /// Says what a machine found out about one of its commits.
    func check(_ number: Int, _ check: PullCheck) async throws(ForgeFault) -> Pull
    /// Brings it into `main`, if its commit still is the one that was looked at. One that is merged is answered as it is.
    func merge(_ number: Int, by person: String, head: String, at time: Int64) async throws(ForgeFault) -> Pull
    /// Ends it without merging, and says why.
    func close(_ number: Int, by person: String, why: String, at time: Int64) async throws(ForgeFault) -> Pull
}

extension Forge {
    /// All pull requests, the youngest first.
    public func pulls() async throws(ForgeFault) -> [Pull] { try await pulls(nil) }

    /// Says something that decides nothing.
    public func comment(_ number: Int, by person: String, _ text: String, at time: Int64) async throws(ForgeFault)
        -> Pull
    {
        let head = try await pull(number).head
        let comment = PullReview(by: person, verdict: .comment, text: text, head: head, at: time)
        return try await review(number, comment)
    }
}

/// What holds for pull requests on every forge.
enum PullRules {
    /// Why it must not be merged, if something speaks against it.
    static func objection(to pull: Pull, head: String) -> ForgeFault? {
        guard pull.state == .open else { return .notOpen(number: pull.number, state: pull.state.rawValue) }
        guard pull.head == head else { return .headMoved(now: pull.head) }
        for (index, review) in pull.reviews.enumerated() where review.verdict == .reject {
            let later = pull.reviews[(index + 1)...]
            // A person's latest word counts; a comment is none.
            guard !later.contains(where: { $0.by == review.by && $0.verdict != .comment }) else { continue }
            return .rejected(by: review.by, text: CommitNote.line(review.text))
        }
        // What was found out about an earlier commit says nothing of this one.
        return pull.checks.first { $0.state == .failed && $0.head == pull.head }.map {
            .failedCheck(name: $0.name, text: CommitNote.line($0.text))
        }
    }

    /// The pull request with one review more; the same one twice is one.
    static func adding(_ review: PullReview, to pull: Pull) throws(ForgeFault) -> Pull {
        guard !pull.reviews.contains(review) else { return pull }
        guard review.verdict == .comment || pull.state == .open else {
            throw .notOpen(number: pull.number, state: pull.state.rawValue)
        }
        var pull = pull
        pull.reviews.append(review)
        pull.changed = max(pull.changed, review.at)
        return pull
    }

    static func adding(_ check: PullCheck, to pull: Pull) -> Pull {
        guard !pull.checks.contains(check) else { return pull }
        var pull = pull
        pull.checks.removeAll { $0.name == check.name }
        pull.checks.append(check)
        pull.changed = max(pull.changed, check.at)
        return pull
    }

    /// `kintsugi/7-carrier-time-out-of-1-ms`
    static func branch(number: Int, title: String) -> String { "kintsugi/\(number)-\(slug(title))" }

    /// A title as a part of a branch's name.
    static func slug(_ title: String) -> String {
        var words: [String] = []
        var length = 0
        for word in title.lowercased().split(whereSeparator: { !($0.isASCII && ($0.isLetter || $0.isNumber)) }) {
            guard length + word.count <= 40 else { break }
            words.append(String(word))
            length += word.count + 1
        }
        return words.isEmpty ? "change" : words.joined(separator: "-")
    }

    /// The note of a proposal's commit.
    static func note(of proposal: PullProposal) -> CommitNote {
        CommitNote(
            author: proposal.author, at: proposal.at, title: proposal.title, text: proposal.text,
            trailers: trailers(incident: proposal.incident, plan: proposal.plan))
    }

    /// The commit of a proposal, on a commit of this repository. No branch moves.
    static func commit(of proposal: PullProposal, on base: String, in repository: Repository) throws(ForgeFault)
        -> String
    {
        switch proposal.change {
        case .revert(let commit): try repository.revert(commit, onto: base, note(of: proposal))
        case .files(let files): try repository.commit(files, onto: base, note(of: proposal))
        case .patch(let patch): try repository.apply(patch: patch, onto: base, note(of: proposal))
        }
    }

    static func trailers(incident: String?, plan: String?) -> [Trailer] {
        (incident.map { [Trailer("Incident", $0)] } ?? []) + (plan.map { [Trailer("Plan", $0)] } ?? [])
    }
}
