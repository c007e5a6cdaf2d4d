import Alerting
import Contracts
import Diagnosing
import Host
import Incidents
import Signals
import Store
import Synchronization
import Triaging

@testable import TriageAgent

/// A docket with a store of its own in a folder of its own, and a clock that the test sets. Whom it asks answers when the
/// test says so.
final class Office: Sendable {
    struct State: Sendable {
        var now = Int64.seconds(1_906_711_200)
        /// Steps that were asked for, in their order.
        var asked: [IncidentStep] = []
        /// So many of the next commits fail.
        var failures = 0
        var commits = 0
    }

    struct NoRoom: Error {}

    let folder: String
    let store: Store
    let reading: Reading
    private let state = Mutex(State())

    var now: Int64 { state.withLock { $0.now } }
    var asked: [IncidentStep] { state.withLock { $0.asked } }
    var commits: Int { state.withLock { $0.commits } }

    func pass(seconds: Double) { state.withLock { $0.now += Int64(seconds * 1e9) } }
    func failCommits(_ count: Int) { state.withLock { $0.failures = count } }

    init() async throws {
        folder = try TemporaryFolder.make()
        var plan = StorePlan(file: "\(folder)/triage.sqlite", migrations: Tables.migrations)
        plan.holder = "triage@local.1"
        store = try await Store.open(plan)
        reading = Reading(store: store)
    }

    func close() async {
        await store.close()
        TemporaryFolder.remove(folder)
    }

    private func write(_ work: Work) async throws {
        let fails = state.withLock { state in
            state.commits += 1
            guard state.failures > 0 else { return false }
            state.failures -= 1
            return true
        }
        if fails { throw NoRoom() }
        try await store.write { try work.write($0, comms: "comms") }
    }

    /// A docket of a process of its own, active when this returns.
    func docket(_ holder: String = "triage@local.1#1", settings: AlertSettings = AlertSettings()) async throws -> Docket
    {
        let reach = Docket.Reach(
            write: { try await self.write($0) }, legacy: { try await self.reading.legacy(now: $0) },
            incident: { try await self.reading.incident($0) }, end: { try await self.reading.end(of: $0) },
            wasObeyed: { try await self.reading.wasObeyed($0) },
            ask: { incident in
                self.state.withLock { state in
                    if let step = incident.step { state.asked.append(step) }
                }
                return Task {}
            }, now: { self.now })
        let docket = Docket(
            Lifecycle { Diagnosing.diagnose($0) }, holder: holder, reach: reach, log: Log(descriptor: -1),
            metrics: Metrics()
        ) { legacy in
            AlertBook(
                settings, restoring: legacy.alerts, openIncidents: legacy.open.map(\.id), endedIncidents: legacy.ended)
        }
        try await docket.activate()
        return docket
    }

    func alert(
        _ name: String = "OrdersFail", node: String = "orders", began: Double = 0, state: RaisedAlert.State = .firing,
        severity: FindingSeverity = .critical, source: RaisedAlert.Source = .person
    ) -> RaisedAlert {
        let start = now + Int64(began * 1e9)
        return RaisedAlert(
            source, fingerprint: "\(name)/\(node)", name: name, node: node, severity: severity, state: state,
            text: "\(name) of \(node)", began: start, ended: state == .resolved ? start : nil, sender: "test")
    }

    /// The incident on disk, once it has a step in hand: what follows from a commit comes a moment after it.
    func stepInHand(_ id: String) async throws -> IncidentStep {
        while true {
            if let step = try await reading.incident(id)?.step { return step }
            await Task.yield()
        }
    }

    func journal() async throws -> [JournalEntry] {
        var query = JournalQuery()
        query.limit = 1_000
        return try await reading.journal(query)
    }

    /// The first fault of the journal; nil where every link holds and every incident follows from its inputs.
    func fault() async throws -> JournalFault? {
        let entries = try await journal()
        var check = JournalCheck(isWhole: true)
        for entry in entries { if let fault = check.take(entry) { return fault } }
        var names: [String] = []
        for entry in entries where !names.contains(entry.incident) { names.append(entry.incident) }
        let lifecycle = Lifecycle { Diagnosing.diagnose($0) }
        for name in names {
            let replayed = try lifecycle.replayed(entries.filter { $0.incident == name })
            if let fault = replayed.fault { return fault }
        }
        return nil
    }
}
