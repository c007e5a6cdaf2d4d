import Glibc
public import Signals
import Synchronization
import Threads

/// An HTTP server for JSON services, on a socket that is bound and listens already and may be shared with replicas.
///
/// One thread serves all connections; handlers run on Swift's pool.
public final class Server: Sendable {
    private let plan: ServerPlan
    private let table: RouteTable
    private let metrics: Metrics
    private let performer: Performer
    private let mailbox = Mailbox()
    private let isStarted = Mutex(false)

    /// The description in OpenAPI 3.1, as `/openapi.json` serves it.
    public let description: [UInt8]

    public init(
        _ plan: ServerPlan, routes: [Route], metrics: Metrics = .standard, tracer: Tracer = .standard,
        log: Log = .standard
    ) {
        let description = Self.describe(plan, routes: routes)
        self.plan = plan
        self.metrics = metrics
        self.description = description
        table = RouteTable(routes + Self.builtIn(plan, description))
        performer = Performer(tracer: tracer, log: log, checksAnswers: plan.checksAnswers)
    }

    /// The description of routes in OpenAPI 3.1: always the same bytes for the same routes.
    public static func describe(_ plan: ServerPlan, routes: [Route]) -> [UInt8] {
        JSONWriter.bytes(of: Description(plan, routes).document)
    }

    /// Begins to serve on a socket, which stays the caller's to close after the end.
    public func start(on listener: Int32) throws(ServerFault) {
        let isFirst = isStarted.withLock { started in
            defer { started = true }
            return !started
        }
        guard isFirst else { throw .startedBefore }
        raiseDescriptorLimit()
        // Made here, so that a refusal is thrown here; from then on only its thread has it.
        let loop = ServerLoop(plan, table, listener: listener, mailbox, performer, metrics)
        if let fault = loop.open() { throw fault }
        let handed = Handed(loop: loop)
        NativeThread(name: "web") { handed.loop.run() }.start()
    }

    /// Takes no new connection, answers what is asked, tells clients to go, and ends; what is not done in time is
    /// answered with 503.
    public func drain(within duration: Duration) async {
        await withCheckedContinuation { continuation in
            if !isStarted.withLock({ $0 }) || !mailbox.post(.drain(duration, continuation)) { continuation.resume() }
        }
    }

    /// Ends at once; what is in hand is answered with 503.
    public func stop() async {
        await withCheckedContinuation { continuation in
            if !isStarted.withLock({ $0 }) || !mailbox.post(.stop(continuation)) { continuation.resume() }
        }
    }

    deinit { _ = mailbox.post(.stop(nil)) }

    /// Many systems allow a process 1,024 descriptors unless it asks for more.
    private func raiseDescriptorLimit() {
        var limit = rlimit()
        let wanted = rlim_t(plan.limits.connections + 512)
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < wanted else {
            return
        }
        limit.rlim_cur = min(wanted, limit.rlim_max)
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    private static func builtIn(_ plan: ServerPlan, _ description: [UInt8]) -> [Route] {
        let text = [Answer.text()]
        var routes = [
            Route(.get, "/healthz", "Whether the process lives", roles: .open, answers: text) { _ in .text("ok\n") },
            Route(.get, "/readyz", "Whether it can serve", roles: .open, answers: text) { _ in
                switch plan.readiness() {
                case .ready: return .text("ready\n")
                case .notReady(let why): throw Problem.unavailable(why)
                }
            },
            Route(.get, "/openapi.json", "This description", roles: .open, answers: [.text("", .json)]) { _ in
                Response(.json, description)
            },
        ]
        for index in routes.indices { routes[index].isHidden = true }
        return routes
    }
}

// Holds because it is handed from the thread that made it to the one that runs it, and forgotten by the first.
private struct Handed: @unchecked Sendable {
    let loop: ServerLoop
}
