import Signals
import Web

/// What Prometheus reads on port 9464.
enum MetricsPage {
    static func make(_ bus: SupervisorBus) -> Page {
        Page(contentType: PrometheusText.contentType, body: Array(bus.prometheusText().utf8))
    }
}
