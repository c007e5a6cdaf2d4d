import Glibc
import Synchronization
import Threads

/// Tells threads that they shall end, and tells when they have.
public final class Bell: Sendable {
    private struct State {
        var isRung = false
        var working = 0
    }
    private let state = Mutex(State())

    public init() {}

    /// Whether it is time to end.
    public var isRung: Bool { state.withLock { $0.isRung } }

    /// Time to end.
    public func ring() { state.withLock { $0.isRung = true } }

    /// Does something on a thread of its own, which is to end when the bell rings.
    public func work(_ name: String, _ body: @escaping @Sendable () -> Void) {
        state.withLock { $0.working += 1 }
        NativeThread(name: name) { [self] in
            body()
            state.withLock { $0.working -= 1 }
        }.start()
    }

    /// Waits until everybody who began has ended.
    public func waitForAll() {
        while state.withLock({ $0.working > 0 }) { poll(nil, 0, 5) }
    }

    /// Passes the time of something that lasts; false when it is time to end.
    public func pass(_ seconds: Double) -> Bool {
        let end = Self.seconds() + seconds
        while !isRung {
            let left = end - Self.seconds()
            guard left > 0 else { return true }
            poll(nil, 0, Int32(min(50, max(1, left * 1_000))))
        }
        return false
    }

    /// Seconds since an unspecified moment.
    public static func seconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
