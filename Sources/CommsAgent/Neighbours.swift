import Bus
import Contracts
import Distributed
import Incidents
import Web

/// The agents that the console asks, each with a patience of its own, and with what HTTP says where they do not answer.
struct Neighbours: Sendable {
    let bus: BusSystem
    private static let patience = Duration.seconds(3)

    func triage<Value: Sendable>(_ ask: @Sendable ($TriageDesk<BusSystem>) async throws -> Value) async throws -> Value
    {
        let desk = try $TriageDesk<BusSystem>.resolve(id: BusID(role: "triage"), using: bus)
        return try await answered("triage") { try await ask(desk) }
    }

    func risk<Value: Sendable>(_ ask: @Sendable ($RiskDesk<BusSystem>) async throws -> Value) async throws -> Value {
        let desk = try $RiskDesk<BusSystem>.resolve(id: BusID(role: "risk"), using: bus)
        return try await answered("risk") { try await ask(desk) }
    }

    func telemetry<Value: Sendable>(
        _ ask: @Sendable ($TelemetryDesk<BusSystem>) async throws -> Value
    ) async throws -> Value {
        let desk = try $TelemetryDesk<BusSystem>.resolve(id: BusID(role: "telemetry"), using: bus)
        return try await answered("telemetry") { try await ask(desk) }
    }

    func forge<Value: Sendable>(
        patience: Duration = Self.patience, _ ask: @Sendable ($ForgeDesk<BusSystem>) async throws -> Value
    ) async throws -> Value {
        let id = BusID(role: "remediation", actor: ForgeRefusal.desk)
        let desk = try $ForgeDesk<BusSystem>.resolve(id: id, using: bus)
        return try await answered("remediation", patience: patience) { try await ask(desk) }
    }

    func remediation<Value: Sendable>(
        _ ask: @Sendable ($RemediationDesk<BusSystem>) async throws -> Value
    ) async throws -> Value {
        let desk = try $RemediationDesk<BusSystem>.resolve(id: BusID(role: "remediation"), using: bus)
        return try await answered("remediation") { try await ask(desk) }
    }

    func status() async throws -> ClusterStatus {
        let desk = try $SupervisorDesk<BusSystem>.resolve(id: BusID(role: "supervisor"), using: bus)
        return try await answered("supervisor") { try await desk.status() }
    }

    func load() async throws -> BrokerLoad {
        let desk = try $BrokerDesk<BusSystem>.resolve(id: BusID(role: "broker"), using: bus)
        return try await answered("broker") { try await desk.load() }
    }

    /// All of an incident's journal.
    func journal(of incident: String) async throws -> [JournalEntry] {
        var entries: [JournalEntry] = []
        while true {
            var query = JournalQuery()
            query.incident = incident
            query.after = entries.last?.sequence ?? 0
            query.limit = 20
            let page = try await triage { [query] in try await $0.journal(query) }
            guard !page.isEmpty else { return entries }
            entries += page
        }
    }

    private func answered<Value: Sendable>(
        _ role: String, patience: Duration = Self.patience, _ ask: @Sendable () async throws -> Value
    ) async throws -> Value {
        do {
            return try await withCallOptions(patience: patience, idempotent: true) { try await ask() }
        } catch let refusal as TriageRefusal {
            switch refusal {
            case .later: throw Problem.unavailable("\(refusal)", retryAfter: .seconds(1))
            case .never(let why): throw Problem(422, why)
            }
        } catch let fault as RiskFault {
            throw Problem(422, "\(fault)")
        } catch let refusal as ForgeRefusal {
            throw refusal.isPassing ? Problem.unavailable("\(refusal)") : Problem(422, "\(refusal)")
        } catch let error as BusError {
            throw Problem.unavailable("\(role) does not answer now (\(error)); ask again.", retryAfter: .seconds(1))
        }
    }
}
