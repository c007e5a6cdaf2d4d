import Doorkeeping
public import Signals
import Synchronization
public import Web

/// Turns a share of the requests of one process away, evenly spread, before anything is done for them.
public final class LoadShedder: Sendable {
    private let share = Mutex(EvenShare())
    private let shed: Counter

    /// Of a role; it lets everything through at first.
    public init(role: String, metrics: Metrics) {
        shed = metrics.counter(
            "\(role).load.shed", help: "Requests that were turned away so that others are served",
            labels: ["role": role])
    }

    /// That share from now on.
    public func shed(percent: Int) { share.withLock { $0.change(to: percent) } }

    /// Throws for a request whose turn it is to be turned away. Synthetic ones never are: they are how it is seen whether
    /// it helps.
    public func admit(isSynthetic: Bool) throws(Problem) {
        guard !isSynthetic, share.withLock({ $0.picks() }) else { return }
        shed.increment()
        throw Problem(
            429, "Some requests are turned away for now, so that others are served: try again.",
            retryAfter: .seconds(1))
    }
}
