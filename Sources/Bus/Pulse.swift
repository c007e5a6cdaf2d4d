import Contracts
import Synchronization

/// Asks the pool for a sign of life and keeps the time of its answers. Only the socket thread holds it; the answers
/// come from the pool.
struct PulseWatch {
    /// Without an answer for so long, the pool is blocked.
    static let patience = Duration.seconds(1)

    private final class Answers: Sendable {
        let count = Atomic<UInt64>(0)
        let lag = Atomic<Int64>(0)
    }
    private let answers = Answers()
    private var asked: UInt64 = 0
    private var askedAt = Moment.zero
    /// When to look or to ask again.
    private(set) var due = Moment.zero

    /// The progress counter that a heartbeat carries: it stands still when the pool does.
    var count: UInt64 { answers.count.load(ordering: .relaxed) }
    /// How long the pool last took to answer, in nanoseconds.
    var lag: Int64 { answers.lag.load(ordering: .relaxed) }

    /// Asks when it is time; false when the last question has waited too long for its answer.
    mutating func tick(every interval: Int64, now: Moment) -> Bool {
        guard count == asked else {
            due = now.adding(interval)
            return now.since(askedAt) < Self.patience
        }
        if now >= askedAt.adding(interval) {
            asked += 1
            askedAt = now
            let number = asked
            Task { [answers] in
                answers.lag.store(Moment.now.nanoseconds(since: now), ordering: .relaxed)
                answers.count.store(number, ordering: .relaxed)
            }
        }
        due = askedAt.adding(interval)
        return true
    }
}
