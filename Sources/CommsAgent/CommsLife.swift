import Bus
import Channels
import Contracts
import Definitions
import Diagnosing
import Dispatching
import Glibc
import Host
import Incidents
import Notices
import Service
import Signals
import Store
import Web
import WebClient
import Worker

/// Wires the parts of the agent: every replica serves the console, the one with the lease tells people and writes
/// post-mortems.
struct CommsLife: Sendable {
    let worker: WorkerContext
    let settings: CommsSettings
    let store: Store
    let neighbours: Neighbours
    let sessions: Sessions
    let acting: Acting
    let dispatcher: Dispatcher
    let chronicle: Chronicle
    let library: Library
    let live: Live
    let machine: TimeMachine
    let client: WebClient
    let definition: CommsDefinition

    init(_ worker: WorkerContext, _ settings: CommsSettings, _ store: Store) throws {
        self.worker = worker
        self.settings = settings
        self.store = store
        let (bus, log, birth) = (worker.bus, worker.log, worker.birth)
        bus.allow(TriageRefusal.self, as: "TriageRefusal")
        bus.allow(RiskFault.self, as: "RiskFault")
        bus.allow(ForgeRefusal.self, as: "ForgeRefusal")
        let neighbours = Neighbours(bus: bus)
        self.neighbours = neighbours
        client = WebClient(metrics: worker.metrics)
        let found = Definitions.comms(in: "\(birth.config)/comms")
        for mistake in found.mistakes {
            log.error("what is said of telling people was not understood", ["mistake": .text("\(mistake)")])
        }
        let definition = found.definition ?? CommsDefinition()
        self.definition = definition
        let seal = try Seal.kept(in: "\(birth.data)/comms")
        sessions = Sessions(
            seal, people: ["\(birth.config)/people.yaml", LocalPerson.file(data: birth.data)], store: store, log: log)
        acting = Acting(store, log: log)
        let channels = ChannelSet(definition, data: birth.data, client: client)
        let link = definition.link ?? "http://127.0.0.1:\(8080 + birth.portOffset)"
        var chance = SystemRandomNumberGenerator()
        dispatcher = Dispatcher(
            store: store, rules: definition.rules, seed: UInt64.random(in: .min ... .max, using: &chance),
            send: { await channels.send($0, $1) },
            look: { notice in
                let incident = try? await neighbours.triage { try await $0.incident(notice.incident) }
                let place = "\(link)/#/incidents/\(notice.incident)"
                guard let known = incident ?? nil else { return NoticeFacts(link: place) }
                return NoticeFacts(known, link: place)
            })
        let terms = Terms(neighbours)
        let lifecycle: @Sendable () async throws -> Lifecycle = { try await terms.lifecycle() }
        let library = Library(
            store: store, archive: "\(birth.data)/postmortems", config: birth.config, log: log)
        self.library = library
        let chronicle = Chronicle(
            neighbours, folder: "\(birth.data)/postmortems", retention: settings.retention,
            protects: settings.protects, lifecycle: lifecycle, log: log, written: { await library.follow() })
        self.chronicle = chronicle
        machine = TimeMachine(neighbours, lifecycle: lifecycle)
        let (store, dispatcher) = (store, dispatcher)
        live = Live(
            Live.Sources(
                end: { try await neighbours.triage { try await $0.condition() }.journal ?? 0 },
                journal: { after, limit in
                    var query = JournalQuery()
                    (query.after, query.limit) = (after, limit)
                    return try await neighbours.triage { [query] in try await $0.journal(query) }
                },
                incident: { id in try await neighbours.triage { try await $0.incident(id) } },
                house: {
                    async let status = neighbours.status()
                    async let load = neighbours.load()
                    return House(at: WallTime.now.nanoseconds, status: try await status, load: try await load)
                },
                objectives: { try await neighbours.telemetry { try await $0.objectives() } },
                heard: { line in
                    guard store.state == .writer else { return }
                    if let command = line.command, command.kind == .acknowledge {
                        try? await dispatcher.acknowledge(
                            Acknowledgement(
                                incident: line.incident, generation: line.generation, person: command.person,
                                at: line.at))
                    }
                    if line.stage.isOver { Task { await chronicle.look(at: line.incident) } }
                }), log: log)
        bus.serve($CommsDesk<BusSystem>.self) { [dispatcher] in
            CommsDeskActor(told: { try await dispatcher.notifications(of: $0) }, actorSystem: $0)
        }
        Incoming(
            store,
            [
                Incoming.Handler(CommsMessages.notice, IncidentNotice.self) { context, _, notice in
                    try Tables.arrived(notice, context)
                }
            ]
        ).start(on: bus)
    }

    func openDoor() throws -> ServiceDoor {
        let birth = worker.birth
        let program = "\(ProcessFiles.ownFolder())/kintsugi"
        let routes =
            SessionDoors(sessions: sessions, acting: acting, isSecure: settings.secureCookies).routes
            + IncidentDoors(
                neighbours: neighbours, sessions: sessions, acting: acting,
                notifications: { [dispatcher] in try await dispatcher.notifications(of: $0) }, machine: machine
            ).routes
            + PullDoors(neighbours: neighbours, acting: acting).routes
            + HouseDoors(neighbours: neighbours, live: live, store: store).routes
            + RecordDoors(folder: "\(birth.data)/postmortems", library: library, neighbours: neighbours).routes
            + ShopDoors(client: client, neighbours: neighbours, data: birth.data, portOffset: birth.portOffset).routes
            + ChaosDoors(acting: acting, data: birth.data, faults: settings.faults, program: program).routes
            + PageDoors().routes
        let sign = ServiceDoor.Sign(
            title: "Console", version: "1", about: "What people see of the cluster, and what they do with it.",
            addresses: ["http://127.0.0.1:8080"])
        let sessions = sessions
        return try ServiceDoor.open(
            sign, routes: routes, birth: birth, settings: settings.service, store: store, metrics: worker.metrics,
            log: worker.log, sessions: SessionDoor(cookie: Sessions.cookie) { sessions.find($0) })
    }

    /// Looks at what may have changed, from now on; and in the replica with the lease tells people.
    func start() {
        let hints = worker.bus.subscribe(CommsMessages.journal)
        Task { [live] in for await _ in hints { await live.look() } }
        Task { [live, sessions] in
            while !Task.isCancelled {
                await sessions.look()
                await live.second()
                // A cancelled sleep ends the loop.
                do { try await Task.sleep(for: .seconds(1)) } catch { return }
            }
        }
        Task { [store, dispatcher, chronicle, library, log = worker.log] in
            for await state in store.states() where state == .writer { break }
            do { try await dispatcher.start() } catch { log.error("nobody can be told", ["why": "\(error)"]) }
            Task {
                await library.follow()
                await chronicle.catchUp()
            }
            while !Task.isCancelled, store.state != .closed {
                await Self.tell(store, dispatcher, log)
                do { try await Task.sleep(for: .milliseconds(100)) } catch { return }
            }
        }
        _ = store.eachMinute(
            { [store, dispatcher] in
                try await store.write { try Tables.forget($0) }
                try await dispatcher.forget(before: WallTime.now.nanoseconds - 30 * 86_400_000_000_000)
            }, log: worker.log)
    }

    /// What has arrived goes to the dispatcher, which keeps it; then it need not be kept here.
    private static func tell(_ store: Store, _ dispatcher: Dispatcher, _ log: Log) async {
        do {
            let waiting = try await store.read { try Tables.waiting($0) }
            guard let last = waiting.last?.number else { return }
            for (_, notice) in waiting { try await dispatcher.take(notice) }
            try await store.write { try Tables.taken(upTo: last, $0) }
        } catch {
            log.limited("notices", .warning, "notices wait", ["why": "\(error)"])
        }
    }
}

/// By which terms incidents live, as Triage says.
struct Terms: Sendable {
    private let neighbours: Neighbours

    init(_ neighbours: Neighbours) { self.neighbours = neighbours }

    func lifecycle() async throws -> Lifecycle {
        let packed = try await neighbours.triage { try await $0.terms() }
        return Lifecycle(try Packed.decode(LifecycleTerms.self, from: packed)) { Diagnosing.diagnose($0) }
    }
}
