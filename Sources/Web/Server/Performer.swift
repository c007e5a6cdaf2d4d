import CMicroHTTPD
import Signals

/// Does one request on Swift's pool: the handler within its span, its errors as problems, the answer made ready.
struct Performer: Sendable {
    let tracer: Tracer
    let log: Log
    let checksAnswers: Bool

    func perform(_ route: Route, _ request: Request, acceptsGzip: Bool) async -> PreparedAnswer {
        var span = Span("\(route.method.rawValue) \(route.pattern.text)", kind: .server, parent: request.trace)
        span.set("http.request.method", .text(route.method.rawValue))
        span.set("http.route", .text(route.pattern.text))
        let response = await TraceContext.$current.withValue(span.context) { await answer(route, request) }
        span.set("http.response.status_code", .integer(response.status))
        span.end(response.status >= 500 ? .error("\(response.status)") : .unset)
        tracer.finish(span)
        return Self.prepare(response, acceptsGzip: acceptsGzip)
    }

    private func answer(_ route: Route, _ request: Request) async -> Response {
        do {
            return checked(try await route.handle(request), route)
        } catch let problem as Problem {
            return checked(problem.response, route)
        } catch is CancellationError {
            return Problem.unavailable("The service is stopping; ask again.").response
        } catch {
            log.limited(
                "request failed \(route.pattern.text)", .error,
                "a request failed for a reason that its handler does not know",
                ["route": "\(route.method.rawValue) \(route.pattern.text)", "error": .text("\(error)")])
            return Problem(500, "The service failed on this request; it has written down why.").response
        }
    }

    private func checked(_ response: Response, _ route: Route) -> Response {
        guard checksAnswers, let broken = route.broken(by: response) else { return response }
        log.error("an answer breaks its description", ["route": .text(route.pattern.text), "why": .text(broken)])
        return Problem(500, "The answer breaks its description: \(broken)").response
    }

    /// Makes the library's response of ours.
    static func prepare(_ response: Response, acceptsGzip: Bool) -> PreparedAnswer {
        let made: OpaquePointer?
        var feed: EventFeed?
        switch response.body {
        case .events(let events):
            feed = events
            made = web_stream(
                EventFeed.read, Unmanaged.passRetained(events).toOpaque(),
                { context in
                    guard let context else { return }
                    Unmanaged<EventFeed>.fromOpaque(context).takeRetainedValue().cancel()
                })
        case .bytes(let bytes):
            let isWorthwhile = Compression.isWorthwhile(bytes, response.content)
            let packed = isWorthwhile && acceptsGzip ? Compression.gzip(bytes) : nil
            made = web_response(packed ?? bytes, (packed ?? bytes).count)
            if packed != nil { MHD_add_response_header(made, "Content-Encoding", "gzip") }
            if isWorthwhile { MHD_add_response_header(made, "Vary", "Accept-Encoding") }
        }
        // No memory for a few hundred bytes: nothing that could be said would fit either.
        guard let made else { preconditionFailure("the HTTP library has no memory for an answer") }
        if response.status != 204 { MHD_add_response_header(made, "Content-Type", response.content.name) }
        for (name, value) in response.headers { MHD_add_response_header(made, name, value) }
        return PreparedAnswer(status: response.status, response: made, feed: feed)
    }
}

extension Route {
    /// What of the route's promises an answer breaks.
    func broken(by response: Response) -> String? {
        if Description.alwaysPossible(self).contains(where: { $0.status == response.status }) { return nil }
        guard let answer = answers.first(where: { $0.status == response.status }) else {
            return "status \(response.status) is not described"
        }
        guard answer.status == 204 || ([answer.content.name] + answer.kinds).contains(response.content.name) else {
            return "expected \(answer.content.name), found \(response.content.name)"
        }
        guard let check = answer.check, case .bytes(let bytes) = response.body else { return nil }
        let faults = check(bytes)
        return faults.isEmpty ? nil : faults.map { "\($0.field): \($0.detail)" }.joined(separator: "; ")
    }
}

extension EventFeed {
    /// The library asks for more to send.
    static let read: MHD_ContentReaderCallback = { context, _, buffer, most in
        guard let context, let buffer else { return web_stream_end() }
        let feed = Unmanaged<EventFeed>.fromOpaque(context).takeUnretainedValue()
        switch feed.move(to: UnsafeMutableRawBufferPointer(start: buffer, count: most)) {
        case .some(let count): return count
        case .end: return web_stream_end()
        case .nothingNow:
            guard let connection = feed.own.connection else { return web_stream_end() }
            feed.own.isSuspended = true
            MHD_suspend_connection(connection)
            return 0
        }
    }
}
