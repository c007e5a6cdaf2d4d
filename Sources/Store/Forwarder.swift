import Contracts
import Synchronization

/// Sends the writes of a process that is not the writer, in batches: one is under way while the next gathers.
final class Forwarder: Sendable {
    private struct Waiting: Sendable {
        let write: ForwardedWrite
        let until: Moment
        let continuation: CheckedContinuation<[UInt8], any Error>
    }

    private struct State {
        var waiting: [Waiting] = []
        var busy = false
    }

    private let plan: StorePlan
    private let state = Mutex(State())

    init(_ plan: StorePlan) { self.plan = plan }

    func perform(_ write: ForwardedWrite, through store: Store) async throws -> [UInt8] {
        try await withCheckedThrowingContinuation { continuation in
            guard plan.forward != nil else { return continuation.resume(throwing: store.refusal) }
            let until = Moment.clock + plan.limits.forwardPatience
            let waiting = Waiting(write: write, until: until, continuation: continuation)
            let (refusal, start): (StoreError?, Bool) = state.withLock { state in
                guard state.waiting.count < plan.limits.waitingWrites else {
                    return (.overloaded(waiting: state.waiting.count), false)
                }
                state.waiting.append(waiting)
                defer { state.busy = true }
                return (nil, !state.busy)
            }
            if let refusal { continuation.resume(throwing: refusal) }
            if start { Task { await run(through: store) } }
        }
    }

    private func run(through store: Store) async {
        while let batch = nextBatch() {
            var left = batch
            var wait = Duration.milliseconds(20)
            while !left.isEmpty {
                left = await attempt(left, through: store)
                guard !left.isEmpty else { break }
                // Whoever takes over the lease needs a moment; nothing tells us when it is ready.
                try? await Task.sleep(for: wait)
                wait = min(wait * 2, .milliseconds(500))
            }
        }
    }

    private func nextBatch() -> [Waiting]? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.busy = false
                return nil
            }
            let batch = Array(state.waiting.prefix(plan.limits.batch))
            state.waiting.removeFirst(batch.count)
            return batch
        }
    }

    /// Sends a batch and answers whom it can; those to send again come back.
    private func attempt(_ batch: [Waiting], through store: Store) async -> [Waiting] {
        do {
            let answers = try await send(batch.map(\.write), through: store)
            let known = Dictionary(answers.map { ($0.id, $0.outcome) }, uniquingKeysWith: { first, _ in first })
            return batch.filter { settle($0, known[$0.write.id] ?? .later("the writer left it unanswered")) }
        } catch {
            return batch.filter { settle($0, .later("\(error)")) }
        }
    }

    /// The ids are the same wherever the writes go: should this process have become the writer, its inbox knows them.
    private func send(_ writes: [ForwardedWrite], through store: Store) async throws -> [ForwardedAnswer] {
        if store.isWriter { return try await store.apply(writes) }
        guard store.state != .closed, let forward = plan.forward else { throw store.refusal }
        return try await forward(writes)
    }

    /// True when it is to be sent again.
    private func settle(_ waiting: Waiting, _ outcome: ForwardedAnswer.Outcome) -> Bool {
        let command = waiting.write.command
        switch outcome {
        case .done(let reply): waiting.continuation.resume(returning: reply)
        case .refused(let reason):
            waiting.continuation.resume(throwing: StoreError.refused(command: command, reason: reason))
        case .later(let reason):
            guard Moment.clock >= waiting.until else { return true }
            waiting.continuation.resume(throwing: StoreError.unanswered(command: command, reason: reason))
        }
        return false
    }
}
