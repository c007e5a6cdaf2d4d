import Contracts
import Web

/// Signing in and out.
struct SessionDoors: Sendable {
    let sessions: Sessions
    let acting: Acting
    let isSecure: Bool

    var routes: [Route] { [who, enter, leave] }

    private var who: Route {
        Route(.get, "/api/session", "Tells who is signed in", roles: .anyKey, answers: [.ok(Self.shape)]) { request in
            let ticket = sessions.ticket(request)
            let session = request.cookie(Sessions.cookie).flatMap { sessions.find($0) }
            return try Self.answer(
                request.caller?.name ?? "", request.caller?.roles ?? [], session?.word, ticket?.expires)
        }
    }

    private var enter: Route {
        Route(
            .post, "/api/session", "Begins a session by a person's word for its key", roles: .open,
            takes: GrantText.shape,
            answers: [
                .json(201, Self.shape, "The session's cookie comes with it."),
                .problem(403, "No word of a known person, or used before."),
                .problem(429, "Too many attempts with this name."),
            ]
        ) { _, text in
            guard let grant = text.grant else {
                throw Problem.badRequest("The grant is none: keys and signatures are base64, times are nanoseconds.")
            }
            do {
                let session = try await sessions.begin(grant)
                await acting.record(Act(person: grant.person, act: "sign in", subject: "session", outcome: "done"))
                let cookie = sessions.cookie(session, isSecure: isSecure)
                let found = sessions.find(sessions.value(of: session))
                var response = try Self.answer(
                    grant.person, found?.caller.roles ?? [], found?.word, grant.expires, status: 201)
                response.headers.append(("Set-Cookie", cookie))
                return response
            } catch let problem as Problem {
                await acting.record(
                    Act(
                        person: String(grant.person.prefix(64)), act: "sign in", subject: "session",
                        outcome: problem.detail))
                throw problem
            }
        }
    }

    private var leave: Route {
        Route(
            .delete, "/api/session", "Ends the session", roles: .anyKey, answers: [.noContent("It is ended.")]
        ) { request in
            if let ticket = sessions.ticket(request) {
                try await acting.act(request, "sign out", "session") { try await sessions.end(ticket.id) }
            }
            var response = Response.noContent
            response.headers.append(("Set-Cookie", Sessions.noCookie(isSecure: isSecure)))
            return response
        }
    }

    private static let shape = ObjectOf("person, roles, word (to be repeated with every change) and expires")

    private static func answer(
        _ person: String, _ roles: [String], _ word: String?, _ expires: Int64?, status: Int = 200
    ) throws -> Response {
        struct Who: Codable {
            var person: String
            var roles: [String]
            var word: String?
            var expires: Int64?
        }
        return try .value(Who(person: person, roles: roles, word: word, expires: expires), status: status)
    }
}

/// A grant as a page sends it: numbers that JSON's readers round are text.
struct GrantText: Sendable {
    var person: String
    var publicKey: String
    var issued: String
    var expires: String
    var nonce: String
    var signature: String

    static let shape = ObjectShape("SessionGrant", "A person's word that a key may speak for them for a while.") { it in
        GrantText(
            person: it.required("person", .text(1...64, .word)),
            publicKey: it.required("publicKey", .text(44...44, .visible), "32 bytes in base64."),
            issued: it.required("issued", .text(1...20, .digits), "Nanoseconds since 1970."),
            expires: it.required("expires", .text(1...20, .digits)),
            nonce: it.required("nonce", .text(24...24, .visible), "16 bytes in base64."),
            signature: it.required("signature", .text(88...88, .visible), "64 bytes in base64."))
    }

    var grant: SessionGrant? {
        guard let key = Base64.decode(Array(publicKey.utf8)), let nonce = Base64.decode(Array(nonce.utf8)),
            let signature = Base64.decode(Array(signature.utf8)), let issued = Int64(issued),
            let expires = Int64(expires)
        else { return nil }
        return SessionGrant(
            person: person, publicKey: key, issued: issued, expires: expires, nonce: nonce, signature: signature)
    }
}

extension TextPattern {
    /// Decimal digits.
    static let digits = TextPattern("^[0-9]*$", says: "digits") { $0.allSatisfy { (0x30...0x39).contains($0) } }
    /// 64 hexadecimal digits make a digest.
    static let hexadecimal = TextPattern("^[0-9a-f]*$", says: "hexadecimal digits in small letters") {
        $0.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}
