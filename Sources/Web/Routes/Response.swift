/// What a handler answers.
public struct Response: Sendable {
    /// What a body is.
    public enum Content: Sendable, Equatable {
        case json
        case problem
        case text
        case events
        case other(String)

        /// As the Content-Type header has it.
        public var name: String {
            switch self {
            case .json: "application/json"
            case .problem: "application/problem+json"
            case .text: "text/plain; charset=utf-8"
            case .events: "text/event-stream"
            case .other(let name): name
            }
        }
    }

    enum Body: Sendable {
        case bytes([UInt8])
        case events(EventFeed)
    }

    public let status: Int
    public let content: Content
    public var headers: [(name: String, value: String)] = []
    let body: Body

    /// Bytes of any kind.
    public init(status: Int = 200, _ content: Content, _ bytes: [UInt8]) {
        self.status = status
        self.content = content
        body = .bytes(bytes)
    }

    init(_ feed: EventFeed) {
        status = 200
        content = .events
        headers = [("Cache-Control", "no-store")]
        body = .events(feed)
    }

    /// JSON, as it writes itself.
    public static func json(_ status: Int, _ value: some JSONWritable) -> Response {
        Response(status: status, .json, JSONWriter.bytes(of: value))
    }
    /// JSON, written on the spot: an object by what writes its members.
    public static func json(_ status: Int, _ members: (inout JSONWriter) -> Void) -> Response {
        var writer = JSONWriter()
        writer.object(members)
        return Response(status: status, .json, writer.bytes)
    }
    /// 200 with JSON.
    public static func ok(_ value: some JSONWritable) -> Response { json(200, value) }
    /// 200 with an object.
    public static func ok(_ members: (inout JSONWriter) -> Void) -> Response { json(200, members) }
    /// 201 with JSON.
    public static func created(_ value: some JSONWritable) -> Response { json(201, value) }
    /// 201 with an object.
    public static func created(_ members: (inout JSONWriter) -> Void) -> Response { json(201, members) }
    /// 204: done, and nothing to say.
    public static var noContent: Response { Response(status: 204, .json, []) }
    /// 200 with plain text.
    public static func text(_ text: String) -> Response { Response(.text, Array(text.utf8)) }
}
