import Routing
public import Signals

extension BrokerReport {
    /// Puts what went through the broker into its metrics.
    public func record(in metrics: Metrics) {
        func total(_ name: String, _ value: UInt64, _ help: String) {
            metrics.total("kintsugi.broker.\(name)", unit: .count, help: help).set(Double(value))
        }
        total("calls", counters.calls, "Calls that came in")
        total("replies", counters.replies, "Answers that went back to their callers")
        total("lost", counters.lost, "Calls whose worker died and that may not go again")
        total("requeued", counters.requeued, "Calls that went back into the queue when their worker died")
        total("poisoned", counters.poisoned, "Calls that were in hand at too many deaths")
        total("overloaded", counters.overloaded, "Calls that found a full queue")
        total("late", counters.late, "Calls whose deadline passed in the queue")
        total("denied", counters.denied, "Calls that the access list does not allow")
        total("unavailable", counters.unavailable, "Calls to a role that has no worker")
        total("stale", counters.stale, "Answers of a life that is over, or to calls that nobody has open")
        total("malformed", counters.malformed, "Frames that could not be understood")
        total("refused", counters.refused, "Peers that were told to join anew, or to go")
        total("cancelled", counters.cancelled, "Calls that their callers gave up")
        total("forgiven", counters.forgiven, "Pauses of the broker itself, for which nobody else is blamed")
        total("unread", counters.unread, "Answers dropped because their caller does not read")
        total("rejected", rejected, "Connections whose secret or key was wrong")
        total("events_forwarded", topics.forwarded, "Publications that went to the subscribers")
        total("events_denied", topics.denied, "Publications that the access list does not allow")
        total("subscriptions_denied", topics.subscriptionsDenied, "Subscriptions that the access list does not allow")
        metrics.gauge("kintsugi.broker.in_flight", unit: .count, help: "Calls in workers' hands").set(Double(inFlight))
        for role in roles {
            let labels: KeyValuePairs = ["target": role.role]
            metrics.gauge("kintsugi.broker.queued", unit: .count, help: "Calls that wait for a worker", labels: labels)
                .set(Double(role.queued))
            metrics.gauge(
                "kintsugi.broker.queue.paused", unit: .count, help: "Whether somebody has said that calls wait",
                labels: labels
            ).set(role.isPaused ? 1 : 0)
            metrics.gauge("kintsugi.broker.workers", unit: .count, help: "Workers that are in", labels: labels)
                .set(Double(role.workers.count))
        }
    }
}
