import Contracts
import Host
import Settings
import Signals
import Synchronization

@testable import Web

/// A server with a few routes, on a port of its own.
final class Hall: Sendable {
    static let keys = (guest: Keyring.makeKey(), host: Keyring.makeKey(), hasty: Keyring.makeKey())

    let server: Server
    let port: UInt16
    let gate = Gate()
    let metrics = Metrics()
    let tracer = Tracer(
        {
            var limits = Tracer.Limits()
            limits.share = 1
            return limits
        }())
    private let listener: ListeningSocket

    init(_ change: (inout ServerPlan) -> Void = { _ in }, more: [Route] = []) throws {
        var plan = ServerPlan(title: "A hall", version: "1")
        plan.checksAnswers = true
        let text = """
            version: 1
            keys:
              - {name: guest, hash: \(Self.keys.guest.hash), roles: [guest], rate: 100000, burst: 100000}
              - {name: host, hash: \(Self.keys.host.hash), roles: [host], rate: 100000, burst: 100000}
              - {name: hasty, hash: \(Self.keys.hasty.hash), roles: [guest], rate: 1, burst: 2}
            """
        plan.keys = try Keyring(Document(text: text, name: "keys.yaml"))
        change(&plan)
        listener = try ListeningSocket(name: "hall", address: "127.0.0.1", port: 0)
        port = listener.port
        server = Server(plan, routes: Self.routes(gate) + more, metrics: metrics, tracer: tracer)
        try server.start(on: listener.descriptor.number)
    }

    func wire() -> Wire { Wire(port: port) }

    static func request(
        _ line: String, key: String? = keys.guest.key, _ headers: String = "", body: String? = nil
    ) -> String {
        let key = key.map { "x-api-key: \($0)\r\n" } ?? ""
        let content = body.map { "content-type: application/json\r\ncontent-length: \($0.utf8.count)\r\n" } ?? ""
        return "\(line) HTTP/1.1\r\nHost: hall\r\n\(key)\(content)\(headers)\r\n\(body ?? "")"
    }

    struct Word: JSONWritable {
        let text: String
        static let shape = ObjectShape("Word") { Word(text: $0.required("text", .text(0...2_000_000))) }
        func write(to writer: inout JSONWriter) { writer.object { $0.member("text", text) } }
    }

    private static func routes(_ gate: Gate) -> [Route] {
        let word = Word.shape
        return [
            Route(
                .post, "/echo", "Says it again", roles: ["guest"], idempotencyKey: true, takes: word,
                answers: [.ok(word)]
            ) {
                request, said in
                request.idempotencyKey.map { .ok(Word(text: $0)) } ?? .ok(said)
            },
            Route(
                .get, "/words/{number}", "Says a number", roles: ["guest", "host"],
                asks: .path("number", .integer(1...9)),
                answers: [.ok(word), .notFound("There is no such word")]
            ) { _, number in
                guard number < 9 else { throw Problem.notFound("There is no ninth word.") }
                return .ok(Word(text: String(repeating: "word ", count: number * 100)))
            },
            Route(.get, "/open", "For everybody", roles: .open, answers: [.ok(word)]) { _ in
                .ok(Word(text: TraceContext.current?.traceIdentifier ?? ""))
            },
            Route(.get, "/hosts", "For hosts", roles: ["host"], answers: [.noContent()]) { _ in .noContent },
            Route(.get, "/wait", "Waits at the gate", roles: .open, answers: [.ok(word)]) { _ in
                await gate.pass()
                return .ok(Word(text: "passed"))
            },
            Route(.get, "/fault", "Fails", roles: .open, answers: [.ok(word)]) { _ in throw SomeFault() },
            Route(.get, "/lie", "Answers what is not described", roles: .open, answers: [.ok(word)]) { _ in
                .ok { $0.member("other", 1) }
            },
        ]
    }

    struct SomeFault: Error {}
}

/// Holds those who come until it is opened.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [CheckedContinuation<Void, Never>] = []
        var watchers: [(count: Int, CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    func pass() async {
        await withCheckedContinuation { continuation in
            let (isOpen, watchers) = state.withLock { state in
                guard !state.isOpen else { return (true, [CheckedContinuation<Void, Never>]()) }
                state.waiting.append(continuation)
                let due = state.watchers.filter { $0.count <= state.waiting.count }
                state.watchers.removeAll { $0.count <= state.waiting.count }
                return (false, due.map(\.1))
            }
            for watcher in watchers { watcher.resume() }
            if isOpen { continuation.resume() }
        }
    }

    /// Waits until so many wait at it.
    func isReached(by count: Int) async {
        await withCheckedContinuation { continuation in
            let isDue = state.withLock { state in
                if state.waiting.count < count { state.watchers.append((count, continuation)) }
                return state.waiting.count >= count
            }
            if isDue { continuation.resume() }
        }
    }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
