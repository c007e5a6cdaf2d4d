import Contracts
import Signals
import Store
import Web

/// How everything is now, live and for the record.
struct HouseDoors: Sendable {
    let neighbours: Neighbours
    let live: Live
    let store: Store

    var routes: [Route] { [now, objectives, audit, events] }

    private var now: Route {
        Route(
            .get, "/api/now", "What burns, what waits for people, budgets, and the processes", roles: Acting.see,
            answers: [.ok(ObjectOf("at, incidents, waiting, objectives, cluster, edges, missing"))]
        ) { _ in try .value(await picture()) }
    }

    /// Everything that can be had now; what cannot is named.
    struct Picture: Encodable, Sendable {
        struct Waiting: Encodable, Sendable {
            var incident: String
            var title: String
            var plan: String
            var since: Int64
            var until: Int64?
        }
        var at: Int64
        var incidents: [IncidentSummary] = []
        var waiting: [Waiting] = []
        var objectives: [ObjectiveReport] = []
        var cluster: ClusterStatus?
        var edges: [BrokerLoad.Edge] = []
        var missing: [String] = []
    }

    private func picture() async -> Picture {
        var picture = Picture(at: WallTime.now.nanoseconds)
        async let incidents = answer { try await neighbours.triage { try await $0.incidents(Self.open) } }
        async let objectives = answer { try await neighbours.telemetry { try await $0.objectives() } }
        async let cluster = answer { try await neighbours.status() }
        async let load = answer { try await neighbours.load() }
        if let found = await incidents { picture.incidents = found } else { picture.missing.append("incidents") }
        if let found = await objectives {
            picture.objectives = found.objectives
        } else {
            picture.missing.append("objectives")
        }
        if let found = await cluster { picture.cluster = found } else { picture.missing.append("cluster") }
        if let found = await load { picture.edges = found.edges ?? [] } else { picture.missing.append("edges") }
        for summary in picture.incidents where summary.stage == .awaitingApproval {
            guard let incident = await answer({ try await neighbours.triage { try await $0.incident(summary.id) } }),
                let found = incident
            else { continue }
            picture.waiting.append(
                Picture.Waiting(
                    incident: found.id, title: found.opening.title, plan: found.plan?.plan.text ?? "",
                    since: found.stageSince, until: found.step?.deadline))
        }
        return picture
    }

    private func answer<Value: Sendable>(_ ask: @Sendable () async throws -> Value) async -> Value? {
        do { return try await ask() } catch { return nil }
    }

    private static var open: IncidentQuery {
        var query = IncidentQuery()
        query.onlyOpen = true
        query.limit = 200
        return query
    }

    private var objectives: Route {
        Route(
            .get, "/api/objectives", "What is promised, and how much of the budgets is left", roles: Acting.see,
            answers: [.ok(ObjectOf("objectives, mistakes, answeredBy"))]
        ) { _ in try .value(try await neighbours.telemetry { try await $0.objectives() }) }
    }

    private var audit: Route {
        Route(
            .get, "/api/audit", "Who did what: the journal of all incidents, and what people did from here",
            roles: Acting.see,
            asks: Parameters { reader in
                (
                    after: Int64(reader.query("after", .integer(0...Int(Int32.max)), otherwise: 0)),
                    before: reader.optionalQuery("before", .integer(1...Int(Int32.max)), "Of the acts.").map(
                        Int64.init),
                    limit: reader.query("limit", .integer(1...500), otherwise: 100)
                )
            }, answers: [.ok(ObjectOf("entries, acts"))]
        ) { _, wish in
            struct Audit: Encodable {
                var entries: [JournalLine]
                var acts: [NumberedAct]
                var head: Head?
            }
            struct Head: Encodable {
                var sequence: Int64
                var digest: Digest
            }
            var query = JournalQuery()
            query.after = wish.after
            query.limit = min(wish.limit, 100)
            let entries = try await neighbours.triage { [query] in try await $0.journal(query) }
            let acts = try await store.read { try Tables.acts(before: wish.before, limit: wish.limit, $0) }
            let end = try await neighbours.triage { try await $0.condition() }.journal ?? 0
            var last = JournalQuery()
            (last.after, last.limit) = (max(0, end - 1), 1)
            let head = try await neighbours.triage { [last] in try await $0.journal(last) }.first
            return try .value(
                Audit(
                    entries: try entries.map { try JournalLine($0) }, acts: acts,
                    head: head.map { Head(sequence: $0.sequence, digest: $0.digest) }))
        }
    }

    private var events: Route {
        Route(
            .get, "/api/events", "What happens, as it happens", roles: Acting.see,
            answers: [.events("journal, incident, house, objectives; with Last-Event-ID from there on")]
        ) { request in .events(await live.listen(after: request.lastEventID.flatMap { Int64($0) })) }
    }
}
