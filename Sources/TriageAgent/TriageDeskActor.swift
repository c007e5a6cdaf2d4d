import Bus
import Contracts
import Distributed
import Host
import Store

/// Answers for the triage agent. What only the writing replica knows is asked of it; what is on disk any replica reads.
distributed actor TriageDeskActor: TriageDesk {
    typealias ActorSystem = BusSystem

    private let front: Front

    init(_ front: Front, actorSystem: BusSystem) {
        self.front = front
        self.actorSystem = actorSystem
    }

    distributed func raise(_ alerts: [RaisedAlert]) async throws -> [AlertReceipt] {
        // Who sends is known by the bus, whatever the message claims.
        let sender = CallContext.current.caller
        return try await front.raise(
            alerts.map { alert in
                guard SlotName(sender)?.role != front.own.role, !sender.isEmpty else { return alert }
                var alert = alert
                if alert.source != .person { alert.sender = sender }
                return alert
            })
    }

    distributed func alerts(_ query: AlertQuery) async throws -> [AlertRecord] { try await front.reading.alerts(query) }

    distributed func explain(_ fingerprint: String) async throws -> AlertExplanation {
        try await front.explain(fingerprint)
    }

    distributed func incidents(_ query: IncidentQuery) async throws -> [IncidentSummary] {
        try await front.reading.incidents(query)
    }

    distributed func incident(_ id: String) async throws -> Incident? { try await front.reading.incident(id) }

    distributed func command(_ order: PersonalOrder) async throws -> Incident { try await front.command(order) }

    distributed func standing(of id: String) async throws -> IncidentStanding {
        guard let incident = try await front.reading.incident(id) else {
            throw TriageRefusal.never(TriageFault.noSuchIncident(id).description)
        }
        return incident.standing
    }

    distributed func journal(_ query: JournalQuery) async throws -> [JournalEntry] {
        try await front.reading.journal(query)
    }

    distributed func silences(_ change: SilenceChange?) async throws -> [SilenceNote] {
        try await front.silences(change)
    }

    distributed func condition() async throws -> TriageStanding { await front.condition() }

    distributed func terms() async throws -> [UInt8] { try front.terms() }
}
