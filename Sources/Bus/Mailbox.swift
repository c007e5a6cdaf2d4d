import Synchronization

/// What other threads leave for a socket thread to take at its next turn.
final class Mailbox<Item: Sendable>: Sendable {
    private let items = Mutex<[Item]>([])
    /// So that an empty mailbox costs a look and no lock.
    private let any = Atomic<Bool>(false)

    func put(_ item: Item) {
        items.withLock { $0.append(item) }
        any.store(true, ordering: .sequentiallyConsistent)
    }

    /// Takes everything, in the order in which it came.
    func take(into batch: inout [Item]) {
        guard any.load(ordering: .sequentiallyConsistent) else { return }
        any.store(false, ordering: .sequentiallyConsistent)
        items.withLock { queue in
            swap(&queue, &batch)
            queue.removeAll(keepingCapacity: true)
        }
    }
}
