import CCurl
public import Signals
import Synchronization
import Threads

/// Sends requests to other services. One thread has all connections and keeps them open for the next request; those who
/// send wait without a thread.
public final class WebClient: Sendable {
    /// What a client is allowed at most.
    public struct Limits: Sendable {
        /// Connections to one host at once; further requests wait for one, within their deadlines.
        public var connectionsPerHost = 32
        /// Connections that are kept open.
        public var kept = 64

        public init() {}
    }

    // The library wants to be begun once in a process, before its first use.
    private static let hasBegun = web_curl_begin() != 0

    private let mailbox: ClientMailbox
    private let number = Atomic<UInt64>(0)
    private let metrics: Metrics
    private let tracer: Tracer

    /// `authorities` is a file of certificates in PEM that are trusted instead of the system's.
    public init(
        authorities: String? = nil, limits: Limits = Limits(), metrics: Metrics = .standard,
        tracer: Tracer = .standard
    ) {
        let multi = Self.hasBegun ? curl_multi_init() : nil
        curl_limit(multi, CURLMOPT_MAX_HOST_CONNECTIONS, limits.connectionsPerHost)
        curl_limit(multi, CURLMOPT_MAXCONNECTS, limits.kept)
        let mailbox = ClientMailbox(multi)
        self.mailbox = mailbox
        self.metrics = metrics
        self.tracer = tracer
        NativeThread(name: "web-client") {
            var loop = ClientLoop(mailbox, authorities: authorities)
            loop.run()
        }.start()
    }

    deinit { close() }

    /// Ends the thread; what is on its way fails with `closed`.
    public func close() { _ = mailbox.post(.close) }

    /// Sends a request and waits for its answer, whatever its status. Redirects are answers like others.
    public func send(_ request: ClientRequest) async throws(ClientFault) -> ClientResponse {
        var span = Span(request.method.rawValue, kind: .client, parent: TraceContext.current)
        span.set("http.request.method", .text(request.method.rawValue))
        span.set("url.full", .text(request.place))
        let began = monotonicNow()
        let result = await perform(request, traceparent: span.context.traceparent)
        record(request, result, in: monotonicNow() - began)
        switch result {
        case .success(let response):
            span.set("http.response.status_code", .integer(response.status))
            let failed = response.status >= 400 && response.status != request.expected
            span.end(failed ? .error("\(response.status)") : .unset)
        case .failure(let fault):
            span.set("error.type", .text(fault.kind))
            span.end(.error(fault.description))
        }
        tracer.finish(span)
        return try result.get()
    }

    private func perform(
        _ request: ClientRequest, traceparent: String
    ) async -> Result<ClientResponse, ClientFault> {
        let number = number.wrappingAdd(1, ordering: .relaxed).newValue
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let transfer = Transfer(number, request, traceparent: traceparent, continuation)
                guard !Task.isCancelled else { return transfer.finish(.failure(.cancelled)) }
                if !mailbox.post(.send(transfer)) { transfer.finish(.failure(.closed)) }
                // Cancelled before it was posted, and after it was looked at: that word came too early.
                if Task.isCancelled { _ = mailbox.post(.cancel(number)) }
            }
        } onCancel: {
            _ = mailbox.post(.cancel(number))
        }
    }

    private func record(
        _ request: ClientRequest, _ result: Result<ClientResponse, ClientFault>, in duration: Duration
    ) {
        let outcome: (name: String, value: String) =
            switch result {
            case .success(let response): ("http.response.status_code", "\(response.status)")
            case .failure(let fault): ("error.type", fault.kind)
            }
        metrics.histogram(
            "http.client.request.duration", unit: .seconds, help: "From sending a request to having its answer",
            labels: [
                "http.request.method": request.method.rawValue, "server.address": Self.server(request.url),
                outcome.name: outcome.value,
            ]
        ).record(duration)
    }

    /// The host and the port of a URL.
    private static func server(_ url: String) -> String {
        let afterScheme = url.split(separator: "/", omittingEmptySubsequences: true).dropFirst().first ?? ""
        return String(afterScheme.split(separator: "@").last ?? "")
    }
}
