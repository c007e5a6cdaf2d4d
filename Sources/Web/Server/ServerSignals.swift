import Contracts
import Signals

/// What a server counts. Only its thread records.
struct ServerSignals {
    private let metrics: Metrics
    private let routes: [Route]
    private let active: Gauge
    private let connections: Gauge
    private var durations: [[(status: Int, histogram: Histogram)]]
    private var refusals: [(reason: String, counter: Counter)] = []

    init(_ metrics: Metrics, _ routes: [Route]) {
        self.metrics = metrics
        self.routes = routes
        active = metrics.gauge("http.server.active_requests", help: "Requests that wait for their handlers")
        connections = metrics.gauge("http.server.open_connections", help: "Connections that are open")
        // The last one is for what no route was found for.
        durations = Array(repeating: [], count: routes.count + 1)
    }

    mutating func answered(_ route: Int?, method: String, status: Int, in nanoseconds: Int64) {
        let place = route ?? routes.count
        let seconds = Double(nanoseconds) * 1e-9
        if let known = durations[place].first(where: { $0.status == status }) {
            return known.histogram.record(seconds)
        }
        let histogram = metrics.histogram(
            "http.server.request.duration", unit: .seconds,
            help: "From the headers of a request to its answer being ready",
            labels: [
                "http.request.method": route.map { routes[$0].method.rawValue } ?? "_OTHER",
                "http.response.status_code": "\(status)", "http.route": route.map { routes[$0].pattern.text } ?? "",
            ])
        durations[place].append((status, histogram))
        histogram.record(seconds)
    }

    /// What was ended before it could be answered, or not begun.
    mutating func refused(_ reason: String) {
        if let known = refusals.first(where: { $0.reason == reason }) { return known.counter.increment() }
        let counter = metrics.counter(
            "http.server.refused", help: "Requests and connections that were not served, by reason",
            labels: ["reason": reason])
        refusals.append((reason, counter))
        counter.increment()
    }

    func set(inHand: Int, connections count: Int) {
        active.set(Double(inHand))
        connections.set(Double(count))
    }
}
