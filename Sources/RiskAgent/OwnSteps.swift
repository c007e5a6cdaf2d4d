import Contracts
import Signals
import Synchronization

/// How the agent's own steps go, as metrics that the senses watch.
final class OwnSteps: Sendable {
    private let agent: String
    private let metrics: Metrics
    private let begun = Mutex<[(number: Int, at: Duration)]>([])
    private let last = Atomic<Int>(0)
    private let age: Gauge

    init(agent: String, _ metrics: Metrics) {
        self.agent = agent
        self.metrics = metrics
        age = metrics.gauge(
            "agent.step.age", unit: .seconds, help: "For how long the oldest step that is under way has gone on",
            labels: ["agent": agent])
    }

    /// Does one step and counts it. What a rule refuses is a step that went well; what could not be answered is not.
    func step<Value: Sendable>(
        _ name: String, isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Value
    ) async throws -> Value {
        let number = last.add(1, ordering: .relaxed).newValue
        let began = monotonicNow()
        begun.withLock { $0.append((number, began)) }
        defer {
            begun.withLock { $0.removeAll { $0.number == number } }
            metrics.histogram(
                "agent.step.duration", unit: .seconds, help: "How long steps took",
                labels: ["agent": agent, "step": name]
            ).record(monotonicNow() - began)
            tell()
        }
        do {
            let value = try await body()
            count(name, "ok")
            return value
        } catch let fault as RiskFault {
            count(name, "ok")
            throw fault
        } catch {
            count(name, "failed")
            throw error
        }
    }

    /// Says how old the oldest step is; once a second.
    func tell() {
        let oldest = begun.withLock { $0.first?.at }
        age.set(oldest.map { (monotonicNow() - $0).inSeconds } ?? 0)
    }

    private func count(_ name: String, _ outcome: String) {
        metrics.counter(
            "agent.steps", help: "Steps by how they ended",
            labels: ["agent": agent, "step": name, "outcome": outcome]
        ).increment()
    }
}
