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

    /// Somebody has seen an alert: so its incident was seen. What belongs to none, or to one that has ended, needs no word.
    func acknowledge(_ fingerprint: String, _ sender: String) async throws {
        var query = AlertQuery()
        query.fingerprint = fingerprint
        query.limit = 1
        guard let id = try await reading.alerts(query).first?.receipt.incident,
            let incident = try await reading.incident(id), !incident.stage.isEnd, incident.acknowledged == nil
        else { return }
        let wish = IncidentCommand(.acknowledge, person: sender)
        _ = try await command(PersonalOrder(id: "seen \(id) \(fingerprint)", incident: id, command: wish))
    }

    func command(_ order: PersonalOrder) async throws -> Incident {
        try await written({ try await $0.command(order) }, here: { try await docket.obey(order) })
    }

    func silences(_ change: SilenceChange?) async throws -> [SilenceNote] {
        try await written({ try await $0.silences(change) }, here: { try await docket.change(change) })
    }

    /// What is on disk, and with it what only the process that writes remembers.
    func explain(_ fingerprint: String) async throws -> AlertExplanation {
        if await !docket.isActive, let writer, writer != own {
            let desk = try $TriageDesk<BusSystem>.resolve(id: BusID(role: own.role, slot: writer), using: bus)
            let asked = try? await withCallOptions(patience: .seconds(1), idempotent: true) {
                try await desk.explain(fingerprint)
            }
            if let asked { return asked }
        }
        var query = AlertQuery()
        query.fingerprint = fingerprint
        query.limit = 20
        return AlertExplanation(
            episodes: try await reading.alerts(query), decisions: await docket.decisions(on: fingerprint))
    }

    func terms() throws -> [UInt8] { try Packed.encode(docket.lifecycle.terms) }

    func condition() async -> TriageStanding {
        let counts = await docket.counts()
        return TriageStanding(
            slot: own.description, writes: await docket.isActive, writer: writer?.description,
            openIncidents: counts.open, firingAlerts: counts.firing, counts: counts.named,
            journal: try? await reading.lastEntry())
    }

    /// Asking again is harmless: alerts are known by their episodes, wishes by their ids.
    private func written<Answer: Sendable>(
        _ ask: @Sendable ($TriageDesk<BusSystem>) async throws -> Answer, here: () async throws -> Answer
    ) async throws -> Answer {
        if await docket.isActive { return try await Self.speaking(here) }
        guard let writer, writer != own else { throw TriageRefusal.later("no triage agent writes yet") }
        let desk = try $TriageDesk<BusSystem>.resolve(id: BusID(role: own.role, slot: writer), using: bus)
        return try await withCallOptions(patience: Self.patience, idempotent: true) { try await ask(desk) }
    }

    /// In words that cross the bus: what may help later, and what never will.
    private static func speaking<Answer>(_ body: () async throws -> Answer) async throws -> Answer {
        do { return try await body() } catch let refusal as LifecycleRefusal {
            throw TriageRefusal.never(refusal.description)
        } catch let fault as TriageFault {
            switch fault {
            case .notActive, .otherEnd, .unreadable: throw TriageRefusal.later(fault.description)
            case .noSuchIncident, .noSuchSilence, .badSilence: throw TriageRefusal.never(fault.description)
            }
        } catch let error as StoreError {
            throw StoreError.passes(error) ? TriageRefusal.later("\(error)") : TriageRefusal.never("\(error)")
        }
    }
}
