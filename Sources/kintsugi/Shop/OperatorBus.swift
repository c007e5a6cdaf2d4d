import Bus
import Contracts
import Host

extension Operator {
    /// Joins the bus, asks, and leaves.
    func onBus<Answer: Sendable>(
        _ places: Places, _ ask: @escaping @Sendable (BusSystem) async throws -> Answer
    ) throws(Failure) -> Answer {
        try failing { try waiting { try await OperatorBus.use(places, ask) } }
    }
}

/// The operator's own place on the bus of a running cluster.
enum OperatorBus {
    /// Joins, does something, and leaves.
    static func use<Value: Sendable>(
        _ places: Places, _ body: @Sendable (BusSystem) async throws -> Value
    ) async throws -> Value {
        guard let secret = ProcessFiles.text(places.operatorSecret)?.split(separator: "\n").first,
            let slot = SlotName(role: "operator", host: "command-\(ProcessFiles.ownNumber)", number: 1)
        else {
            throw Failure("no cluster runs in \(places.data) (start one: kintsugi up)", exit: ExitCode.unavailable)
        }
        let bus = BusSystem(
            BusConfiguration(
                endpoints: BusEndpoints(run: places.run),
                credentials: .secret(user: "operator", secret: String(secret)), slot: slot, window: 0))
        try bus.start()
        do {
            let value = try await body(bus)
            await bus.stop()
            return value
        } catch {
            await bus.stop()
            throw error
        }
    }
}
