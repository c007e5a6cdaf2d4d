import Contracts
import Signals
import Web

/// Pull requests, and people's words to them.
struct PullDoors: Sendable {
    let neighbours: Neighbours
    let acting: Acting

    var routes: [Route] { [list, show, review, merge, close, history] }

    private static let number = Parameters<Int>.path("number", .integer(1...1_000_000_000))

    private var list: Route {
        Route(
            .get, "/api/pulls", "Lists pull requests", roles: Acting.see,
            asks: Parameters { $0.optionalQuery("state", .choice(Pull.State.self)) },
            answers: [.ok(ObjectOf("pulls: a list"))]
        ) { _, state in try .value(["pulls": try await neighbours.forge { try await $0.pulls(in: state) }]) }
    }

    private var show: Route {
        Route(
            .get, "/api/pulls/{number}", "Shows a pull request with its diff", roles: Acting.see, asks: Self.number,
            answers: [.ok(ObjectOf("pull, diff")), .problem(422, "There is none.")]
        ) { _, number in try .value(try await neighbours.forge { try await $0.pull(numbered: number) }) }
    }

    private var review: Route {
        Route(
            .post, "/api/pulls/{number}/review", "Says a word to a pull request", roles: Acting.agree,
            asks: Self.number, takes: ReviewWish.shape,
            answers: [.ok(ObjectOf("the pull request")), .problem(422, "It will not.")]
        ) { request, number, wish in
            let review = PullReview(
                by: request.caller?.name ?? "", verdict: wish.verdict, text: wish.text ?? "", head: wish.head,
                at: WallTime.now.nanoseconds)
            return try .value(
                try await acting.act(request, "review \(wish.verdict.rawValue)", "pull \(number)", wish.text ?? "") {
                    try await neighbours.forge { try await $0.review(number, review) }
                })
        }
    }

    private var merge: Route {
        Route(
            .post, "/api/pulls/{number}/merge", "Merges a pull request: what is merged is deployed",
            roles: Acting.agree, asks: Self.number, takes: HeadWish.shape,
            answers: [.ok(ObjectOf("the pull request")), .problem(422, "It will not.")]
        ) { request, number, head in
            let person = request.caller?.name ?? ""
            return try .value(
                try await acting.act(request, "merge", "pull \(number)", "head \(head.prefix(12))") {
                    try await neighbours.forge(patience: .seconds(30)) {
                        try await $0.merge(number, by: person, head: head)
                    }
                })
        }
    }

    private var close: Route {
        Route(
            .post, "/api/pulls/{number}/close", "Closes a pull request without merging it", roles: Acting.agree,
            asks: Self.number, takes: WhyWish.shape,
            answers: [.ok(ObjectOf("the pull request")), .problem(422, "It will not.")]
        ) { request, number, why in
            let person = request.caller?.name ?? ""
            return try .value(
                try await acting.act(request, "close", "pull \(number)", why) {
                    try await neighbours.forge { try await $0.close(number, by: person, why: why) }
                })
        }
    }

    private var history: Route {
        Route(
            .get, "/api/history", "The latest commits of main, the youngest first", roles: Acting.see,
            asks: Parameters { $0.query("limit", .integer(1...200), otherwise: 50) },
            answers: [.ok(ObjectOf("commits: a list"))]
        ) { _, limit in try .value(["commits": try await neighbours.forge { try await $0.history(limit) }]) }
    }
}

struct ReviewWish: Sendable {
    var verdict: PullReview.Verdict
    var text: String?
    var head: String

    static let shape = ObjectShape("PullReview", "A person's word to a pull request.") { it in
        ReviewWish(
            verdict: it.required("verdict", .choice(PullReview.Verdict.self)),
            text: it.optional("text", .text(0...4_000)),
            head: it.required("head", .text(40...64, .hexadecimal), "The commit that was looked at."))
    }
}

enum HeadWish {
    static let shape = ObjectShape("PullMerge", "Which commit shall be merged: the one that was looked at.") { it in
        it.required("head", .text(40...64, .hexadecimal))
    }
}

enum WhyWish {
    static let shape = ObjectShape("PullClose", "Why it is closed.") { it in it.required("why", .text(1...1_000)) }
}
