import Contracts
import Incidents
import Signals
import Web

/// What open pages are told as it happens: the journal, incidents, and each second how the house is. Each event is written
/// once, however many pages there are; who comes back says what it has seen last, and gets what came since.
actor Live {
    /// What it asks of the others.
    struct Sources: Sendable {
        /// The sequence of the journal's last entry.
        var end: @Sendable () async throws -> Int64
        var journal: @Sendable (_ after: Int64, _ limit: Int) async throws -> [JournalEntry]
        var incident: @Sendable (String) async throws -> Incident?
        var house: @Sendable () async throws -> House
        var objectives: @Sendable () async throws -> ObjectivesAnswer
        /// Every entry, in its order, once in this process.
        var heard: @Sendable (JournalLine) async -> Void
    }

    private let sources: Sources
    private let log: Log
    private var listeners: [Int: AsyncStream<ServerEvent>.Continuation] = [:]
    private var lastListener = 0
    private var last: Int64?
    private var recent: [(sequence: Int64, event: ServerEvent)] = []
    private var isReading = false
    private var wantsMore = false
    private var before: (load: BrokerLoad, at: Int64)?
    private var seconds = 0
    private static let mostRecent = 2_000
    private static let first: Int64 = 200
    private static let mostWaiting = 512
    private static let page = 20

    init(_ sources: Sources, log: Log) {
        self.sources = sources
        self.log = log
    }

    var count: Int { listeners.count }

    /// A page that listens from now on, or from what it has seen last.
    func listen(after seen: Int64?) -> AsyncStream<ServerEvent> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: ServerEvent.self, bufferingPolicy: .bufferingOldest(Self.mostWaiting))
        lastListener += 1
        let number = lastListener
        continuation.onTermination = { [weak self] _ in Task { await self?.leave(number) } }
        if let seen, let first = recent.first?.sequence ?? last.map({ $0 + 1 }) {
            if seen + 1 < first {
                continuation.yield(ServerEvent(kind: "reset", data: "{}"))
            } else {
                for (sequence, event) in recent where sequence > seen { continuation.yield(event) }
            }
        }
        continuation.yield(ServerEvent(kind: "hello", data: "{\"sequence\":\(last ?? 0)}"))
        listeners[number] = continuation
        return stream
    }

    private func leave(_ number: Int) { listeners[number] = nil }

    private func tell(_ event: ServerEvent) {
        for listener in listeners.values {
            // One that does not keep up is let go: it comes back and is told what it has missed.
            if case .dropped = listener.yield(event) { listener.finish() }
        }
    }

    // MARK: the journal

    /// There may be more of the journal than was read.
    func look() async {
        wantsMore = true
        guard !isReading else { return }
        isReading = true
        defer { isReading = false }
        while wantsMore {
            wantsMore = false
            do { try await read() } catch {
                log.limited("journal", .info, "the journal cannot be read now", ["why": "\(error)"])
            }
        }
    }

    private func read() async throws {
        var changed: [String] = []
        // What was long before this process is for those who ask, and is no news.
        if last == nil { last = max(0, try await sources.end() - Self.first) }
        while true {
            let entries = try await sources.journal(last ?? 0, Self.page)
            guard !entries.isEmpty else { break }
            for entry in entries {
                last = entry.sequence
                guard let line = try? JournalLine(entry) else { continue }
                await sources.heard(line)
                let event = ServerEvent(id: "\(entry.sequence)", kind: "journal", data: Codes.text(line))
                recent.append((entry.sequence, event))
                tell(event)
                if !changed.contains(entry.incident) { changed.append(entry.incident) }
            }
            if recent.count > Self.mostRecent { recent.removeFirst(recent.count - Self.mostRecent) }
            if entries.count < Self.page { break }
        }
        guard !listeners.isEmpty else { return }
        for id in changed {
            guard let incident = try await sources.incident(id) else { continue }
            tell(ServerEvent(kind: "incident", data: Codes.text(IncidentSummary(incident))))
        }
    }

    // MARK: the house

    /// Each second.
    func second() async {
        await look()
        guard !listeners.isEmpty else {
            before = nil
            return
        }
        if let house = try? await sources.house() {
            tell(ServerEvent(kind: "house", data: Codes.text(house.view(since: before))))
            before = (house.load, house.at)
        }
        seconds += 1
        if seconds % 2 == 0, let answer = try? await sources.objectives() {
            tell(ServerEvent(kind: "objectives", data: Codes.text(answer)))
        }
    }
}

/// One entry of the journal, read, as pages get it.
struct JournalLine: Codable, Sendable {
    let sequence: Int64
    let incident: String
    let number: Int
    /// Nanoseconds since 1970.
    let at: Int64
    let actor: String
    /// What kind of event it was, such as `evidence`.
    let kind: String
    let text: String
    let stage: IncidentStage
    let generation: Int
    let note: String
    let errand: IncidentStep.Errand?
    let digest: Digest
    /// What a person did, for those who have to know.
    let command: IncidentCommand?

    init(_ entry: JournalEntry) throws {
        let input = try Packed.decode(IncidentInput.self, from: entry.input)
        let result = try Packed.decode(JournalResult.self, from: entry.result)
        sequence = entry.sequence
        incident = entry.incident
        number = entry.number
        at = input.at
        actor = input.actor
        kind = input.event.name
        text = JournalWords.text(input.event)
        stage = result.stage
        generation = result.generation
        note = result.note
        errand = result.errand
        digest = entry.digest
        if case .command(let command) = input.event { self.command = command } else { command = nil }
    }
}

extension IncidentEvent {
    /// Its case.
    var name: String {
        switch self {
        case .opened: "opened"
        case .alerts: "alerts"
        case .noted: "noted"
        case .tick: "tick"
        case .claimed: "claimed"
        case .evidence: "evidence"
        case .offers: "offers"
        case .verdict: "verdict"
        case .approval: "approval"
        case .executed: "executed"
        case .verified: "verified"
        case .refused: "refused"
        case .command: "command"
        }
    }
}

/// The processes and what passes between them, at one moment.
struct House: Sendable {
    var at: Int64
    var status: ClusterStatus
    var load: BrokerLoad

    struct View: Codable, Sendable {
        struct Slot: Codable, Sendable {
            var name: String
            var role: String
            var state: String
            var processorPercent: Double?
            var memoryBytes: Int?
            var memoryLimitBytes: Int?
            var restarts: Int
            var queued: Int?
            var inFlight: Int?
            var commit: String?
        }
        struct Edge: Codable, Sendable {
            var from: String
            var to: String
            var calls: Double
            var deliveries: Double
        }
        var at: Int64
        var slots: [Slot]
        /// A second.
        var edges: [Edge]
    }

    /// With rates since another moment.
    func view(since before: (load: BrokerLoad, at: Int64)?) -> View {
        let seconds = before.map { Double(at - $0.at) / 1e9 } ?? 0
        let edges = (load.edges ?? []).map { edge -> View.Edge in
            let old = before?.load.edges?.first { $0.from == edge.from && $0.to == edge.to }
            func rate(_ now: UInt64, _ then: UInt64?) -> Double {
                // A broker that began anew counts from nothing.
                guard seconds > 0, let then, now >= then else { return 0 }
                return Double(now - then) / seconds
            }
            return View.Edge(
                from: edge.from, to: edge.to, calls: rate(edge.calls, old?.calls ?? 0),
                deliveries: rate(edge.deliveries, old?.deliveries ?? 0))
        }
        let slots = status.slots.map {
            View.Slot(
                name: $0.name, role: $0.role, state: $0.state, processorPercent: $0.processorPercent,
                memoryBytes: $0.memoryBytes, memoryLimitBytes: $0.memoryLimitBytes, restarts: $0.restarts,
                queued: $0.queued, inFlight: $0.inFlight, commit: $0.commit)
        }
        return View(at: at, slots: slots, edges: edges)
    }
}
