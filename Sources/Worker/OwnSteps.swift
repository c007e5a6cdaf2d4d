import Contracts
public import Signals
import Synchronization

/// How an agent's own steps go, as metrics that the senses watch.
public final class OwnSteps: Sendable {
    private let agent: String
    private let metrics: Metrics
    private let begun = Mutex<[(number: Int, at: Duration)]>([])
    private let last = Atomic<Int>(0)
    private let age: Gauge

    public init(agent: String, _ metrics: Metrics) {
        self.agent = agent
        self.metrics = metrics
        age = metrics.gauge(
            "agent.step.age", unit: .seconds, help: "For how long the oldest step that is under way has gone on",
            labels: ["agent": agent])
    }

    /// Does one step and counts it. An error that `isAnswer` is what a rule says: a step that went well. What could not be
    /// answered is not.
    public func step<Value: Sendable>(
        _ name: String, isAnswer: (any Error) -> Bool, isolation: isolated (any Actor)? = #isolation,
        _ body: () async throws -> Value
    ) async throws -> Value {
        let number = last.add(1, ordering: .relaxed).newValue
        let began = monotonicNow()
        begun.withLock { $0.append((number, began)) }
        func ended(_ outcome: String) {
            begun.withLock { $0.removeAll { $0.number == number } }
            count(name, outcome, took: monotonicNow() - began)
            tell()
        }
        do {
            let value = try await body()
            ended("ok")
            return value
        } catch {
            ended(isAnswer(error) ? "ok" : "failed")
            throw error
        }
    }

    /// Counts a step that has ended; `ok` is one that went well.
    public func count(_ name: String, _ outcome: String, took: Duration) {
        metrics.counter(
            "agent.steps", help: "Steps by how they ended",
            labels: ["agent": agent, "step": name, "outcome": outcome]
        ).increment()
        metrics.histogram(
            "agent.step.duration", unit: .seconds, help: "How long steps took", labels: ["agent": agent, "step": name]
        ).record(took)
    }

    /// Says how old the oldest step is that `step` does; once a second.
    public func tell() {
        let oldest = begun.withLock { $0.first?.at }
        tell(oldest: oldest.map { monotonicNow() - $0 } ?? .zero)
    }

    /// Says how old the oldest step is, where its owner knows.
    public func tell(oldest: Duration) { age.set(oldest.inSeconds) }
}
