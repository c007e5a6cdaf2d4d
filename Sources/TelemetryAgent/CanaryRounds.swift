import Bus
import Canaries
import Contracts
import Definitions
import Host
import Signals
import Supervision
import WebClient
import Worker

/// Sends the synthetic customers on their rounds. Only the active replica does; it isolates what is known of each.
actor CanaryRounds {
    private let agent: TelemetryAgent
    private let runner: CanaryRunner?
    private let log: Log
    private let slot: String
    private let mistakes: [String]
    private var records: [CanaryRecord]

    init(_ worker: WorkerContext, _ agent: TelemetryAgent, plan: ClusterPlan) throws {
        self.agent = agent
        log = worker.log
        slot = worker.birth.slot.description
        let found = Definitions.canaries(in: "\(worker.birth.config)/canaries")
        mistakes = found.mistakes.map { "\($0)" }
        for mistake in mistakes { worker.log.error("a canary was not understood", ["mistake": .text(mistake)]) }
        records = found.canaries.map(CanaryRecord.init)
        let offset = worker.birth.portOffset
        func door(_ name: String) -> String? {
            plan.listeners.first { $0.name == name }.map { "http://\($0.address):\(Int($0.port) + offset)" }
        }
        runner = door("orders").map { orders in
            CanaryRunner(
                CanaryRunner.Doors(orders: orders, inventory: door("inventory")),
                key: LocalKey.read(data: worker.birth.data) ?? "", client: WebClient(metrics: worker.metrics),
                metrics: worker.metrics)
        }
    }

    nonisolated func start() {
        Task { await begin() }
    }

    private func begin() {
        guard let runner else { return }
        for index in records.indices {
            Task { await walk(index, runner) }
        }
    }

    /// One customer's rounds, for as long as the process lives.
    private func walk(_ index: Int, _ runner: CanaryRunner) async {
        let definition = records[index].definition
        // What could not be prepared is tried again with each failing run, and shows in it.
        var isPrepared = false
        while !Task.isCancelled {
            let due = records[index].due(now: .now)
            do { try await Task.sleep(for: due.since(.now)) } catch { return }
            records[index].begin(now: .now)
            if !isPrepared { isPrepared = await runner.prepare(definition) == nil }
            let result = await runner.run(definition)
            if !result.passed { isPrepared = false }
            await took(result, index)
        }
    }

    private func took(_ result: CanaryResult, _ index: Int) async {
        let now = WallTime.now.nanoseconds
        let change = records[index].end(result, at: now)
        let name = records[index].definition.name
        let key = "\(FindingKind.canaryFailing.rawValue)/orders/\(name)"
        if !result.passed {
            log.limited(
                "canary \(name)", .warning, "a synthetic customer was not served",
                ["canary": .text(name), "why": .text(result.fault ?? "")])
        }
        if change == .recovered { await agent.end(key) }
        guard records[index].isFailing else { return }
        var finding = Finding(
            .canaryFailing, .warning, node: "orders", subject: name, began: now, noticed: now,
            text: "the synthetic customer \(name) is not served: \(result.fault ?? "")")
        finding.trace = result.trace
        finding.endangers = [name]
        // It lasts until the judge says otherwise, or until nobody walks any more.
        let every = records[index].definition.every.wholeNanoseconds
        await agent.assert(finding, hold: 4 * every + 10_000_000_000)
    }

    func answer() -> CanariesAnswer {
        CanariesAnswer(canaries: records.map(\.report), mistakes: mistakes, answeredBy: slot)
    }
}
