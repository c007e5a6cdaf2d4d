/// Why a request is refused, as RFC 9457 has it; a handler throws it.
public struct Problem: Error, Sendable, Equatable {
    public var status: Int
    /// What happened, and what to do.
    public var detail: String
    /// What is wrong with the input, one by one.
    public var errors: [Fault]
    /// When it is worth asking again.
    public var retryAfter: Duration?
    /// The methods that a place has.
    var allow: String?

    public init(_ status: Int, _ detail: String, errors: [Fault] = [], retryAfter: Duration? = nil) {
        self.status = status
        self.detail = Self.told(detail)
        self.errors = errors
        self.retryAfter = retryAfter
    }

    /// What a client sent may stand in it: as the description promises, without NUL and not without end.
    private static func told(_ detail: String) -> String {
        let isFit = !detail.utf8.contains(0) && detail.utf8.count <= mostOfDetail
        guard !isFit else { return detail }
        return String(
            String.UnicodeScalarView(detail.unicodeScalars.prefix(mostOfDetail).map { $0 == "\0" ? "\u{FFFD}" : $0 }))
    }

    private static let mostOfDetail = 4_000

    /// The request itself is wrong.
    public static func badRequest(_ detail: String, errors: [Fault] = []) -> Problem {
        Problem(400, detail, errors: errors)
    }
    /// There is no such thing.
    public static func notFound(_ detail: String) -> Problem { Problem(404, detail) }
    /// What is there already does not allow it.
    public static func conflict(_ detail: String) -> Problem { Problem(409, detail) }
    /// Not now.
    public static func unavailable(_ detail: String, retryAfter: Duration = .seconds(1)) -> Problem {
        Problem(503, detail, retryAfter: retryAfter)
    }

    /// What a status is called.
    static func title(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 409: "Conflict"
        case 413: "Content Too Large"
        case 415: "Unsupported Media Type"
        case 422: "Unprocessable Content"
        case 429: "Too Many Requests"
        case 500: "Internal Server Error"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        default: "Status \(status)"
        }
    }

    /// What every problem's body looks like.
    static let shape = ObjectShape<Void>("Problem", "Why a request was refused (RFC 9457).") { problem in
        _ = problem.required("type", .text(1...200), "Always about:blank: the status says the kind.")
        _ = problem.required("title", .text(1...100))
        _ = problem.required("status", .integer(400...599))
        _ = problem.required("detail", .text(1...4_000), "What happened, and what to do.")
        _ = problem.optional("errors", .list(of: faultShape, 1...100), "What is wrong with the input, one by one.")
    }
    private static let faultShape = ObjectShape<Void>("Fault", "One thing that is wrong with the input.") { fault in
        _ = fault.required(
            "field", .text(0...4_000, .unbounded), "A JSON pointer into the body, or the name of a parameter or header."
        )
        _ = fault.required("detail", .text(1...4_000), "What was expected, and what was found.")
    }
}

extension Problem: JSONWritable {
    public func write(to writer: inout JSONWriter) {
        writer.object {
            $0.member("type", "about:blank")
            $0.member("title", Self.title(status))
            $0.member("status", status)
            $0.member("detail", detail)
            if !errors.isEmpty { $0.member("errors", errors) }
        }
    }
}

extension Problem {
    var response: Response {
        var response = Response(status: status, .problem, JSONWriter.bytes(of: self))
        if let retryAfter {
            let (seconds, rest) = retryAfter.components
            response.headers.append(("Retry-After", "\(max(1, seconds + (rest > 0 ? 1 : 0)))"))
        }
        if let allow { response.headers.append(("Allow", allow)) }
        return response
    }
}
