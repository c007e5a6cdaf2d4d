import Contracts
import Listening
import OTLP
import Senses
import Service
import Signals
import Web

/// OpenTelemetry's door: traces, metrics and logs of any process that speaks OTLP over HTTP.
struct OTLPDoor: Sendable {
    /// What was read of a request.
    enum Heard: Sendable {
        case spans([TraceSpan])
        case points([MetricPoint])
        case entries([LogEntry])
    }

    /// Takes what was read; nil when there is no room for it now.
    let hear: @Sendable (Heard) async -> Bool
    let metrics: Metrics
    /// Bytes that are unpacked and read at a time: what is read takes several times as much.
    private let gate = Waiting()
    private static let mostAtOnce = 64 << 20
    /// What telemetry is usually packed by; what turns out larger is stopped by the limit.
    private static let usualPacking = 20

    init(metrics: Metrics, hear: @escaping @Sendable (Heard) async -> Bool) {
        self.metrics = metrics
        self.hear = hear
    }

    static let sign = ServiceDoor.Sign(
        title: "Telemetry", version: "1",
        about: "Takes traces, metrics and logs by OpenTelemetry's protocol over HTTP, in protobuf or JSON.",
        addresses: ["http://127.0.0.1:4318"])

    var routes: [Route] {
        [
            route("/v1/traces", "Takes spans", .traces), route("/v1/metrics", "Takes metrics", .metrics),
            route("/v1/logs", "Takes log records", .logs),
        ]
    }

    private static let kinds = ["application/x-protobuf", "application/json"]

    private func route(_ path: String, _ summary: String, _ signal: OTLPSignal) -> Route {
        Route(
            .post, path, summary, roles: .open, takesBytes: Self.kinds,
            answers: [
                .bytes("What was not kept, in the encoding of the request", Self.kinds),
                .problem(415, "The body is neither protobuf nor JSON, or packed other than by gzip."),
                .problem(429, "More is sent than can be read; Retry-After says when to send it again."),
            ]
        ) { request in
            guard let encoding = request.contentType.flatMap(OTLPEncoding.init(contentType:)) else {
                throw Problem(415, "Send \(Self.kinds.joined(separator: " or ")).")
            }
            let weight = min(request.bytes.count * (request.isPacked ? Self.usualPacking : 1), Self.mostAtOnce)
            guard gate.enter(weight, most: Self.mostAtOnce) else {
                count(signal, "pressure", 1)
                throw Problem(429, "More is sent than can be read now; send it again.", retryAfter: .seconds(1))
            }
            defer { gate.leave(weight) }
            do {
                let body = try unpacked(request)
                let faults = try await take(body, encoding, signal)
                return Response(.other(encoding.contentType), OTLPAnswer.body(faults, signal, encoding))
            } catch let refusal as OTLPRefusal {
                count(signal, "refused", 1)
                throw Problem(refusal.status, refusal.description)
            }
        }
    }

    private func unpacked(_ request: Request) throws -> [UInt8] {
        switch request.contentEncoding?.lowercased() {
        case nil, "identity", "": return request.bytes
        case "gzip": return try Inflation.inflate(request.bytes, most: IntakeLimits(now: 0).mostBytes)
        case let other?: throw Problem(415, "Send the body as it is, or packed by gzip; it was packed by \(other).")
        }
    }

    /// Reads the body and hands on what is good in it; what was not.
    private func take(_ body: [UInt8], _ encoding: OTLPEncoding, _ signal: OTLPSignal) async throws -> OTLP.Faults {
        let now = UInt64(clamping: WallTime.now.nanoseconds)
        // As far back and ahead as the senses have places for: what is answered as kept is kept.
        let limits = IntakeLimits(now: now, past: 3_600_000_000_000, future: 60_000_000_000)
        let heard: Heard
        let faults: OTLP.Faults
        let kept: Int
        switch signal {
        case .traces:
            let intake = try OTLPIntake.traces(body, encoding, limits)
            let spans = OTLPReading.spans(intake.groups)
            (heard, faults, kept) = (.spans(spans), intake.faults, spans.count)
        case .metrics:
            let intake = try OTLPIntake.metrics(body, encoding, limits)
            let points = OTLPReading.points(intake.groups)
            (heard, faults, kept) = (.points(points), intake.faults, points.count)
        case .logs:
            let intake = try OTLPIntake.logs(body, encoding, limits, arrival: now)
            let entries = OTLPReading.entries(intake.groups)
            (heard, faults, kept) = (.entries(entries), intake.faults, entries.count)
        }
        guard await hear(heard) else {
            throw Problem.unavailable("There is no room for more now; send it again.", retryAfter: .seconds(2))
        }
        count(signal, "kept", kept)
        for fault in OTLP.Fault.allCases where faults[fault] > 0 { count(signal, fault.words, faults[fault]) }
        return faults
    }

    private func count(_ signal: OTLPSignal, _ outcome: String, _ count: Int) {
        metrics.counter(
            "otlp.received", help: "Spans, data points and log records that were sent here, by what became of them",
            labels: ["signal": "\(signal)", "outcome": outcome]
        ).increment(by: count)
    }
}

extension Request {
    /// Whether the body has to be unpacked.
    fileprivate var isPacked: Bool { contentEncoding?.lowercased() == "gzip" }
}
