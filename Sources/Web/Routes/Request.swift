public import Signals

/// What a handler is told of a request beside its parameters and its body.
public final class Request: Sendable {
    /// Who asks; nil where a route is open.
    public let caller: Caller?
    /// The first answer to this key is to be given again.
    public let idempotencyKey: String?
    /// The last event that a client of a stream has seen.
    public let lastEventID: String?
    /// The trace of the caller, if it sent one.
    public let trace: TraceContext?
    /// As the client sent it: of what kind the body is, and how it is packed.
    public let contentType: String?
    public let contentEncoding: String?
    /// Headers whose names begin with `ce-` or `x-kintsugi-`, with names in small letters.
    public let headers: [(name: String, value: String)]
    /// What the client has of it already, as it says.
    public let ifNoneMatch: String?
    /// The cookies as the browser sent them.
    let cookies: [UInt8]?
    let captures: [[UInt8]]
    let query: [UInt8]
    let body: [UInt8]

    /// The body as it came, for routes that take bytes.
    public var bytes: [UInt8] { body }

    /// The value of a cookie; nil where it is not there, or twice.
    public func cookie(_ name: String) -> String? {
        cookies.flatMap { SessionDoor(cookie: name) { _ in nil }.value(in: $0) }
    }

    init(_ head: RequestHead, caller: Caller?, captures: [[UInt8]], query: [UInt8], body: [UInt8]) {
        self.caller = caller
        idempotencyKey = head.idempotencyKey.map { String(decoding: $0, as: UTF8.self) }
        lastEventID = head.lastEventID.map { String(decoding: $0, as: UTF8.self) }
        trace = head.traceparent.flatMap { TraceContext(traceparent: String(decoding: $0, as: UTF8.self)) }
        contentType = head.contentType.map { String(decoding: $0, as: UTF8.self) }
        contentEncoding = head.contentEncoding.map { String(decoding: $0, as: UTF8.self) }
        headers = head.others.map { ($0.name, String(decoding: $0.value, as: UTF8.self)) }
        ifNoneMatch = head.ifNoneMatch.map { String(decoding: $0, as: UTF8.self) }
        cookies = head.cookies
        self.captures = captures
        self.query = query
        self.body = body
    }
}
