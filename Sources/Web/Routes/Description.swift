/// What a server offers, as OpenAPI 3.1 says it. Its order is that of the routes, so that the same routes always give the
/// same bytes.
struct Description {
    private let plan: ServerPlan
    private let routes: [Route]

    init(_ plan: ServerPlan, _ routes: [Route]) {
        self.plan = plan
        self.routes = routes.filter { !$0.isHidden && $0.isDescribed }
    }

    var document: Schema {
        var paths: [Schema.Member] = []
        for route in routes where !paths.contains(where: { $0.name == route.pattern.text }) {
            let here = routes.filter { $0.pattern.text == route.pattern.text }
            paths.append(
                Schema.Member(
                    route.pattern.text,
                    .object(here.map { Schema.Member($0.method.rawValue.lowercased(), operation($0)) })))
        }
        let tree = Schema.object(paths)
        var named: [Schema.Member] = []
        tree.collectNamed(into: &named)
        named.sort { $0.name < $1.name }
        var members: [Schema.Member] = [Schema.Member("openapi", "3.1.0"), Schema.Member("info", information)]
        if !plan.addresses.isEmpty {
            members.append(Schema.Member("servers", .list(plan.addresses.map { .of(["url": .text($0)]) })))
        }
        members.append(Schema.Member("paths", tree))
        members.append(
            Schema.Member(
                "components",
                .of(["schemas": .object(named), "securitySchemes": .object(securitySchemes)])))
        return .object(members)
    }

    private static let keyScheme = Schema.of(["type": "apiKey", "in": "header", "name": "x-api-key"])

    private var securitySchemes: [Schema.Member] {
        let key = [Schema.Member("key", Self.keyScheme)]
        guard let sessions = plan.sessions else { return key }
        let about = "A change repeats the session's word in the header \(SessionDoor.header)."
        return key + [
            Schema.Member(
                "session",
                .of([
                    "type": "apiKey", "in": "cookie", "name": .text(sessions.cookie), "description": .text(about),
                ]))
        ]
    }

    private var information: Schema {
        Schema.of(["title": .text(plan.title), "version": .text(plan.version)])
            .adding(plan.about.isEmpty ? [] : [Schema.Member("description", .text(plan.about))])
    }

    private func operation(_ route: Route) -> Schema {
        let asked = route.parameters.filter { $0.place == .path }.map(\.name)
        precondition(
            asked.sorted() == route.pattern.names.sorted(),
            "\(route.pattern.text) has the parameters \(route.pattern.names), its route asks for \(asked)")
        var members: [Schema.Member] = [
            Schema.Member("summary", .text(route.summary)),
            Schema.Member("operationId", .text(Self.identifier(route.method, route.pattern.text))),
        ]
        let parameters = Self.parameters(route)
        if !parameters.isEmpty { members.append(Schema.Member("parameters", .list(parameters))) }
        if let body = route.body {
            let kinds = route.kinds ?? ["application/json"]
            let content = Schema.object(
                kinds.map { kind in
                    // Of JSON that a route reads itself no more is said than what kind it is.
                    let isRead = route.kinds != nil && kind == Response.Content.json.name
                    return Schema.Member(kind, .of(["schema": isRead ? route.takenJSON.schema : body]))
                })
            members.append(Schema.Member("requestBody", .of(["required": true, "content": content])))
        }
        let answers = (route.answers + Self.alwaysPossible(route)).sorted { $0.status < $1.status }
        var responses: [Schema.Member] = []
        for answer in answers where responses.last?.name != "\(answer.status)" {
            responses.append(Schema.Member("\(answer.status)", Self.response(answer)))
        }
        members.append(Schema.Member("responses", .object(responses)))
        members.append(Schema.Member("security", security(route)))
        return .object(members)
    }

    /// `POST /orders/{id}/items` is `postOrdersIdItems`.
    private static func identifier(_ method: Method, _ path: String) -> String {
        let words = path.split { !$0.isLetter && !$0.isNumber }
        return method.rawValue.lowercased()
            + words.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    private func security(_ route: Route) -> Schema {
        func ways(_ roles: [String]) -> Schema {
            let needs = Schema.list(roles.map { .text($0) })
            return .list(([.of(["key": needs])]) + (plan.sessions == nil ? [] : [.of(["session": needs])]))
        }
        return switch route.access {
        case .open: .list([])
        case .anyKey: ways([])
        case .roles(let roles): ways(roles)
        }
    }

    private static func parameters(_ route: Route) -> [Schema] {
        var described = route.parameters
        if route.takesIdempotencyKey {
            described.append(
                DescribedParameter(
                    name: "Idempotency-Key", place: .header, schema: IdempotencyKey.shape.schema, isRequired: false,
                    about: "A repeat with the same key changes nothing more, and gets the first answer."))
        }
        return described.map { parameter in
            Schema.of([
                "name": .text(parameter.name), "in": .text(parameter.place.rawValue),
                "required": .literal("\(parameter.isRequired)"), "schema": parameter.schema,
            ]).adding(parameter.about.isEmpty ? [] : [Schema.Member("description", .text(parameter.about))])
        }
    }

    /// What any route can answer, whatever it does.
    static func alwaysPossible(_ route: Route) -> [Answer] {
        var answers = [
            Answer.problem(400, "The request is not what is described here; errors says what is wrong."),
            Answer.problem(413, "The body is too long."),
            Answer.problem(500, "The service failed."),
            Answer.problem(503, "Not now; Retry-After says when to ask again."),
        ]
        if route.access != .open {
            answers += [
                Answer.problem(401, "No key, or one that is not known."),
                Answer.problem(403, "The key does not have the role that this takes."),
                Answer.problem(429, "More requests than the key may make; Retry-After says when to ask again."),
            ]
        }
        if route.body != nil { answers.append(Answer.problem(415, "The body is not of a kind that this takes.")) }
        return answers
    }

    private static func response(_ answer: Answer) -> Schema {
        var members: [Schema.Member] = [Schema.Member("description", .text(answer.about))]
        if answer.status == 429 || answer.status == 503 {
            let seconds = Schema.of(["schema": .of(["type": "integer", "minimum": 1])])
            members.append(Schema.Member("headers", .of(["Retry-After": seconds])))
        }
        if let schema = answer.schema, answer.status != 204 {
            let kinds = answer.kinds.isEmpty ? [answer.content.name] : answer.kinds
            let contents = kinds.map { kind in
                let isObject = !answer.kinds.isEmpty && kind == Response.Content.json.name
                return Schema.Member(kind, .of(["schema": isObject ? .of(["type": "object"]) : schema]))
            }
            members.append(Schema.Member("content", .object(contents)))
        }
        if !answer.links.isEmpty { members.append(Schema.Member("links", .object(answer.links.map(link)))) }
        return .object(members)
    }

    private static func link(_ link: Link) -> Schema.Member {
        let operation = identifier(link.method, link.path)
        let value = Schema.text("$response.body#/\(link.member)")
        let parameters = Schema.object([Schema.Member(link.parameter, value)])
        return Schema.Member(operation, .of(["operationId": .text(operation), "parameters": parameters]))
    }
}
