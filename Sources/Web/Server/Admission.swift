import Contracts

/// What is decided of a request as soon as its headers are there: whether it goes on, to which route, and for whom.
struct Admission {
    enum Verdict {
        case admitted(route: Int, captures: [[UInt8]], caller: Caller?)
        case refused(Problem, route: Int?)
        /// OPTIONS: which methods are here.
        case methods(String)
    }

    let table: RouteTable
    let keys: Keyring
    let sessions: SessionDoor?
    let bodyLimit: Int
    private var buckets: [TokenBucket]
    /// Of people with sessions, by their names.
    private var personal: [String: TokenBucket] = [:]
    /// More than that are not remembered: then all are begun anew.
    private static let mostPersonal = 4_096

    init(_ table: RouteTable, _ keys: Keyring, sessions: SessionDoor? = nil, bodyLimit: Int, now: Moment) {
        self.table = table
        self.keys = keys
        self.sessions = sessions
        self.bodyLimit = bodyLimit
        buckets = keys.entries.map { TokenBucket(perSecond: $0.rate, burst: $0.burst, at: now) }
    }

    /// First whether there is such a place, then who asks, then whether the request is one.
    mutating func judge(method: String, path: ArraySlice<UInt8>, _ head: RequestHead, now: Moment) -> Verdict {
        let index: Int
        let raw: [ArraySlice<UInt8>]
        switch table.match(method: method, path: path) {
        case .route(let found, let captures): (index, raw) = (found, captures)
        case .otherMethods(let allow):
            if method == "OPTIONS" { return .methods(allow) }
            var problem = Problem(405, "\(shown(method)) is not offered here; the methods are \(allow).")
            problem.allow = allow
            return .refused(problem, route: nil)
        case .nothing:
            let path = shown(String(decoding: path, as: UTF8.self))
            return .refused(.notFound("Nothing is at \(path). What there is: \(table.places)."), route: nil)
        }
        if head.isAmbiguous || head.hasTwoKeys {
            return .refused(
                .badRequest("The headers contradict each other; see errors.", errors: head.faults), route: index)
        }
        let route = table.routes[index]
        var caller: Caller?
        if route.access != .open {
            switch admit(head, route, now: now) {
            case .success(let found): caller = found
            case .failure(let problem): return .refused(problem, route: index)
            }
        }
        var captures: [[UInt8]] = []
        var faults = head.faults
        for (place, part) in raw.enumerated() {
            if let decoded = Percent.decode(part) {
                captures.append(decoded)
            } else {
                faults.append(Fault(field: route.pattern.names[place], detail: "expected percent-encoded UTF-8"))
            }
        }
        if let problem = judge(head, route, faults) { return .refused(problem, route: index) }
        return .admitted(route: index, captures: captures, caller: caller)
    }

    private mutating func admit(_ head: RequestHead, _ route: Route, now: Moment) -> Result<Caller, Problem> {
        guard let key = head.key else {
            if let sessions { return admit(head, route, sessions, now: now) }
            return .failure(Problem(401, "Send your key in the header x-api-key."))
        }
        guard let place = keys.place(of: key) else {
            return .failure(
                Problem(401, "The key in the header x-api-key is not known here; ask the operator for one."))
        }
        let caller = keys.entries[place].caller
        if let wait = buckets[place].take(now: now) {
            let entry = keys.entries[place]
            return .failure(
                Problem(
                    429, "More than \(entry.rate) requests a second by \(caller.name); wait, then ask more slowly.",
                    retryAfter: wait))
        }
        guard route.access.admits(caller) else {
            return .failure(Problem(403, "\(caller.name) may not do this: it takes \(route.access.needs)."))
        }
        return .success(caller)
    }

    /// Somebody in a browser: by the cookie, and where something is changed by the session's word, too.
    private mutating func admit(
        _ head: RequestHead, _ route: Route, _ sessions: SessionDoor, now: Moment
    ) -> Result<Caller, Problem> {
        guard let session = head.cookies.flatMap(sessions.value).flatMap(sessions.find) else {
            return .failure(Problem(401, "Sign in, or send a key in the header x-api-key."))
        }
        if personal.count >= Self.mostPersonal { personal = [:] }
        let name = session.caller.name
        var bucket =
            personal[name] ?? TokenBucket(perSecond: sessions.rate, burst: sessions.burst, at: now)
        let wait = bucket.take(now: now)
        personal[name] = bucket
        if let wait {
            return .failure(
                Problem(429, "More than \(sessions.rate) requests a second by \(name); wait.", retryAfter: wait))
        }
        if route.method != .get {
            let word = head.others.first { $0.name == SessionDoor.header }?.value
            guard let word, equalInConstantTime(word, Array(session.word.utf8)) else {
                return .failure(
                    Problem(403, "A change needs the session's word in the header \(SessionDoor.header), too."))
            }
        }
        guard route.access.admits(session.caller) else {
            return .failure(Problem(403, "\(name) may not do this: it takes \(route.access.needs)."))
        }
        return .success(session.caller)
    }

    private func judge(_ head: RequestHead, _ route: Route, _ faults: [Fault]) -> Problem? {
        var faults = faults
        if let key = head.idempotencyKey, route.takesIdempotencyKey,
            key.withUnsafeBufferPointer({ IdempotencyKey.shape.parse($0) }) == nil
        {
            faults.append(Fault(field: "idempotency-key", detail: "expected \(IdempotencyKey.shape.expected)"))
        }
        guard faults.isEmpty else {
            return .badRequest("The headers or the path are not what is expected here; see errors.", errors: faults)
        }
        if let length = head.contentLength, length > bodyLimit { return Self.tooLarge(bodyLimit) }
        if let kinds = route.kinds, !head.isOf(kinds) {
            let found = head.contentType.map { shown(String(decoding: $0, as: UTF8.self)) } ?? "none"
            return Problem(415, "Send the body as \(kinds.joined(separator: " or ")); the content-type was \(found).")
        }
        if route.kinds == nil, route.body != nil, head.hasBody || head.contentType != nil, !head.isJSON {
            let found = head.contentType.map { shown(String(decoding: $0, as: UTF8.self)) } ?? "none"
            return Problem(415, "Send the body as application/json in UTF-8; the content-type was \(found).")
        }
        return nil
    }

    static func tooLarge(_ limit: Int) -> Problem {
        Problem(413, "The body may have at most \(limit) bytes.")
    }
}

extension Access {
    var needs: String {
        switch self {
        case .open, .anyKey: "any key"
        case .roles(let roles): "the role \(roles.joined(separator: " or "))"
        }
    }
}

/// What repeats of one request have in common.
enum IdempotencyKey {
    static let shape = TextShape(length: 1...200, pattern: .visible)
}
