public import Signals

extension BusSystem {
    /// Puts the process's own view of the bus into its metrics.
    public func record(in metrics: Metrics) {
        let counts = counts
        metrics.total("kintsugi.bus.published", unit: .one, help: "Publications that the socket took").set(Double(counts.published))
    }
}
