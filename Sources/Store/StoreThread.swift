import CHost
import Contracts
import Glibc
import Synchronization
import Threads

/// What a store thread does: made, driven and dropped on that thread alone.
protocol StoreWork: AnyObject {
    /// Does what waits, a bounded share of it; true when there was any.
    func turn(now: Moment) -> Bool
    /// When the clock alone is a reason to turn.
    var due: Moment { get }
    /// Nothing comes after this.
    func close()
}

/// One thread that owns a connection: what it is to do comes through queues, and whoever fills one rings.
final class StoreThread: Sendable {
    private let bell: Int32
    private let asleep = Atomic<Bool>(false)
    private let stopping = Atomic<Bool>(false)
    private let ended = Mutex<(done: Bool, waiters: [CheckedContinuation<Void, Never>])>((false, []))
    private let name: String

    init(name: String) {
        self.name = name
        bell = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
    }

    deinit { close(bell) }

    /// Starts the thread; `make` runs on it.
    func start(_ make: @escaping @Sendable () -> any StoreWork) {
        NativeThread(name: name) { [self] in
            run(make())
            let waiters = ended.withLock { state in
                state.done = true
                defer { state.waiters = [] }
                return state.waiters
            }
            for waiter in waiters { waiter.resume() }
        }.start()
    }

    /// Asks the thread to do what waits and to end, and waits until its connection is closed.
    func stop() async {
        stopping.store(true, ordering: .sequentiallyConsistent)
        ring()
        await withCheckedContinuation { continuation in
            let done = ended.withLock { state in
                if !state.done { state.waiters.append(continuation) }
                return state.done
            }
            if done { continuation.resume() }
        }
    }

    /// Wakes the thread if it sleeps, and says whether it did. Whoever queues something does so first and rings then.
    @discardableResult
    func ring() -> Bool {
        guard asleep.load(ordering: .sequentiallyConsistent), asleep.exchange(false, ordering: .sequentiallyConsistent)
        else { return false }
        _ = eventfd_write(bell, 1)
        return true
    }

    private func run(_ work: any StoreWork) {
        while true {
            let ending = stopping.load(ordering: .sequentiallyConsistent)
            if work.turn(now: .clock) { continue }
            // What was queued before the end was asked for is done by now.
            if ending { break }
            sleep(work)
        }
        work.close()
    }

    /// Announces the sleep before the last look at the queues, so that no ring between the two is lost.
    private func sleep(_ work: any StoreWork) {
        asleep.store(true, ordering: .sequentiallyConsistent)
        defer { asleep.store(false, ordering: .sequentiallyConsistent) }
        guard !work.turn(now: .clock), !stopping.load(ordering: .sequentiallyConsistent) else { return }
        let left = work.due.nanoseconds(since: .clock)
        let milliseconds = left <= 0 ? 0 : Int32(min(left / 1_000_000 + 1, 60_000))
        var interest = pollfd(fd: bell, events: Int16(POLLIN), revents: 0)
        poll(&interest, 1, milliseconds)
        var count: eventfd_t = 0
        _ = eventfd_read(bell, &count)
    }
}
