import Contracts
import Web

/// What a person reports.
struct Report: Sendable {
    var title: String
    var service: String?
    var severity: FindingSeverity?
    var text: String?

    static let shape = ObjectShape("IncidentReport", "What somebody has seen.") { it in
        Report(
            title: it.required("title", .text(1...200)), service: it.optional("service", .text(1...64, .word)),
            severity: it.optional("severity", .choice(FindingSeverity.self)),
            text: it.optional("text", .text(0...4_000)))
    }
}

/// What a person wants with an incident.
struct Wish: Sendable {
    enum Kind: String, Sendable, CaseIterable {
        case acknowledge, comment, score, escalate, take, suppress, resolve, fail, retry
    }

    var id: UUID
    var kind: Kind
    var text: String?
    var score: Int?

    static let shape = ObjectShape("IncidentCommand", "What a person wants with an incident.") { it in
        Wish(
            id: it.required("id", .uuid, "Makes it one, however often it is sent."),
            kind: it.required("kind", .choice(Kind.self)), text: it.optional("text", .text(0...4_000)),
            score: it.optional("score", .integer(1...5), "Of `score` alone."))
    }

    func command(of person: String) throws -> IncidentCommand {
        let said = text ?? ""
        let kind: IncidentCommand.Kind
        switch self.kind {
        case .acknowledge: kind = .acknowledge
        case .comment:
            guard !said.isEmpty else { throw Problem(422, "A comment needs a text.") }
            kind = .comment(said)
        case .score:
            guard let score else { throw Problem(422, "A score needs its figure, from 1 to 5.") }
            kind = .score(score)
        case .escalate: kind = .escalate
        case .take: kind = .take
        case .suppress: kind = .suppress
        case .resolve: kind = .resolve
        case .fail: kind = .fail
        case .retry: kind = .retry
        }
        return IncidentCommand(kind, person: person, text: said)
    }
}

/// A signed answer to a plan, as a page sends it.
struct AnswerText: Sendable {
    var id: UUID
    var answer: Approval.Answer
    var generation: Int
    var plan: String
    var state: String
    var given: String
    var feedback: String?
    var signature: String

    static let shape = ObjectShape("PlanAnswer", "An answer to the plan of an incident, signed by the session's key.") {
        it in
        AnswerText(
            id: it.required("id", .uuid), answer: it.required("answer", .choice(Approval.Answer.self)),
            generation: it.required("generation", .integer(1...1_000_000)),
            plan: it.required("plan", .text(64...64, .hexadecimal)),
            state: it.required("state", .text(64...64, .hexadecimal)),
            given: it.required("given", .text(1...20, .digits), "Nanoseconds since 1970."),
            feedback: it.optional("feedback", .text(0...4_000)),
            signature: it.required("signature", .text(88...88, .visible), "64 bytes in base64."))
    }

    func approval(of incident: String, _ grant: SessionGrant) throws -> Approval {
        guard let plan = Digest(plan), let state = Digest(state), let given = Int64(given),
            let signature = Base64.decode(Array(signature.utf8)), signature.count == 64,
            let proof = try? Packed.encode(SessionProof(grant: grant, signature: signature))
        else {
            throw Problem.badRequest("The answer is none: hashes are 64 digits, the signature is 64 bytes in base64.")
        }
        return Approval(
            id: id, answer, incident: incident, generation: generation, plan: plan, state: state, person: grant.person,
            proof: Approval.Proof(.session, proof), given: given, feedback: feedback)
    }
}

/// What shall be held back.
struct SilenceWish: Sendable {
    var matchers: [String]
    var seconds: Int
    var text: String

    static let shape = ObjectShape("SilenceWish", "Alerts to be held back for a while.") { it in
        SilenceWish(
            matchers: it.required("matchers", .list(of: TextShape.text(1...300), 1...20), "Such as node=\"orders\"."),
            seconds: it.required("seconds", .integer(1...2_592_000)),
            text: it.required("text", .text(1...1_000), "Why."))
    }
}
