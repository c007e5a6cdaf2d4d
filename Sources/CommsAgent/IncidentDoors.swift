import Contracts
import Incidents
import Signals
import Web

/// Incidents, and what people do with them.
struct IncidentDoors: Sendable {
    let neighbours: Neighbours
    let sessions: Sessions
    let acting: Acting
    /// What was told to whom.
    let notifications: @Sendable (String) async throws -> [SentNotification]
    let machine: TimeMachine

    var routes: [Route] {
        [list, create, show, journal, at, evidence, verdicts, told, command, answer, silences, silence, unsilence]
    }

    private static let id: TextShape = .text(1...32, .word)

    private var list: Route {
        Route(
            .get, "/api/incidents", "Lists incidents, the latest first", roles: Acting.see,
            asks: Parameters { reader in
                var query = IncidentQuery()
                query.onlyOpen = reader.query("open", .boolean, otherwise: false, "Only those without an end.")
                query.before = reader.optionalQuery("before", Self.id, "Those before this one.")
                query.limit = reader.query("limit", .integer(1...1_000), otherwise: 50)
                return query
            }, answers: [.ok(ObjectOf("incidents: a list of incidents in a line each"))]
        ) { _, query in
            try .value(["incidents": try await neighbours.triage { try await $0.incidents(query) }])
        }
    }

    private var create: Route {
        Route(
            .post, "/api/incidents", "Reports an incident", roles: Acting.work, takes: Report.shape,
            answers: [
                .json(201, ObjectOf("id: the name of the incident, which it is a part of")),
                .problem(422, "It cannot be taken."),
            ]
        ) { request, report in
            let person = request.caller?.name ?? ""
            let now = WallTime.now.nanoseconds
            let alert = RaisedAlert(
                .person, fingerprint: "report/\(person)/\(now)", name: report.title, node: report.service ?? "",
                severity: report.severity ?? .warning, text: report.text ?? report.title, began: now, sender: person)
            let receipts = try await acting.act(request, "create", "incident", report.title) {
                try await neighbours.triage { try await $0.raise([alert]) }
            }
            guard let id = receipts.first?.incident else {
                throw Problem(
                    422, "The report was heard, and opened nothing: \(receipts.first?.reasons.last?.text ?? "")")
            }
            return try .value(["id": id], status: 201)
        }
    }

    private var show: Route {
        Route(
            .get, "/api/incidents/{id}", "Shows all of an incident", roles: Acting.see, asks: .path("id", Self.id),
            answers: [.ok(ObjectOf("the incident, with planDigest and planState")), .notFound("There is none.")]
        ) { _, id in
            guard let incident = try await neighbours.triage({ try await $0.incident(id) }) else {
                throw Problem.notFound("There is no incident \(id).")
            }
            return try IncidentView(incident).response()
        }
    }

    private var journal: Route {
        Route(
            .get, "/api/incidents/{id}/journal", "What happened to an incident, in sequence", roles: Acting.see,
            asks: Parameters { reader in
                var query = JournalQuery()
                query.incident = reader.path("id", Self.id)
                query.after = Int64(reader.query("after", .integer(0...Int(Int32.max)), otherwise: 0))
                query.limit = reader.query("limit", .integer(1...1_000), otherwise: 500)
                return query
            }, answers: [.ok(ObjectOf("entries: a list"))]
        ) { _, query in
            let lines = try await machine.entries(query).map { try JournalLine($0) }
            return try .value(["entries": lines])
        }
    }

    /// Which entry of which incident.
    private static let place = Parameters { reader in
        (id: reader.path("id", Self.id), number: reader.path("number", .integer(1...1_000_000)))
    }

    private var at: Route {
        Route(
            .get, "/api/incidents/{id}/at/{number}", "The incident as it was after an entry of its journal",
            roles: Acting.see, asks: Self.place,
            answers: [.ok(ObjectOf("the incident as it was")), .notFound("There is none.")]
        ) { _, place in try IncidentView(try await machine.incident(place.id, after: place.number)).response() }
    }

    private var evidence: Route {
        Route(
            .get, "/api/incidents/{id}/evidence/{number}", "The evidence that an entry of the journal brought",
            roles: Acting.see, asks: Self.place,
            answers: [.ok(ObjectOf("the evidence")), .notFound("That entry brought none.")]
        ) { _, place in try .value(try await machine.evidence(place.id, in: place.number)) }
    }

    private var verdicts: Route {
        Route(
            .get, "/api/incidents/{id}/verdicts", "The verdicts about its plans, with all their reasons",
            roles: Acting.see, asks: .path("id", Self.id), answers: [.ok(ObjectOf("verdicts: a list"))]
        ) { _, id in
            try .value(["verdicts": try await neighbours.risk { try await $0.verdicts(VerdictQuery(incident: id)) }])
        }
    }

    private var told: Route {
        Route(
            .get, "/api/incidents/{id}/notifications", "Who was told what, and what became of it", roles: Acting.see,
            asks: .path("id", Self.id), answers: [.ok(ObjectOf("notifications: a list"))]
        ) { _, id in try .value(["notifications": try await notifications(id)]) }
    }

    // MARK: what people do

    private var command: Route {
        Route(
            .post, "/api/incidents/{id}/commands", "Does what a person wants with an incident", roles: Acting.work,
            asks: .path("id", Self.id), takes: Wish.shape,
            answers: [.ok(ObjectOf("the incident as it is then")), .problem(422, "It will not.")]
        ) { request, id, wish in
            let person = request.caller?.name ?? ""
            let command = try wish.command(of: person)
            let order = PersonalOrder(id: "console \(wish.id)", incident: id, command: command)
            let incident = try await acting.act(request, wish.kind.rawValue, id, wish.text ?? "") {
                try await neighbours.triage { try await $0.command(order) }
            }
            return try IncidentView(incident).response()
        }
    }

    private var answer: Route {
        Route(
            .post, "/api/incidents/{id}/answer",
            "Agrees to a plan or rejects it, with the person's own proof that Risk checks itself", roles: Acting.agree,
            asks: .path("id", Self.id), takes: AnswerText.shape,
            answers: [
                .ok(ObjectOf("whether it counts, and why")), .problem(409, "Only a session can sign."),
                .problem(422, "It will not."),
            ]
        ) { request, id, text in
            guard let ticket = sessions.ticket(request), let session = try await sessions.kept(ticket.id) else {
                throw Problem.conflict(
                    "An answer is signed by a session's key; with an API key use kintsugi incident approve.")
            }
            let approval = try text.approval(of: id, session.grant)
            let receipt = try await acting.act(request, text.answer.rawValue, id, "plan \(text.plan.prefix(12))") {
                let receipt = try await neighbours.risk { try await $0.answer(approval) }
                return receipt
            }
            if !receipt.counts {
                await acting.record(
                    Act(
                        person: session.grant.person, act: text.answer.rawValue, subject: id,
                        text: "plan \(text.plan.prefix(12))", outcome: "does not count: \(receipt.text)"))
            }
            return try .value(receipt)
        }
    }

    private var silences: Route {
        Route(
            .get, "/api/silences", "What holds alerts back", roles: Acting.see,
            answers: [.ok(ObjectOf("silences: a list"))]
        ) { _ in try .value(["silences": try await neighbours.triage { try await $0.silences(nil) }]) }
    }

    private var silence: Route {
        Route(
            .post, "/api/silences", "Holds alerts back for a while", roles: Acting.work, takes: SilenceWish.shape,
            answers: [.json(201, ObjectOf("silences: all that there are now")), .problem(422, "It will not.")]
        ) { request, wish in
            let now = WallTime.now.nanoseconds
            let note = SilenceNote(
                id: "console-\(now)", matchers: wish.matchers, from: now,
                until: now + Int64(wish.seconds) * 1_000_000_000, person: request.caller?.name ?? "", text: wish.text)
            let all = try await acting.act(request, "silence", wish.matchers.joined(separator: ", "), wish.text) {
                try await neighbours.triage { try await $0.silences(.begin(note)) }
            }
            return try .value(["silences": all], status: 201)
        }
    }

    private var unsilence: Route {
        Route(
            .delete, "/api/silences/{id}", "Ends a silence", roles: Acting.work,
            asks: .path("id", .text(1...100, .word)),
            answers: [.ok(ObjectOf("silences: all that there are now")), .problem(422, "There is none.")]
        ) { request, id in
            let person = request.caller?.name ?? ""
            let all = try await acting.act(request, "end silence", id) {
                try await neighbours.triage { try await $0.silences(.end(id: id, person: person)) }
            }
            return try .value(["silences": all])
        }
    }
}

/// An incident, with what an answer to its plan must name.
struct IncidentView {
    private let incident: Incident

    init(_ incident: Incident) { self.incident = incident }

    func response() throws -> Response {
        var bytes = try Codes.bytes(incident)
        if let offer = incident.plan {
            let plan = offer.plan.digest
            // What Risk judged is what people agree to.
            let state = incident.verdict.flatMap { $0.plan == plan ? $0.state : nil } ?? offer.state
            bytes.removeLast()
            bytes += Array(",\"planDigest\":\"\(plan)\",\"planState\":\"\(state)\"}".utf8)
        }
        var response = Response(.json, bytes)
        response.headers.append(("Cache-Control", "no-store"))
        return response
    }
}
