import Contracts
import Worker

/// Sends the synthetic customers on their rounds; only the active replica does.
actor CanaryRounds {
    init(_ worker: WorkerContext, _ agent: TelemetryAgent) throws {}
    nonisolated func start() {}
    func answer() -> CanariesAnswer { CanariesAnswer(canaries: [], mistakes: [], answeredBy: "") }
}
