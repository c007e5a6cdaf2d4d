import Bus
import Contracts
import Host
import Incidents
import Store

/// What every replica answers: by itself where it writes, or by asking the one that does.
struct Front: Sendable {
    let docket: Docket
    let reading: Reading
    let bus: BusSystem
    let own: SlotName

    private static let patience = Duration.seconds(3)

    var writer: SlotName? { Lease.holderName(of: reading.store.file).flatMap(SlotName.init) }

    func raise(_ alerts: [RaisedAlert]) async throws -> [AlertReceipt] {
        try await written({ try await $0.raise(alerts) }, here: { try await docket.raise(alerts) })
    }

    func command(_ order: PersonalOrder) async throws -> Incident {
        try await written({ try await $0.command(order) }, here: { try await docket.obey(order) })
    }

    func silences(_ change: SilenceChange?) async throws -> [SilenceNote] {
        try await written({ try await $0.silences(change) }, here: { try await docket.change(change) })
    }

    func standing() async -> TriageStanding {
        let counts = await docket.counts()
        return TriageStanding(
            slot: own.description, writes: await docket.isActive, writer: writer?.description,
            openIncidents: counts.open, firingAlerts: counts.firing, counts: counts.named)
    }

    /// Asking again is harmless: alerts are known by their episodes, wishes by their ids.
    private func written<Answer: Sendable>(
        _ ask: @Sendable ($TriageDesk<BusSystem>) async throws -> Answer, here: () async throws -> Answer
    ) async throws -> Answer {
        if await docket.isActive { return try await Self.speaking(here) }
        guard let writer, writer != own else { throw BusError.unavailable("no triage agent writes yet") }
        let desk = try $TriageDesk<BusSystem>.resolve(id: BusID(role: own.role, slot: writer), using: bus)
        return try await withCallOptions(patience: Self.patience, idempotent: true) { try await ask(desk) }
    }

    /// In the words of the bus: what may help later, and what never will.
    private static func speaking<Answer>(_ body: () async throws -> Answer) async throws -> Answer {
        do { return try await body() } catch let refusal as LifecycleRefusal {
            throw BusError.badArguments(refusal.description)
        } catch let fault as TriageFault {
            switch fault {
            case .notActive, .otherEnd, .unreadable: throw BusError.unavailable(fault.description)
            case .noSuchIncident, .noSuchSilence, .badSilence: throw BusError.badArguments(fault.description)
            }
        } catch let error as StoreError {
            throw StoreError.passes(error) ? BusError.unavailable("\(error)") : BusError.failed("\(error)")
        }
    }
}
