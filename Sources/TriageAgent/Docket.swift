import Contracts
import Diagnosing
import Incidents
import Insight
import Signals
import Triaging
import Worker

/// All open incidents and alerts, in the process that writes. It isolates them and the order of things: what happens is
/// decided here in one place, goes to disk in that order, and only then has consequences.
actor Docket {
    /// What the docket reaches of the world.
    struct Reach: Sendable {
        /// Writes in one transaction; throws where nothing of it is on disk.
        var write: @Sendable (Work) async throws -> Void
        /// Everything as it is on disk.
        var legacy: @Sendable (_ now: Int64) async throws -> Reading.Legacy
        var incident: @Sendable (_ id: String) async throws -> Incident?
        var end: @Sendable (_ incident: String) async throws -> (number: Int, digest: Digest)?
        /// Entries of the journal up to this one are on disk.
        var written: @Sendable (_ sequence: Int64) -> Void = { _ in }
        var wasObeyed: @Sendable (_ order: String) async throws -> Bool
        /// Does the step in hand of an incident until there is an answer; begun anew for each step.
        var ask: @Sendable (Incident) -> Task<Void, Never>
        var now: @Sendable () -> Int64
    }

    let lifecycle: Lifecycle
    let holder: String
    let reach: Reach
    let log: Log
    let metrics: Metrics
    private let steps: OwnSteps
    let newBook: @Sendable (Reading.Legacy) -> AlertBook
    var book: AlertBook
    /// Those without an end, by their names.
    var open: [String: Incident] = [:]
    /// The last entries of the journal: of all, and of each incident that was written to.
    var end = JournalEnd()
    var ends: [String: (number: Int, digest: Digest)] = [:]
    var lastNumber: Int64 = 0
    var past: [PastSignature] = []
    /// Who asks for the step in hand of which incident.
    var asking: [String: (step: String, task: Task<Void, Never>)] = [:]
    var isActive = false
    /// What is decided and not on disk, in its order.
    private var waiting: [(work: Work, done: CheckedContinuation<Void, any Error>)] = []
    private var isWriting = false
    /// Rises with each time that the state was read again: what was built on an older one is not on disk.
    private(set) var reading = 0
    private static let mostAtOnce = 512

    init(
        _ lifecycle: Lifecycle, holder: String, reach: Reach, log: Log, metrics: Metrics,
        book: @escaping @Sendable (Reading.Legacy) -> AlertBook
    ) {
        self.lifecycle = lifecycle
        self.holder = holder
        self.reach = reach
        self.log = log
        self.metrics = metrics
        steps = OwnSteps(agent: "triage", metrics)
        newBook = book
        self.book = book(Reading.Legacy())
    }

    // MARK: taking over

    /// What is on disk is the state; every open incident is taken over from whoever had it.
    func activate() async throws {
        try await readAgain()
        isActive = true
        log.info("this replica writes now", ["open_incidents": .integer(open.count), "alerts": .integer(book.count)])
        await claimAll()
    }

    private func readAgain() async throws {
        let legacy = try await reach.legacy(reach.now())
        reading += 1
        for (_, running) in asking.sorted(by: { $0.key < $1.key }) { running.task.cancel() }
        asking = [:]
        open = [:]
        ends = [:]
        for incident in legacy.open { open[incident.id] = incident }
        for end in legacy.ends { ends[end.incident] = (end.number, end.digest) }
        end = legacy.end
        lastNumber = legacy.lastNumber
        past = legacy.past
        book = newBook(legacy)
    }

    private func claimAll() async {
        for id in open.keys.sorted() { _ = try? await take(.claimed(holder: holder), of: id, actor: holder) }
        for id in open.keys.sorted() { ask(id) }
    }

    // MARK: to disk

    /// Returns once the work is on disk, behind all work that came before it.
    func commit(_ work: Work) async throws {
        guard !work.isEmpty else { return }
        do {
            try await withCheckedThrowingContinuation { done in
                waiting.append((work, done))
                guard !isWriting else { return }
                isWriting = true
                // It writes for all who wait, and so ends with no caller's deadline.
                Task.detached { await self.writeAll() }
            }
        } catch {
            metrics.counter("triage.commits.failed", help: "Commits that failed").increment()
            throw error
        }
    }

    private func writeAll() async {
        while !waiting.isEmpty {
            let batch = Array(waiting.prefix(Self.mostAtOnce))
            waiting.removeFirst(batch.count)
            var work = Work()
            for part in batch { work.add(part.work) }
            do {
                try await reach.write(work)
                if let last = work.entries.last { reach.written(last.sequence) }
                for part in batch { part.done.resume() }
            } catch {
                await recover(from: error, batch.map(\.done))
            }
        }
        isWriting = false
    }

    /// What is in memory is ahead of the disk: the disk is right. All that waits was built on what is not there.
    private func recover(from error: any Error, _ failed: [CheckedContinuation<Void, any Error>]) async {
        log.limited("commit", .error, "nothing can be written; the state is read again", ["why": "\(error)"])
        let lost = failed + waiting.map(\.done)
        waiting = []
        do { try await readAgain() } catch {
            log.limited("commit", .error, "the state cannot be read again", ["why": "\(error)"])
            isActive = false
        }
        for done in lost { done.resume(throwing: error) }
        for id in open.keys.sorted() { ask(id) }
    }

    // MARK: one event

    /// What an event makes of an incident; nil where it changes nothing. On disk, and its consequences begun, when this
    /// returns.
    @discardableResult
    func take(
        _ event: IncidentEvent, of id: String, actor: String, order: String? = nil, lifecycle: Lifecycle? = nil
    ) async throws -> Incident? {
        let known: Incident
        if let incident = open[id] {
            known = incident
        } else {
            known = try await ended(id)
        }
        let input = IncidentInput(at: max(reach.now(), known.stageSince), actor: actor, event)
        guard let transition = try (lifecycle ?? self.lifecycle).take(input, known) else { return nil }
        var work = Work()
        try adopt(transition, input, into: &work)
        if let order { work.orders.append((order, id)) }
        try await commit(work)
        follow(transition)
        return transition.incident
    }

    /// One that has an end is not in memory.
    private func ended(_ id: String) async throws -> Incident {
        guard let incident = try await reach.incident(id) else { throw TriageFault.noSuchIncident(id) }
        if ends[id] == nil, let end = try await reach.end(id) { ends[id] = end }
        return open[id] ?? incident
    }

    /// The incident is what it has become, for all that comes after; and so it goes to disk.
    func adopt(_ transition: Transition, _ input: IncidentInput, into work: inout Work) throws {
        let incident = transition.incident
        let last = ends[incident.id]
        let entry = try end.append(input, incident, number: (last?.number ?? 0) + 1, before: last?.digest)
        ends[incident.id] = (entry.number, entry.digest)
        open[incident.id] = incident
        if incident.stage.isEnd {
            open[incident.id] = nil
            book.incidentEnded(incident.id, now: input.at)
        }
        work.incidents.append(incident)
        work.entries.append(entry)
        for effect in transition.effects {
            switch effect {
            case .ask: break
            case .tell(let notice): work.notices.append(notice)
            case .learn(let lesson): work.lessons.append(lesson)
            case .remember(let signature):
                work.past.append(signature)
                past.removeAll { $0.outcome.incident == signature.outcome.incident }
                past.append(signature)
                if past.count > Reading.mostPast { past.removeFirst() }
            }
        }
    }

    /// What follows once it is on disk.
    func follow(_ transition: Transition) {
        let incident = transition.incident
        if incident.stage.isEnd {
            asking.removeValue(forKey: incident.id)?.task.cancel()
            ends[incident.id] = nil
        }
        for effect in transition.effects {
            if case .ask = effect { ask(incident.id) }
            if case .tell(let notice) = effect { say(notice) }
        }
        let due = lifecycle.due(incident) ?? .max
        if due <= reach.now() { Task.detached { await self.look(at: incident.id) } }
    }

    private func say(_ notice: IncidentNotice) {
        metrics.counter(
            "triage.notices", help: "What people were told of incidents", labels: ["kind": notice.kind.rawValue]
        ).increment()
        log.info(
            "\(notice.incident) \(notice.kind.rawValue): \(notice.title)",
            ["incident": .text(notice.incident), "priority": .integer(notice.priority), "why": .text(notice.text)])
    }

    /// Does the step in hand, unless somebody does already.
    private func ask(_ id: String) {
        guard isActive, let incident = open[id], let step = incident.step else {
            asking.removeValue(forKey: id)?.task.cancel()
            return
        }
        if let running = asking[id], running.step == step.id { return }
        asking.removeValue(forKey: id)?.task.cancel()
        guard step.errand != .pause else { return }
        asking[id] = (step.id, reach.ask(incident))
    }

    /// The answer to a step. Where it cannot be kept, whoever takes the step over asks again.
    func hear(_ event: IncidentEvent, for step: IncidentStep, of id: String, diagnosis: Diagnosis?) async {
        if asking[id]?.step == step.id { asking[id] = nil }
        guard isActive else { return }
        if case .evidence(_, let input) = event { learn(input.evidence.edges) }
        // What was computed for the answer is not computed again; it follows from the answer alone.
        let knowing = diagnosis.map { diagnosis in Lifecycle(lifecycle.terms) { _ in diagnosis } }
        do { try await take(event, of: id, actor: step.errand.role ?? holder, lifecycle: knowing) } catch {
            log.limited("answer", .warning, "an answer could not be kept", ["step": .text(step.id), "why": "\(error)"])
        }
        if let now = open[id]?.step, now.id == step.id { ask(id) }
    }

    private func learn(_ edges: [EvidenceEdge]) {
        let calls = edges.map { Call(caller: $0.caller, callee: $0.callee) }
        if !calls.isEmpty { book.learn(calls) }
    }

    // MARK: time

    /// Time passes: for incidents that are due, for alerts that wait, and for steps that nobody does.
    func tick() async {
        guard isActive else { return }
        let now = reach.now()
        for id in open.keys.sorted() {
            guard let incident = open[id] else { continue }
            if (lifecycle.due(incident) ?? .max) <= now {
                await look(at: id)
            } else if let step = incident.step, step.leaseUntil <= now, step.errand != .pause, asking[id] == nil {
                _ = try? await take(.claimed(holder: holder), of: id, actor: holder)
            }
        }
        await lookAtAlerts(now)
        let ages = open.keys.sorted().compactMap { open[$0]?.step }
            .filter { $0.errand != .approval && $0.errand != .pause }.map { now - $0.began }
        steps.tell(oldest: .nanoseconds(ages.max() ?? 0))
    }

    private func look(at id: String) async {
        guard isActive, open[id] != nil else { return }
        do { try await take(.tick, of: id, actor: holder) } catch {
            log.limited(
                "tick", .warning, "time could not pass for an incident", ["incident": .text(id), "why": "\(error)"])
        }
    }
}
