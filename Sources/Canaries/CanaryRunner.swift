import Contracts
public import Definitions
public import Signals
public import WebClient

/// Carries canaries' runs out over HTTP, and counts them.
public struct CanaryRunner: Sendable {
    /// Where the shop's services are.
    public struct Doors: Sendable {
        /// `http://127.0.0.1:8081`
        public var orders: String
        /// Nil where it cannot be reached: then what a canary orders must be there already.
        public var inventory: String?

        public init(orders: String, inventory: String?) {
            self.orders = orders
            self.inventory = inventory
        }
    }

    private let doors: Doors
    private let key: String
    private let client: WebClient
    private let metrics: Metrics

    /// `key` is an API key; preparing products and stock takes an operator's.
    public init(_ doors: Doors, key: String, client: WebClient, metrics: Metrics = .standard) {
        self.doors = doors
        self.key = key
        self.client = client
        self.metrics = metrics
    }

    /// Makes sure that a canary's customer, product and stock are there; what is missing still, or nil.
    public func prepare(_ definition: CanaryDefinition) async -> String? {
        var preparation = CanaryPreparation(definition, hasInventory: doors.inventory != nil)
        while let request = preparation.next {
            if let fault = preparation.hear(await send(request)) { return fault }
        }
        return nil
    }

    /// One run, to its end.
    public func run(_ definition: CanaryDefinition) async -> CanaryResult {
        let trace = TraceContext.root(sampled: true)
        // A task of its own: who cancels the caller leaves a run to its end, so that no order stays behind.
        let result = await TraceContext.$current.withValue(trace) {
            await Task { await carryOut(definition, trace) }.value
        }
        count(result)
        return result
    }

    private func carryOut(_ definition: CanaryDefinition, _ trace: TraceContext) async -> CanaryResult {
        var run = CanaryRun(definition, key: "canary-\(trace.traceIdentifier)")
        var effect = run.begin(now: Self.now)
        while true {
            switch effect {
            case .send(let request):
                let answer = await send(request)
                effect = run.hear(answer, now: Self.now)
            case .wait(let until):
                // Nobody else has this task, so that nobody can cancel it.
                try? await Task.sleep(for: until.since(Self.now))
                effect = run.resume(now: Self.now)
            case .end(var result):
                result.trace = trace.traceIdentifier
                return result
            }
        }
    }

    private static var now: Moment {
        let (seconds, attoseconds) = monotonicNow().components
        return Moment(nanoseconds: UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000))
    }

    private func send(_ request: CanaryRequest) async -> CanaryAnswer {
        guard let door = request.service == .orders ? doors.orders : doors.inventory else {
            return .failed("the address of \(request.service.rawValue) is not known", mayHaveBeenDone: false)
        }
        let methods: [CanaryRequest.Method: ClientRequest.Method] = [
            .get: .get, .put: .put, .post: .post, .delete: .delete,
        ]
        let url = door + request.path
        let method = methods[request.method] ?? .get
        var sent = request.body.map { ClientRequest.json(method, url, Array($0.utf8)) } ?? ClientRequest(method, url)
        sent.headers.append(("x-api-key", key))
        if let key = request.key { sent.headers.append(("idempotency-key", key)) }
        sent.deadline = request.deadline
        sent.expected = request.expected
        do {
            let response = try await client.send(sent)
            return .answered(status: response.status, body: response.body)
        } catch {
            return .failed("\(error)", mayHaveBeenDone: !error.wasNotSent)
        }
    }

    private func count(_ result: CanaryResult) {
        let outcome = result.passed ? "passed" : "failed"
        metrics.counter(
            "canary.runs", help: "Runs of synthetic customers", labels: ["canary": result.canary, "outcome": outcome]
        ).increment()
        metrics.histogram(
            "canary.duration", unit: .seconds, help: "How long a synthetic customer took",
            labels: ["canary": result.canary, "outcome": outcome]
        ).record(result.seconds)
    }
}
