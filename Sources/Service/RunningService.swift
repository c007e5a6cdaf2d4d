public import Store
import Synchronization

/// The parts of a service that runs, for its orderly end.
public final class RunningService: Sendable {
    private let parts = Mutex<(door: ServiceDoor?, relay: OutboxShell?, store: Store)?>(nil)

    public init() {}

    /// The service is up; one without an outbox has no relay, one that stands by has no open door.
    public func began(_ door: ServiceDoor?, relay: OutboxShell? = nil, store: Store) {
        parts.withLock { $0 = (door, relay, store) }
    }

    /// Sends nothing more, finishes what waits to be written and gives the lease to the next; then serves whom it let in, whose
    /// writes go there: a client that holds a connection open keeps nobody waiting.
    public func end() async {
        guard let parts = parts.withLock({ $0 }) else { return }
        await parts.relay?.stop()
        await parts.store.handOver()
        await parts.door?.close()
        await parts.store.close()
    }
}
