/// The methods that routes have; HEAD and OPTIONS are answered by themselves.
public enum Method: String, Sendable, CaseIterable {
    case get = "GET"
    case put = "PUT"
    case post = "POST"
    case patch = "PATCH"
    case delete = "DELETE"
}

/// One thing that a service does for those who ask: where, who may, what it takes, what it does, what it answers.
public struct Route: Sendable {
    let method: Method
    let pattern: PathPattern
    let summary: String
    let access: Access
    let takesIdempotencyKey: Bool
    let parameters: [DescribedParameter]
    let body: Schema?
    /// What a body of bytes is where it is JSON, for the description: the route reads it itself.
    public enum TakenJSON: Sendable {
        case object, list, anything

        var schema: Schema {
            switch self {
            case .object: .of(["type": "object"])
            case .list: .of(["type": "array"])
            case .anything: .of([:])
            }
        }
    }

    /// See `TakenJSON`.
    private(set) var takenJSON = TakenJSON.object
    /// What the content-type of a body of bytes may be; nil for JSON.
    private(set) var kinds: [String]?
    let answers: [Answer]
    /// The handler begins on the server's own thread and leaves it where it first waits.
    let beginsAtOnce: Bool
    /// Answered even when too much is in hand, and not in the description.
    var isHidden = false
    private(set) var isDescribed = true
    let handle: @Sendable (Request) async throws -> Response

    /// A route with parameters and a body.
    ///
    /// `beginsAtOnce` saves a wake-up where the handler hands over at once and waits for the answer: until it first waits
    /// it runs on the thread that serves all connections.
    public init<P: Sendable, Body: Shape>(
        _ method: Method, _ path: String, _ summary: String, roles: Access, idempotencyKey: Bool = false,
        beginsAtOnce: Bool = false, asks parameters: Parameters<P>, takes body: Body, answers: [Answer],
        handler: @escaping @Sendable (Request, P, Body.Value) async throws -> Response
    ) {
        let names = PathPattern(path).names
        self.init(
            method, path, summary, roles, idempotencyKey, beginsAtOnce, parameters.described, body.schema, answers
        ) { request in
            let (asked, wrong) = parameters.read(request, names)
            switch (JSONReading.read(request.body, as: body), wrong.isEmpty) {
            case (.success(let value), true): return try await handler(request, asked, value)
            case (.success, false): throw Self.refusal(wrong)
            case (.failure(let faults), _): throw Self.refusal(wrong + faults.list)
            }
        }
    }

    /// A route with a body.
    public init<Body: Shape>(
        _ method: Method, _ path: String, _ summary: String, roles: Access, idempotencyKey: Bool = false,
        beginsAtOnce: Bool = false, takes body: Body, answers: [Answer],
        handler: @escaping @Sendable (Request, Body.Value) async throws -> Response
    ) {
        self.init(
            method, path, summary, roles: roles, idempotencyKey: idempotencyKey, beginsAtOnce: beginsAtOnce,
            asks: .none, takes: body, answers: answers
        ) { request, _, value in try await handler(request, value) }
    }

    /// A route with parameters.
    public init<P: Sendable>(
        _ method: Method, _ path: String, _ summary: String, roles: Access, idempotencyKey: Bool = false,
        beginsAtOnce: Bool = false, asks parameters: Parameters<P>, answers: [Answer],
        handler: @escaping @Sendable (Request, P) async throws -> Response
    ) {
        let names = PathPattern(path).names
        self.init(method, path, summary, roles, idempotencyKey, beginsAtOnce, parameters.described, nil, answers) {
            request in
            let (asked, wrong) = parameters.read(request, names)
            guard wrong.isEmpty else { throw Self.refusal(wrong) }
            return try await handler(request, asked)
        }
    }

    /// A route that takes nothing.
    public init(
        _ method: Method, _ path: String, _ summary: String, roles: Access, idempotencyKey: Bool = false,
        beginsAtOnce: Bool = false, answers: [Answer],
        handler: @escaping @Sendable (Request) async throws -> Response
    ) {
        self.init(
            method, path, summary, roles: roles, idempotencyKey: idempotencyKey, beginsAtOnce: beginsAtOnce,
            asks: .none, answers: answers
        ) { request, _ in try await handler(request) }
    }

    /// A route that takes bytes of some kinds, and reads them itself.
    public init(
        _ method: Method, _ path: String, _ summary: String, roles: Access, takesBytes kinds: [String],
        json: TakenJSON = .object, answers: [Answer], handler: @escaping @Sendable (Request) async throws -> Response
    ) {
        let bytes = Schema.of(["type": "string", "format": "binary"])
        self.init(method, path, summary, roles, false, false, [], bytes, answers, handler)
        self.kinds = kinds
        takenJSON = json
    }

    /// A route that takes bytes of some kinds, and has parameters.
    public init<P: Sendable>(
        _ method: Method, _ path: String, _ summary: String, roles: Access, takesBytes kinds: [String],
        json: TakenJSON = .object, asks parameters: Parameters<P>, answers: [Answer],
        handler: @escaping @Sendable (Request, P) async throws -> Response
    ) {
        let bytes = Schema.of(["type": "string", "format": "binary"])
        let names = PathPattern(path).names
        self.init(method, path, summary, roles, false, false, parameters.described, bytes, answers) { request in
            let (asked, wrong) = parameters.read(request, names)
            guard wrong.isEmpty else { throw Self.refusal(wrong) }
            return try await handler(request, asked)
        }
        self.kinds = kinds
        takenJSON = json
    }

    private init(
        _ method: Method, _ path: String, _ summary: String, _ access: Access, _ idempotencyKey: Bool,
        _ beginsAtOnce: Bool, _ parameters: [DescribedParameter], _ body: Schema?, _ answers: [Answer],
        _ handle: @escaping @Sendable (Request) async throws -> Response
    ) {
        self.method = method
        pattern = PathPattern(path)
        self.summary = summary
        self.access = access
        takesIdempotencyKey = idempotencyKey
        self.parameters = parameters
        self.body = body
        self.answers = answers
        self.beginsAtOnce = beginsAtOnce
        self.handle = handle
    }

    /// The same, and not in the description: a file of a page, which no program asks for.
    public var undescribed: Route {
        var route = self
        route.isDescribed = false
        return route
    }

    private static func refusal(_ faults: [Fault]) -> Problem {
        .badRequest(
            "The request is not what is expected here; see errors, and the description at /openapi.json.",
            errors: Array(faults.prefix(50)))
    }
}
