extension PrometheusText {
    /// What Prometheus finds a metric under: `rpc.server.call.duration` in seconds is `rpc_server_call_duration_seconds`, and
    /// a counter ends in `_total`.
    public static func exposedName(_ name: String, kind: MetricKind, unit: MetricUnit) -> String {
        exposedName(MetricFamily(name: name, kind: kind, unit: unit, help: "", series: []))
    }

    /// What Prometheus finds a series' own label under.
    public static func exposedLabel(_ name: String) -> String { cleaned(name) }

    /// What `le` says of a bucket.
    public static func exposedEdge(_ edge: Double) -> String { number(edge) }
}
