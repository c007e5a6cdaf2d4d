/// Where an answer leads: which other route takes a member of its body as a parameter.
public struct Link: Sendable, Equatable {
    let method: Method
    let path: String
    let parameter: String
    let member: String

    /// `Link(.get, "/orders/{id}", "id", from: "order_id")`
    public init(_ method: Method, _ path: String, _ parameter: String, from member: String) {
        self.method = method
        self.path = path
        self.parameter = parameter
        self.member = member
    }
}

/// One way in which a route answers, as its description tells it.
public struct Answer: Sendable {
    let status: Int
    let about: String
    let content: Response.Content
    let schema: Schema?
    /// Says what is wrong with a body; nil where nothing is promised of it.
    let check: (@Sendable ([UInt8]) -> [Fault])?
    var links: [Link] = []
    /// Where the content is of one of several kinds, by the request.
    var kinds: [String] = []

    private init<S: Shape>(_ status: Int, _ shape: S, _ about: String) {
        self.status = status
        self.about = about.isEmpty ? Problem.title(status) : about
        content = .json
        schema = shape.schema
        check = { bytes in
            switch JSONReading.read(bytes, as: shape) {
            case .success: []
            case .failure(let faults): faults.list
            }
        }
    }

    private init(_ status: Int, _ content: Response.Content, _ schema: Schema?, _ about: String) {
        self.status = status
        self.about = about.isEmpty ? Problem.title(status) : about
        self.content = content
        self.schema = schema
        check = nil
    }

    /// 200 with JSON of a shape.
    public static func ok<S: Shape>(_ shape: S, _ about: String = "") -> Answer { Answer(200, shape, about) }
    /// 201 with JSON of a shape.
    public static func created<S: Shape>(_ shape: S, _ about: String = "") -> Answer { Answer(201, shape, about) }
    /// The same, and where it leads.
    public func leads(to links: Link...) -> Answer {
        var answer = self
        answer.links = links
        return answer
    }
    /// Another status with JSON of a shape.
    public static func json<S: Shape>(_ status: Int, _ shape: S, _ about: String = "") -> Answer {
        Answer(status, shape, about)
    }
    /// 204 without a body.
    public static func noContent(_ about: String = "") -> Answer { Answer(204, .json, nil, about) }
    /// 200 with text, or with content of another kind.
    public static func text(_ about: String = "", _ content: Response.Content = .text) -> Answer {
        Answer(200, content, .of(["type": "string"]), about)
    }
    /// 200 with bytes of one of several kinds: that of the request.
    public static func bytes(_ about: String, _ kinds: [String]) -> Answer {
        var answer = Answer(200, .other(kinds.first ?? ""), .of(["type": "string"]), about)
        answer.kinds = kinds
        return answer
    }
    /// 200 with server-sent events for as long as the client stays.
    public static func events(_ about: String = "") -> Answer { Answer(200, .events, .of(["type": "string"]), about) }
    /// 404 with a problem.
    public static func notFound(_ about: String) -> Answer { problem(404, about) }
    /// 409 with a problem.
    public static func conflict(_ about: String) -> Answer { problem(409, about) }
    /// Another status with a problem.
    public static func problem(_ status: Int, _ about: String) -> Answer {
        Answer(status, .problem, Problem.shape.schema, about)
    }
}
