import CHost
import Contracts
import Glibc
import Synchronization
import Threads

/// What runs on a socket thread: it owns the sockets, and is made, driven and dropped on that thread alone.
protocol SocketWork: AnyObject {
    /// The descriptors of the sockets, to wake up for.
    ///
    /// ZeroMQ's are edge-triggered, and sending takes the edge as well as receiving does. So the thread sleeps only
    /// after a turn that received last and sent nothing: then nothing can be waiting that no edge will tell of.
    var descriptors: [Int32] { get }
    /// Takes what is there, a bounded share of it; true when more may be waiting, or when anything was sent.
    func turn(now: Moment) -> Bool
    /// When the clock alone is a reason to turn.
    var due: Moment { get }
    /// Nothing comes after this.
    func close()
}

/// One thread that owns ZeroMQ sockets, as an executor: jobs enqueued on it run between polls, so that an actor
/// pinned to it may touch what the thread owns.
public final class SocketThread: SerialExecutor, TaskExecutor {
    private let jobs = Mutex<[UnownedJob]>([])
    private let bell: Int32
    private let owner = Atomic<UInt>(0)
    /// True from just before the thread sleeps: only then does anyone need to ring.
    private let asleep = Atomic<Bool>(false)
    private let stopping = Atomic<Bool>(false)
    private let stopped = Mutex<(done: Bool, waiters: [CheckedContinuation<Void, Never>])>((false, []))
    public let name: String

    init(name: String) {
        self.name = name
        bell = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
    }
    deinit { Glibc.close(bell) }

    /// Starts the thread. `make` runs on it; a fault there ends the thread and goes to `failed`.
    func start(
        _ make: @escaping @Sendable (SocketThread) throws -> any SocketWork,
        failed: @escaping @Sendable (any Error) -> Void
    ) {
        let thread = NativeThread(name: name) { [self] in
            owner.store(UInt(pthread_self()), ordering: .releasing)
            do { run(try make(self)) } catch { failed(error) }
            let waiters = stopped.withLock { state in
                state.done = true
                defer { state.waiters = [] }
                return state.waiters
            }
            for waiter in waiters { waiter.resume() }
        }
        thread.start()
    }

    /// Asks the thread to end, and waits until its sockets are closed.
    public func stop() async {
        stopping.store(true, ordering: .sequentiallyConsistent)
        ring()
        await withCheckedContinuation { continuation in
            let done = stopped.withLock { state in
                if !state.done { state.waiters.append(continuation) }
                return state.done
            }
            if done { continuation.resume() }
        }
    }

    /// Wakes the thread if it sleeps. Whoever queues something does so first and rings then.
    func ring() {
        guard asleep.load(ordering: .sequentiallyConsistent), asleep.exchange(false, ordering: .sequentiallyConsistent)
        else { return }
        var one: UInt64 = 1
        _ = write(bell, &one, 8)
    }

    var isCurrent: Bool { owner.load(ordering: .acquiring) == UInt(pthread_self()) }

    private func run(_ work: any SocketWork) {
        while !stopping.load(ordering: .relaxed) {
            var busy = work.turn(now: .now)
            if runJobs() { busy = true }
            if !busy { sleep(work) }
        }
        _ = runJobs()
        work.close()
    }

    /// Announces the sleep before the last look at the queues, so that no ring between the two is lost.
    private func sleep(_ work: any SocketWork) {
        asleep.store(true, ordering: .sequentiallyConsistent)
        let more = work.turn(now: .now)
        let waiting = jobs.withLock { !$0.isEmpty } || stopping.load(ordering: .sequentiallyConsistent)
        guard !more, !waiting else { return asleep.store(false, ordering: .sequentiallyConsistent) }
        let left = work.due.nanoseconds(since: .now)
        let milliseconds = left <= 0 ? 0 : Int32(min(left / 1_000_000 + 1, 60_000))
        var items = [pollfd(fd: bell, events: Int16(POLLIN), revents: 0)]
        for descriptor in work.descriptors {
            items.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
        }
        poll(&items, nfds_t(items.count), milliseconds)
        asleep.store(false, ordering: .sequentiallyConsistent)
        if items[0].revents != 0 {
            var count: UInt64 = 0
            _ = read(bell, &count, 8)
        }
    }

    // MARK: executor

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
        if !isCurrent { ring() }
    }

    /// Runs what is queued; what these jobs queue waits for the next turn. True when there was any.
    private func runJobs() -> Bool {
        let batch = jobs.withLock { queue in
            defer { queue.removeAll(keepingCapacity: true) }
            return queue
        }
        for job in batch {
            job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
        }
        return !batch.isEmpty
    }

    public func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
    public func asUnownedTaskExecutor() -> UnownedTaskExecutor { UnownedTaskExecutor(ordinary: self) }
    public func checkIsolated() { precondition(isCurrent, "this must run on the socket thread \(name)") }
    public func isIsolatingCurrentContext() -> Bool? { isCurrent }
}
