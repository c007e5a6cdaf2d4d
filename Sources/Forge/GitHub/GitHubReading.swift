import Contracts
import WebClient

/// What answers mean: from the answer and the time alone.
enum GitHubReading {
    /// The value of an answer, or what its status means. `now` in seconds since 1970.
    static func value<Value: Decodable>(
        _ type: Value.Type, of response: ClientResponse, to request: GitHubRequest, now: Int64
    ) throws(ForgeFault) -> Value {
        try checked(response, to: request, now: now)
        do {
            return try Packed.decode(type, from: JSONText.pack(response.body))
        } catch {
            throw .unexpected("could not \(request.doing): \(error)")
        }
    }

    /// Throws what a status that is no success means.
    static func checked(_ response: ClientResponse, to request: GitHubRequest, now: Int64) throws(ForgeFault) {
        guard !(200..<300).contains(response.status) else { return }
        let problem = try? Packed.decode(GitHubAnswer.Problem.self, from: JSONText.pack(response.body))
        let text = sentence(problem, response, request)
        switch response.status {
        case 401: throw .unauthorised(text)
        case 403, 429:
            if let seconds = pause(response, problem, now: now) { throw .rateLimited(seconds: seconds) }
            throw .unauthorised(text)
        case 404, 410: throw .missing("\(request.path) on the forge (or a token that may see it)")
        case 405: throw .notMergeable(text)
        case 409: throw .moved(now: "another commit (\(text))")
        case 422, 400: throw .invalid(text)
        case 300..<400: throw .unexpected("could not \(request.doing): the repository has moved; set where it is now")
        case 500...: throw .unavailable(status: response.status, text: text)
        default: throw .unexpected("\(text) (status \(response.status))")
        }
    }

    /// How long it takes no more requests, if that is what it says.
    private static func pause(_ response: ClientResponse, _ problem: GitHubAnswer.Problem?, now: Int64) -> Int? {
        if let seconds = response.header("retry-after").flatMap({ Int($0) }) { return bounded(seconds) }
        if response.header("x-ratelimit-remaining") == "0" {
            let reset = response.header("x-ratelimit-reset").flatMap { Int64($0) } ?? now + 60
            return bounded(Int(clamping: reset - min(now, reset)))
        }
        // The second kind of limit comes without any number: a minute is what the description asks for then.
        let isLimit = response.status == 429 || problem?.message?.lowercased().contains("rate limit") == true
        return isLimit ? 60 : nil
    }

    /// A forge may say anything; nobody waits for a day.
    private static func bounded(_ seconds: Int) -> Int { min(max(1, seconds), 86_400) }

    private static func sentence(
        _ problem: GitHubAnswer.Problem?, _ response: ClientResponse, _ request: GitHubRequest
    ) -> String {
        let message = problem?.message ?? "it answered with status \(response.status) and no word"
        let details = (problem?.errors ?? []).map { $0.words.joined(separator: " ") }.filter { !$0.isEmpty }
        let all =
            "could not \(request.doing): \(message)" + (details.isEmpty ? "" : " (\(details.joined(separator: "; ")))")
        return CommitNote.line(String(all.prefix(600)))
    }

    /// Why no answer came.
    static func fault(_ fault: ClientFault, _ request: GitHubRequest, within: Duration) -> ForgeFault {
        switch fault {
        case .timedOut: .deadline(doing: request.doing, within: within)
        case .tooLarge: .invalid("could not \(request.doing): \(fault)")
        case .badRequest: .invalid("could not \(request.doing): \(fault)")
        case .unreachable, .broken, .notTrusted, .cancelled, .closed:
            .unreachable("could not \(request.doing): \(fault)")
        }
    }

    // MARK: - Pull requests

    /// A pull request without what was said about it. Marks count in texts of `own` alone.
    static func pull(_ answer: GitHubAnswer.Pull, own: String) -> Pull {
        let marks = answer.user?.login == own ? GitHubMarks(in: answer.body) : GitHubMarks([])
        var pull = Pull(
            number: answer.number, key: marks["key"], title: answer.title, text: GitHubMarks.without(answer.body),
            author: marks["author"] ?? answer.user?.login ?? "ghost", branch: answer.head.ref, base: answer.base.sha,
            head: answer.head.sha, incident: marks["incident"], plan: marks["plan"],
            created: GitHubTime.nanoseconds(answer.createdAt) ?? 0)
        pull.changed = GitHubTime.nanoseconds(answer.updatedAt) ?? pull.created
        if let base = marks["base"] { pull.base = base }
        if answer.mergedAt != nil {
            pull.state = .merged
            pull.merged = answer.mergeCommit
            pull.mergedBy = answer.mergedBy?.login
        } else if answer.state != "open" {
            pull.state = .closed
        }
        return pull
    }

    static func review(_ answer: GitHubAnswer.Review, own: String) -> PullReview? {
        let marks = answer.user?.login == own ? GitHubMarks(in: answer.body) : GitHubMarks([])
        let verdict: PullReview.Verdict? =
            marks["verdict"].flatMap { PullReview.Verdict(rawValue: $0) }
            ?? {
                switch answer.state {
                case "APPROVED": .approve
                case "CHANGES_REQUESTED": .reject
                case "COMMENTED": .comment
                // Taken back, or not sent yet.
                default: nil
                }
            }()
        return verdict.map { verdict in
            PullReview(
                by: marks["by"] ?? answer.user?.login ?? "ghost", verdict: verdict,
                text: GitHubMarks.without(answer.body), head: answer.commitID ?? "",
                at: GitHubTime.nanoseconds(answer.submittedAt) ?? 0)
        }
    }

    static func comment(_ answer: GitHubAnswer.Comment, own: String) -> PullReview {
        let marks = answer.user?.login == own ? GitHubMarks(in: answer.body) : GitHubMarks([])
        return PullReview(
            by: marks["by"] ?? answer.user?.login ?? "ghost", verdict: .comment,
            text: GitHubMarks.without(answer.body), head: marks["head"] ?? "",
            at: GitHubTime.nanoseconds(answer.createdAt) ?? 0)
    }

    static func check(_ answer: GitHubAnswer.Statuses.Status, head: String) -> PullCheck {
        let state: PullCheck.State =
            switch answer.state {
            case "success": .passed
            case "pending": .pending
            default: .failed
            }
        return PullCheck(
            name: answer.context, state: state, text: answer.description ?? "", head: head,
            at: GitHubTime.nanoseconds(answer.updatedAt) ?? 0)
    }
}
