public import Contracts
public import Definitions
public import Intake
public import Signals
public import Web

/// The routes by which others raise alerts. Each answers 2xx only after `take` has returned.
public struct AlertDoor: Sendable {
    /// Who may send, and how it is understood.
    public struct Plan: Sendable {
        public var words = IntakeWords()
        /// The secret of a hook by its name; nil for a hook that is not known. Asked each time: a secret may change.
        public var secret: @Sendable (String) -> [UInt8]?
        public var routingKeys: [TriageDefinition.RoutingKey]
        /// Alertmanager, Prometheus and senders of CloudEvents must show a key with the role `alerts`.
        public var requiresKeys: Bool

        public init(_ definition: TriageDefinition, secret: @escaping @Sendable (String) -> [UInt8]?) {
            self.secret = secret
            routingKeys = definition.routingKeys
            requiresKeys = definition.requiresKeys
            words.nodeLabels = definition.serviceLabels ?? words.nodeLabels
            words.severityLabels = definition.severityLabels ?? words.severityLabels
        }
    }

    let plan: @Sendable () -> Plan
    let metrics: Metrics
    let now: @Sendable () -> Int64
    /// Keeps alerts, and says what became of each, in their order. Throws a `Problem` of 503 where it cannot now.
    let take: @Sendable ([RaisedAlert]) async throws -> [AlertReceipt]
    /// Somebody has seen the alert of a fingerprint.
    let acknowledge: @Sendable (_ fingerprint: String, _ sender: String) async throws -> Void
    private let access: Access

    /// A door. `plan` is asked for each request; only whether keys are required is asked for once.
    public init(
        plan: @escaping @Sendable () -> Plan, metrics: Metrics, now: @escaping @Sendable () -> Int64,
        take: @escaping @Sendable ([RaisedAlert]) async throws -> [AlertReceipt],
        acknowledge: @escaping @Sendable (_ fingerprint: String, _ sender: String) async throws -> Void
    ) {
        self.plan = plan
        self.metrics = metrics
        self.now = now
        self.take = take
        self.acknowledge = acknowledge
        access = plan().requiresKeys ? ["alerts"] : .open
    }

    /// All of them.
    public var routes: [Route] {
        [
            plain("/v1/alertmanager", "Takes a webhook of Alertmanager, version 4", "alertmanager") {
                request, words, now, sender throws(IntakeRefusal) in
                try AlertmanagerIntake.webhook(request.bytes, words, now: now, sender: sender)
            },
            plain("/api/v2/alerts", "Takes alerts as Prometheus posts them to Alertmanager", "prometheus", json: .list)
            {
                request, words, now, sender throws(IntakeRefusal) in
                try AlertmanagerIntake.postedAlerts(request.bytes, words, now: now, sender: sender)
            },
            events, pagerDuty, hook,
        ]
    }

    // MARK: - Routes

    private static let json = ["application/json"]
    private static let eventKinds = [
        CloudEventIntake.structured, CloudEventIntake.batch, "application/json", "text/plain",
        "application/octet-stream",
        "application/xml", "text/xml",
    ]

    private static let answers: [Answer] = [
        .ok(TakenAlerts.shape, "The alerts are on disk; what became of the first hundred"),
        .problem(400, "The body is not in this format."), .problem(422, "No alert in it could be taken."),
        .problem(503, "The alerts could not be kept: send them again."),
    ]

    private func plain(
        _ path: String, _ summary: String, _ format: String, json: Route.TakenJSON = .object,
        _ read: @escaping @Sendable (Request, IntakeWords, Int64, String) throws(IntakeRefusal) -> IntakeResult
    ) -> Route {
        Route(.post, path, summary, roles: access, takesBytes: Self.json, json: json, answers: Self.answers) {
            request in
            try await received(request, format) { () throws(IntakeRefusal) in
                try read(request, plan().words, now(), request.caller?.name ?? format)
            }
        }
    }

    private var events: Route {
        Route(
            .post, "/v1/events", "Takes CloudEvents 1.0: structured, binary or in batches", roles: access,
            takesBytes: Self.eventKinds, json: .anything, answers: Self.answers
        ) { request in
            try await received(request, "cloudevents") { () throws(IntakeRefusal) in
                try CloudEventIntake.read(
                    request.bytes, contentType: request.contentType, headers: request.headers, plan().words, now: now(),
                    sender: request.caller?.name ?? "cloudevents")
            }
        }
    }

    private var hook: Route {
        Route(
            .post, "/v1/hooks/{name}", "Takes alerts whose sender signs them", roles: .open, takesBytes: Self.json,
            json: .anything, asks: .path("name", .text(1...32, .word)),
            answers: Self.answers + [.problem(401, "The signature is missing, wrong or old.")]
        ) { request, name in
            try await received(request, "webhook") { () throws(IntakeRefusal) in
                let plan = plan()
                let secret = plan.secret(name)
                let header = request.headers.first { $0.name == "x-kintsugi-signature" }?.value
                // Which hooks there are is nobody's business: one that is not known refuses every signature.
                try HookSignature.check(header, request.bytes, secret: secret, now: now())
                return try HookIntake.read(request.bytes, hook: name, plan.words, now: now())
            }
        }
    }

    private var pagerDuty: Route {
        Route(
            .post, "/v2/enqueue", "Takes events as PagerDuty's Events API v2 does", roles: .open, takesBytes: Self.json,
            answers: [
                .json(202, EnqueuedEvent.shape, "The event is on disk"),
                .json(400, RefusedEvent.shape, "The event is not valid"),
                .problem(503, "The event could not be kept: send it again."),
            ]
        ) { request in try await enqueue(request) }
    }

    private func enqueue(_ request: Request) async throws -> Response {
        let plan = plan()
        do throws(IntakeRefusal) {
            try unpacked(request)
        } catch {
            throw problem(error, "pagerduty")
        }
        let event: PagerDutyEvent
        do throws(IntakeRefusal) {
            event = try PagerDutyEvent.read(request.bytes, plan.words, now: now(), sender: "pagerduty")
        } catch {
            count("pagerduty", "refused", 1)
            let errors = error.errors.isEmpty ? [error.text] : error.errors
            return .json(400, RefusedEvent(message: "Event object is invalid", errors: errors))
        }
        guard let known = plan.routingKeys.first(where: { $0.digest == event.key }) else {
            count("pagerduty", "refused", 1)
            return .json(
                400, RefusedEvent(message: "Event object is invalid", errors: ["'routing_key' is not known here"]))
        }
        switch event.action {
        case .alert(var alert):
            alert.sender = known.name
            _ = try await take([alert])
        case .acknowledge(let fingerprint): try await acknowledge(fingerprint, known.name)
        }
        count("pagerduty", "kept", 1)
        return .json(202, EnqueuedEvent(key: event.deduplication))
    }

    // MARK: - What is common

    private func received(
        _ request: Request, _ format: String, _ read: () throws(IntakeRefusal) -> IntakeResult
    ) async throws -> Response {
        let result: IntakeResult
        do throws(IntakeRefusal) {
            try unpacked(request)
            result = try read()
        } catch {
            throw problem(error, format)
        }
        let receipts = result.alerts.isEmpty ? [] : try await take(result.alerts)
        count(format, "kept", result.alerts.count)
        if !result.notes.isEmpty { count(format, "noted", result.notes.count) }
        return .ok(TakenAlerts(taken: receipts.count, notes: result.notes, receipts: receipts))
    }

    private func unpacked(_ request: Request) throws(IntakeRefusal) {
        let packing = request.contentEncoding?.lowercased() ?? ""
        guard packing.isEmpty || packing == "identity" else { throw .packed(packing) }
    }

    private func problem(_ refusal: IntakeRefusal, _ format: String) -> Problem {
        count(format, "refused", 1)
        return Problem(refusal.status, refusal.text)
    }

    private func count(_ format: String, _ outcome: String, _ count: Int) {
        metrics.counter(
            "alerts.received", help: "Alerts that were sent here, by their format and by what became of them",
            labels: ["format": format, "outcome": outcome]
        ).increment(by: count)
    }
}
