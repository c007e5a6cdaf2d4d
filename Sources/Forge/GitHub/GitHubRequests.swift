import Contracts
import WebClient

/// A request before it is sent: nothing secret is in it.
struct GitHubRequest: Sendable, Equatable {
    var method: ClientRequest.Method
    /// With its query.
    var path: String
    var body: [UInt8]?
    var accept = "application/vnd.github+json"
    /// Completes "could not …".
    var doing: String
}

/// Every request that is made, from what is wanted alone.
struct GitHubRequests: Sendable {
    let place: GitHubPlace

    static let pageLength = 100
    private var root: String { "/repos/\(place.owner)/\(place.name)" }

    private func ask(_ path: String, _ doing: String) -> GitHubRequest {
        GitHubRequest(method: .get, path: path, doing: doing)
    }

    private func send(
        _ method: ClientRequest.Method, _ path: String, _ body: some Encodable, _ doing: String
    ) throws(ForgeFault) -> GitHubRequest {
        let bytes: [UInt8]
        do { bytes = try JSONText.unpack(Packed.encode(body)) } catch {
            throw .invalid("could not \(doing): it does not fit into JSON: \(error)")
        }
        return GitHubRequest(method: method, path: root + path, body: bytes, doing: doing)
    }

    var user: GitHubRequest { ask("/user", "ask whose the token is") }

    // MARK: - Objects

    func commit(_ hash: String) -> GitHubRequest { ask("\(root)/git/commits/\(hash)", "find the commit \(hash)") }
    func makeBlob(_ bytes: [UInt8]) throws(ForgeFault) -> GitHubRequest {
        let content = String(decoding: Base64.encode(bytes), as: UTF8.self)
        return try send(.post, "/git/blobs", GitHubBody.Blob(content: content), "upload a file")
    }
    func makeTree(on base: String, _ entries: [GitHubBody.Tree.Entry]) throws(ForgeFault) -> GitHubRequest {
        try send(.post, "/git/trees", GitHubBody.Tree(baseTree: base, tree: entries), "upload a tree")
    }
    func makeCommit(_ note: CommitNote, tree: String, parent: String) throws(ForgeFault) -> GitHubRequest {
        let who = GitHubBody.Commit.Person(name: note.name, email: note.email, date: GitHubTime.text(note.at))
        let commit = GitHubBody.Commit(
            message: note.message, tree: tree, parents: [parent], author: who, committer: who)
        return try send(.post, "/git/commits", commit, "upload a commit")
    }

    // MARK: - Branches

    func branch(_ name: String) -> GitHubRequest { ask("\(root)/git/ref/heads/\(name)", "find the branch \(name)") }
    func makeBranch(_ name: String, at hash: String) throws(ForgeFault) -> GitHubRequest {
        let reference = GitHubBody.Reference(ref: "refs/heads/\(name)", sha: hash)
        return try send(.post, "/git/refs", reference, "make the branch \(name)")
    }
    func moveBranch(_ name: String, to hash: String) throws(ForgeFault) -> GitHubRequest {
        let change = GitHubBody.ReferenceChange(sha: hash)
        return try send(.patch, "/git/refs/heads/\(name)", change, "move the branch \(name)")
    }
    func removeBranch(_ name: String) -> GitHubRequest {
        GitHubRequest(method: .delete, path: "\(root)/git/refs/heads/\(name)", doing: "remove the branch \(name)")
    }

    // MARK: - Pull requests

    func pulls(state: String, page: Int) -> GitHubRequest {
        let query = "state=\(state)&sort=created&direction=desc&per_page=\(Self.pageLength)&page=\(page)"
        return ask("\(root)/pulls?\(query)", "list the pull requests")
    }
    func pulls(ofBranch name: String) -> GitHubRequest {
        ask("\(root)/pulls?state=open&head=\(place.owner):\(name)", "find the pull request of \(name)")
    }
    func pull(_ number: Int) -> GitHubRequest { ask("\(root)/pulls/\(number)", "find pull request \(number)") }
    func diff(_ number: Int) -> GitHubRequest {
        var request = ask("\(root)/pulls/\(number)", "compare pull request \(number)")
        request.accept = "application/vnd.github.diff"
        return request
    }
    func makePull(title: String, branch: String, text: String) throws(ForgeFault) -> GitHubRequest {
        let pull = GitHubBody.Pull(title: title, head: branch, base: Repository.mainBranch, body: text)
        return try send(.post, "/pulls", pull, "open a pull request")
    }
    func closePull(_ number: Int) throws(ForgeFault) -> GitHubRequest {
        try send(.patch, "/pulls/\(number)", GitHubBody.PullChange(state: "closed"), "close pull request \(number)")
    }
    func merge(_ number: Int, head: String, title: String, text: String) throws(ForgeFault) -> GitHubRequest {
        let merge = GitHubBody.Merge(commitTitle: title, commitMessage: text, sha: head)
        return try send(.put, "/pulls/\(number)/merge", merge, "merge pull request \(number)")
    }

    // MARK: - What is said about them

    func reviews(_ number: Int, page: Int) -> GitHubRequest {
        ask(
            "\(root)/pulls/\(number)/reviews?per_page=\(Self.pageLength)&page=\(page)",
            "list the reviews of pull request \(number)")
    }
    func makeReview(_ number: Int, _ review: GitHubBody.Review) throws(ForgeFault) -> GitHubRequest {
        try send(.post, "/pulls/\(number)/reviews", review, "review pull request \(number)")
    }
    func comments(_ number: Int, page: Int) -> GitHubRequest {
        ask(
            "\(root)/issues/\(number)/comments?per_page=\(Self.pageLength)&page=\(page)",
            "list the comments of pull request \(number)")
    }
    func makeComment(_ number: Int, _ text: String) throws(ForgeFault) -> GitHubRequest {
        try send(
            .post, "/issues/\(number)/comments", GitHubBody.Comment(body: text), "comment on pull request \(number)")
    }
    func statuses(of hash: String) -> GitHubRequest {
        ask("\(root)/commits/\(hash)/status?per_page=\(Self.pageLength)", "list the checks of \(hash)")
    }
    func makeStatus(_ check: PullCheck) throws(ForgeFault) -> GitHubRequest {
        let state =
            switch check.state {
            case .pending: "pending"
            case .passed: "success"
            case .failed: "failure"
            }
        // It takes no more.
        let text = String(CommitNote.line(check.text).prefix(140))
        let status = GitHubBody.Status(state: state, description: text, context: check.name)
        return try send(.post, "/statuses/\(check.head)", status, "say what \(check.name) found")
    }
}

/// Times as GitHub's API has them: `2026-11-21T20:15:00Z`.
enum GitHubTime {
    static func text(_ nanoseconds: Int64) -> String {
        let time = CivilTime(seconds: max(0, nanoseconds / 1_000_000_000))
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let (hour, minute, second) = (time.second / 3_600, time.second / 60 % 60, time.second % 60)
        return "\(time.year)-\(two(time.month))-\(two(time.day))T\(two(hour)):\(two(minute)):\(two(second))Z"
    }

    /// Nil for what is no such time.
    static func nanoseconds(_ text: String?) -> Int64? {
        guard let text, text.hasSuffix("Z") else { return nil }
        let numbers = text.dropLast().split { "-T:.".contains($0) }.prefix(6).compactMap { Int($0) }
        guard numbers.count == 6, (0..<24).contains(numbers[3]), (0..<60).contains(numbers[4]),
            (0...60).contains(numbers[5])
        else { return nil }
        let second = min(86_399, numbers[3] * 3_600 + numbers[4] * 60 + numbers[5])
        return CivilTime(year: numbers[0], month: numbers[1], day: numbers[2], second: second).map {
            $0.seconds * 1_000_000_000
        }
    }
}
