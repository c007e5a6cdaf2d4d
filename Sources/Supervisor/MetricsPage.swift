import Signals
import Web

/// What Prometheus reads on port 9464.
enum MetricsPage {
    /// Serves the metrics of all processes on a socket that listens already; nil, and a line in the log, where that
    /// does not go: a cluster without metrics is better than none.
    static func serve(_ bus: SupervisorBus, on socket: Int32) -> Server? {
        var plan = ServerPlan(title: "Kintsugi's metrics", version: "1")
        plan.limits.connections = 64
        let content = Response.Content.other(PrometheusText.contentType)
        let route = Route(
            .get, "/metrics", "The metrics of all processes, for Prometheus", roles: .open,
            answers: [.text("", content)]
        ) { _ in Response(content, Array(bus.prometheusText().utf8)) }
        let server = Server(plan, routes: [route])
        do {
            try server.start(on: socket)
            return server
        } catch {
            Log.standard.error("the metrics cannot be served", ["error": .text("\(error)")])
            return nil
        }
    }
}
