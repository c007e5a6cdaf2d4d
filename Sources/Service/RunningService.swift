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

    /// Serves whom it let in, sends nothing more, finishes what waits to be written, and gives the lease to the next.
    public func end() async {
        guard let parts = parts.withLock({ $0 }) else { return }
        await parts.door?.close()
        await parts.relay?.stop()
        await parts.store.close()
    }
}
