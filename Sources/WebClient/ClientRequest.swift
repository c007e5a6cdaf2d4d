/// One request to another service.
public struct ClientRequest: Sendable {
    /// The methods a client sends.
    public enum Method: String, Sendable {
        case get = "GET"
        case head = "HEAD"
        case put = "PUT"
        case post = "POST"
        case patch = "PATCH"
        case delete = "DELETE"
        case options = "OPTIONS"
    }

    public var method: Method
    /// `http://…` or `https://…`, and nothing else.
    public var url: String
    /// Over a connection of its own: on a kept one that turns out to be closed, the library sends it again by itself.
    public var isSentOnce = false
    /// What spans and faults call it, where the URL itself is a secret.
    public var shownURL: String?
    public var headers: [(name: String, value: String)] = []
    /// nil: no body at all.
    public var body: [UInt8]?
    /// A status above 399 that the caller hopes for: its span is no failed one then.
    public var expected: Int?
    /// For everything, from the look-up of the name to the last byte.
    public var deadline = Duration.seconds(10)
    public var connectDeadline = Duration.seconds(3)
    /// What the answer may have, after it is unpacked.
    public var mostBytes = 1 << 20

    public init(_ method: Method, _ url: String) {
        self.method = method
        self.url = url
    }

    var place: String { shownURL ?? url }

    /// A request with a JSON body.
    public static func json(_ method: Method, _ url: String, _ body: [UInt8]) -> ClientRequest {
        var request = ClientRequest(method, url)
        request.headers = [("Content-Type", "application/json")]
        request.body = body
        return request
    }
}

/// What another service answered.
public struct ClientResponse: Sendable {
    public let status: Int
    /// Names in lowercase, in the order in which they came.
    public let headers: [(name: String, value: String)]
    public let body: [UInt8]

    /// The first header of a name, which must be lowercase.
    public func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}

/// Why there is no answer.
public enum ClientFault: Error, Equatable, CustomStringConvertible {
    /// No connection: nothing was sent.
    case unreachable(String)
    /// Whether the request was acted on is not known.
    case timedOut(String)
    /// The connection broke; whether the request was acted on is not known.
    case broken(String)
    /// The other side is not who it should be, or speaks no TLS that we take.
    case notTrusted(String)
    /// The answer has more bytes than it may have.
    case tooLarge(String)
    /// The request cannot be sent as it is.
    case badRequest(String)
    case cancelled
    /// The client was closed.
    case closed

    /// Whether the same request may be sent again without being done twice.
    public var wasNotSent: Bool {
        switch self {
        case .unreachable, .notTrusted, .badRequest, .closed: true
        case .timedOut, .broken, .tooLarge, .cancelled: false
        }
    }

    /// The kind, for metrics.
    var kind: String {
        switch self {
        case .unreachable: "unreachable"
        case .timedOut: "timed_out"
        case .broken: "broken"
        case .notTrusted: "not_trusted"
        case .tooLarge: "too_large"
        case .badRequest: "bad_request"
        case .cancelled: "cancelled"
        case .closed: "closed"
        }
    }

    public var description: String {
        switch self {
        case .unreachable(let why): "nobody could be reached: \(why); the request was not sent"
        case .timedOut(let why): "no answer in time: \(why)"
        case .broken(let why): "the connection broke: \(why)"
        case .notTrusted(let why): "the other side is not trusted: \(why); the request was not sent"
        case .tooLarge(let why): "the answer is too large: \(why)"
        case .badRequest(let why): "the request cannot be sent: \(why)"
        case .cancelled: "the request was cancelled"
        case .closed: "the client is closed; make another one"
        }
    }
}
