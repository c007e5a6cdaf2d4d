public import Signals

extension BusSystem {
    /// Puts the process's own view of the bus into its metrics.
    public func record(in metrics: Metrics) {
        let counts = counts
        func total(_ name: String, _ value: UInt64, _ help: String) {
            metrics.total(name, unit: .count, help: help).set(Double(value))
        }
        total("kintsugi.bus.published", counts.published, "Publications that the socket took")
        total("kintsugi.bus.publish_dropped", counts.publishDropped, "Publications that found the socket full")
        total("kintsugi.bus.events_received", counts.eventsReceived, "Events of other publishers that came in")
        total("kintsugi.bus.events_missed", counts.eventsMissed, "Events that never came in, or found a slow reader")
        total("kintsugi.bus.frames_malformed", counts.malformed, "Frames that could not be understood")
        metrics.gauge("kintsugi.bus.calls_running", unit: .count, help: "Calls in hand").set(Double(counts.running))
        metrics.gauge("kintsugi.bus.calls_open", unit: .count, help: "Calls of ours that wait for an answer")
            .set(Double(counts.open))
        metrics.gauge("kintsugi.pool.lag", unit: .seconds, help: "How long a task last waited for the pool")
            .set(counts.poolLag)
        metrics.gauge("kintsugi.bus.loop_lag", unit: .seconds, help: "How late the socket thread last was")
            .set(counts.loopLag)
    }
}
