import AlertDoors
import Alerting
import Bus
import Contracts
import Definitions
import Diagnosing
import Host
import Incidents
import Service
import Signals
import Store
import Supervision
import Synchronization
import Triaging
import Web
import Worker

/// Wires the parts of the agent.
struct TriageLife: Sendable {
    let worker: WorkerContext
    let settings: TriageSettings
    let store: Store
    let reading: Reading
    let docket: Docket
    let front: Front
    let plan: ClusterPlan
    let definition: TriageDefinition

    init(_ worker: WorkerContext, _ settings: TriageSettings, _ store: Store) throws {
        self.worker = worker
        self.settings = settings
        self.store = store
        plan = try ClusterFile.read(path: "\(worker.birth.config)/cluster.yaml")
        let found = Definitions.triage(in: "\(worker.birth.config)/triage")
        for mistake in found.mistakes {
            worker.log.error("what is said of alerts was not understood", ["mistake": .text("\(mistake)")])
        }
        let definition = found.definition ?? TriageDefinition()
        self.definition = definition
        let calibration = Definitions.calibration(in: "\(worker.birth.config)/calibration/leads")
        for mistake in calibration.mistakes {
            worker.log.error("the record of earlier runs was not understood", ["mistake": .text("\(mistake)")])
        }
        let reading = Reading(store: store)
        self.reading = reading
        let comms = settings.noticesTo ?? (plan.role(named: "comms") == nil ? nil : "comms")
        let own = worker.birth.slot
        let link = Link()
        let asking = Asking(
            bus: worker.bus, log: worker.log, steps: OwnSteps(agent: "triage", worker.metrics),
            roles: plan.roles.map(\.name), calibration: calibration.table,
            past: { await link.docket?.past ?? [] },
            answer: { id, step, event, diagnosis in
                await link.docket?.hear(event, for: step, of: id, diagnosis: diagnosis)
            })
        let lifecycle = Lifecycle(settings.terms) { Diagnosing.diagnose($0) }
        let reach = Docket.Reach(
            write: { work in try await store.write { try work.write($0, comms: comms) } },
            legacy: { try await reading.legacy(now: $0) }, incident: { try await reading.incident($0) },
            end: { try await reading.end(of: $0) },
            written: { [bus = worker.bus] sequence in
                // A hint for live views: what is lost of it they read a second later.
                if let body = try? Packed.encode(sequence) { bus.publish(CommsMessages.journal, body) }
            }, wasObeyed: { try await reading.wasObeyed($0) },
            ask: { incident in
                guard let step = incident.step, let question = lifecycle.question(incident) else { return Task {} }
                return asking.start(incident, question, step)
            }, now: { WallTime.now.nanoseconds })
        let alerts = definition.settings
        docket = Docket(
            lifecycle, holder: "\(own)#\(worker.birth.spawn)", reach: reach, log: worker.log, metrics: worker.metrics
        ) { legacy in
            AlertBook(
                alerts, silences: legacy.silences.compactMap { try? Silence($0) }, restoring: legacy.alerts,
                openIncidents: legacy.open.map(\.id), endedIncidents: legacy.ended)
        }
        link.set(docket)
        let front = Front(docket: docket, reading: reading, bus: worker.bus, own: own)
        self.front = front
        worker.bus.allow(TriageRefusal.self, as: "TriageRefusal")
        worker.bus.allow(RiskFault.self, as: "RiskFault")
        worker.bus.allow(RemediationFault.self, as: "RemediationFault")
        worker.bus.serve($TriageDesk<BusSystem>.self) { TriageDeskActor(front, actorSystem: $0) }
        Hearing(front: front, bus: worker.bus, log: worker.log).start()
    }

    /// Opens the door for alerts; every replica does.
    func openDoor(_ service: RunningService) async throws {
        let secrets = Secrets(data: worker.birth.data, hooks: definition.hooks)
        let plan = AlertDoor.Plan(definition) { secrets.secret(of: $0) }
        let door = AlertDoor(
            plan: { plan }, metrics: worker.metrics, now: { WallTime.now.nanoseconds },
            take: { [front] alerts in try await kept { try await front.raise(alerts) } },
            acknowledge: { [front] fingerprint, sender in
                try await kept { try await front.acknowledge(fingerprint, sender) }
            })
        var limits = ServerLimits()
        limits.bodyBytes = 16 << 20
        let sign = ServiceDoor.Sign(
            title: "Triage", version: "1",
            about: "Takes alerts of Alertmanager, Prometheus, PagerDuty's format, CloudEvents and signed webhooks.",
            addresses: ["http://127.0.0.1:8083"])
        let opened = try ServiceDoor.open(
            sign, routes: door.routes, birth: worker.birth, settings: settings.service, store: store,
            metrics: worker.metrics, log: worker.log, limits: limits)
        _ = store.registerDeadLetters()
        _ = store.measure(in: worker.metrics)
        service.began(opened, store: store)
        Task { [store, worker, settings] in
            for await state in store.states() where state == .writer { break }
            let relay = await store.deliver(worker, attempts: settings.service.attempts)
            service.began(opened, relay: relay, store: store)
        }
    }

    /// Takes over whenever the lease is ours, and lets time pass.
    func start() {
        Task { [docket, store, log = worker.log] in
            while !Task.isCancelled {
                if store.state == .writer, await !docket.isActive {
                    do { try await docket.activate() } catch {
                        log.limited("activate", .error, "the state cannot be read", ["why": "\(error)"])
                    }
                }
                await docket.tick()
                // A cancelled sleep ends the loop.
                do { try await Task.sleep(for: .milliseconds(100)) } catch { return }
            }
        }
        Task { [teaching = Teaching(reading: reading, store: store, bus: worker.bus, log: worker.log)] in
            await teaching.run()
        }
        _ = store.eachMinute(
            { [store] in try await store.write { try Tables.forget($0, now: $0.now.nanoseconds) } }, log: worker.log)
    }
}

/// The docket, for those whom it asks: it is made after them.
private final class Link: Sendable {
    private let held = Mutex<Docket?>(nil)

    var docket: Docket? { held.withLock { $0 } }

    func set(_ docket: Docket) { held.withLock { $0 = docket } }
}

/// What HTTP says where the bus says that later may help.
private func kept<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
    do { return try await body() } catch TriageRefusal.never(let why) {
        throw Problem(422, why)
    } catch is TriageRefusal {
        throw Problem.unavailable("The alerts cannot be kept now: send them again.", retryAfter: .seconds(1))
    } catch BusError.tooLarge(let why) {
        throw Problem(413, "More alerts than can be passed on at once; send fewer in each request: \(why)")
    } catch is BusError {
        throw Problem.unavailable("The alerts cannot be kept now: send them again.", retryAfter: .seconds(1))
    }
}
