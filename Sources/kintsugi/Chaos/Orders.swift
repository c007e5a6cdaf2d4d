import Chaos
import Faults
import Load
import Synchronization
import Threads

/// The orders that users place throughout a run.
final class Orders: Sendable {
    private struct State {
        var round: Bell?
        /// What earlier rounds felt, and the present one.
        var past = FaultRun.Impact()
        var present = FaultRun.Impact()
        var failures: [Int64] = []
    }

    private let world: World
    private let state = Mutex(State())

    init(_ world: World) { self.world = world }

    /// Places so many a second from now on.
    func begin(rate: Double) {
        end()
        guard rate > 0, let plan = try? world.plan(rate, 7_200) else { return }
        let bell = Bell()
        state.withLock { $0.round = bell }
        bell.work("orders") { [self] in
            guard let run = try? LoadRun(plan) else { return }
            _ = try? run.run(until: { bell.isRung }, progress: { [self] in note($0) })
        }
    }

    /// No more; what is on its way is waited for.
    func end() {
        guard let round = state.withLock({ $0.round }) else { return }
        round.ring()
        round.waitForAll()
        state.withLock { state in
            state.past = state.past + state.present
            state.present = FaultRun.Impact()
            state.round = nil
        }
    }

    var felt: FaultRun.Impact { state.withLock { $0.past + $0.present } }

    /// The first one that failed from a time on.
    func firstFailure(after: Int64) -> Int64? { state.withLock { $0.failures.filter { $0 >= after }.min() } }

    private func note(_ progress: LoadRun.Progress) {
        state.withLock { state in
            state.present.requests = progress.accepted + progress.other
            state.present.failed = progress.other
            state.present.late = progress.late
            state.failures += progress.failures
        }
    }
}

extension FaultRun.Impact {
    static func + (left: Self, right: Self) -> Self {
        var sum = left
        sum.requests += right.requests
        sum.failed += right.failed
        sum.late += right.late
        return sum
    }

    static func - (left: Self, right: Self) -> Self {
        var rest = left
        rest.requests -= right.requests
        rest.failed -= right.failed
        rest.late -= right.late
        return rest
    }
}
