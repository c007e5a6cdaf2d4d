import Contracts
import Signals
import Synchronization

/// Where a store stands; it may change at any time.
public enum StoreState: Sendable, Equatable {
    case opening
    /// Another process writes; this one reads, forwards its writes, and waits for the lease.
    case replica
    case writer
    /// It has the lease and cannot write for this reason; it tries again each second, and reads go on.
    case failing(StoreError)
    case closed
}

/// What is wrong with a store now.
public struct StoreHealth: Sendable, Equatable {
    /// Why the last commit failed; nil after one that did not.
    public var refusing: StoreError?
    /// A page that could not be read as what it should be. It stays until the file is restored.
    public var damaged: StoreError?
}

/// What the threads of one store share.
final class StoreShared: Sendable {
    let queue: WriteQueue
    let health = Health()
    let states = States()
    let metrics: StoreMetrics
    /// The name of the file without its folder.
    let name: String
    /// The writer that ends leaves a replica, and not a closed store.
    let isHandingOver = Atomic<Bool>(false)
    private let listeners = Mutex<[@Sendable ([String]) -> Void]>([])
    private let drainListeners = Mutex<[@Sendable (String, Int64) -> Void]>([])

    init(_ plan: StorePlan) {
        queue = WriteQueue(limit: plan.limits.waitingWrites)
        name = String(plan.file.split(separator: "/").last ?? "")
        metrics = StoreMetrics(plan.metrics, name)
    }

    func onCommit(_ listener: @escaping @Sendable ([String]) -> Void) {
        listeners.withLock { $0.append(listener) }
    }

    /// Hears that what the outbox had for a target up to a number was put aside.
    func onDrain(_ listener: @escaping @Sendable (_ target: String, _ upTo: Int64) -> Void) {
        drainListeners.withLock { $0.append(listener) }
    }

    func drained(_ target: String, upTo seq: Int64) {
        for listener in drainListeners.withLock({ $0 }) { listener(target, seq) }
    }

    func committed(to targets: [String]) {
        for listener in listeners.withLock({ $0 }) { listener(targets) }
    }
}

/// The health of one store, told by its threads.
final class Health: Sendable {
    private let state = Mutex<(health: StoreHealth, fault: StoreError?)>((StoreHealth(), nil))

    var current: StoreHealth { state.withLock { $0.health } }
    /// The last fault of SQLite.
    var lastFault: StoreError? { state.withLock { $0.fault } }

    func accepting() { state.withLock { $0.health.refusing = nil } }

    /// Another file stands there than the one that was damaged.
    func replaced() { state.withLock { $0.health.damaged = nil } }

    /// A read failed: that a page is damaged is everybody's affair, all else its caller's.
    func noteRead(_ error: any Error) {
        guard case .engine(let fault) = error as? StoreError, fault.kind == .damaged else { return }
        state.withLock { $0.health.damaged = .engine(fault) }
    }

    /// A commit or an opening failed for this reason.
    @discardableResult
    func refuse(_ error: any Error, file: String) -> StoreError {
        let fault = typed(error, file: file)
        note(fault, file: file)
        state.withLock { $0.health.refusing = fault }
        return fault
    }

    /// A statement failed; most often that is the caller's affair.
    func note(_ error: any Error, file: String) {
        guard case .engine(let fault) = error as? StoreError else { return }
        state.withLock { state in
            state.fault = .engine(fault)
            switch fault.kind {
            case .damaged: state.health.damaged = .engine(fault)
            case .full, .readOnly, .unreadable: state.health.refusing = .engine(fault)
            case .constraint, .missing, .busy, .interrupted, .misuse, .other: break
            }
        }
    }

    private func typed(_ error: any Error, file: String) -> StoreError {
        (error as? StoreError) ?? .engine(EngineFault(code: 1, message: "\(error)", sql: nil, file: file))
    }
}

/// The state of one store, for those who want to know and those who wait for it.
final class States: Sendable {
    private struct Inner {
        var current = StoreState.opening
        var watchers: [AsyncStream<StoreState>.Continuation] = []
    }
    private let inner = Mutex(Inner())

    var current: StoreState { inner.withLock { $0.current } }

    func set(_ state: StoreState) {
        let watchers = inner.withLock { inner in
            guard inner.current != state, inner.current != .closed else {
                return [AsyncStream<StoreState>.Continuation]()
            }
            inner.current = state
            defer { if state == .closed { inner.watchers = [] } }
            return inner.watchers
        }
        for watcher in watchers {
            watcher.yield(state)
            if state == .closed { watcher.finish() }
        }
    }

    /// The state now, and each that follows; the latest few for a watcher that is slow.
    func stream() -> AsyncStream<StoreState> {
        let (stream, continuation) = AsyncStream.makeStream(of: StoreState.self, bufferingPolicy: .bufferingNewest(16))
        inner.withLock { inner in
            continuation.yield(inner.current)
            if inner.current == .closed { continuation.finish() } else { inner.watchers.append(continuation) }
        }
        return stream
    }
}

/// What a store counts.
struct StoreMetrics: Sendable {
    let commits: Counter
    private let parts: Counter
    private let batch: Histogram
    private let commitTime: Histogram
    private let checkpointTime: Histogram

    init(_ metrics: Metrics, _ name: String) {
        commits = metrics.counter("store.commits", help: "Commits on disk", labels: ["file": name])
        parts = metrics.counter("store.writes", help: "Writes in those commits", labels: ["file": name])
        batch = metrics.histogram(
            "store.commit.writes", unit: .count, help: "Writes in one commit", labels: ["file": name])
        commitTime = metrics.histogram(
            "store.commit.duration", unit: .seconds, help: "From the first statement of a commit to its being on disk",
            labels: ["file": name])
        checkpointTime = metrics.histogram(
            "store.checkpoint.duration", unit: .seconds, help: "Moving commits from the log into the file",
            labels: ["file": name])
    }

    func checkpointed(in duration: Duration) { checkpointTime.record(duration) }

    func committed(parts count: Int, in duration: Duration) {
        commitTime.record(duration)
        commits.increment()
        parts.increment(by: count)
        batch.record(Double(count))
    }
}
