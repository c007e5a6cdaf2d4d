import Archive
import Chronicling
import Contracts
import Incidents
import Signals

/// Writes the post-mortem of each incident that is over, in the replica that has the lease.
actor Chronicle {
    private let neighbours: Neighbours
    private let folder: String
    private let retention: Int64
    private let protects: Bool
    private let lifecycle: @Sendable () async throws -> Lifecycle
    private let log: Log
    private let written: @Sendable () async -> Void
    private var chronicler: Chronicler?
    private var waiting: [String] = []
    private var isWorking = false

    init(
        _ neighbours: Neighbours, folder: String, retention: Int64, protects: Bool,
        lifecycle: @escaping @Sendable () async throws -> Lifecycle, log: Log,
        written: @escaping @Sendable () async -> Void
    ) {
        self.neighbours = neighbours
        self.folder = folder
        self.retention = retention
        self.protects = protects
        self.lifecycle = lifecycle
        self.log = log
        self.written = written
    }

    /// There may be something to write about an incident.
    func look(at incident: String) async {
        if !waiting.contains(incident) { waiting.append(incident) }
        guard !isWorking else { return }
        isWorking = true
        defer { isWorking = false }
        while let next = waiting.first {
            do {
                if try await write(next).written > 0 { await written() }
            } catch {
                // What the journal does not bear out is not written, and is looked at again with the next entry.
                log.error("a post-mortem could not be written", ["incident": .text(next), "why": "\(error)"])
                chronicler = nil
            }
            waiting.removeAll { $0 == next }
        }
    }

    /// Looks at all that are over: a death may have come between an end and its post-mortem.
    func catchUp() async {
        var before: String?
        while true {
            var query = IncidentQuery()
            query.before = before
            query.limit = 200
            guard let page = try? await neighbours.triage({ [query] in try await $0.incidents(query) }), !page.isEmpty
            else { return }
            for summary in page where summary.stage.isOver { await look(at: summary.id) }
            before = page.last?.id
        }
    }

    private func write(_ incident: String) async throws -> Chronicler.Chronicle {
        if chronicler == nil {
            let archive = try ArchiveFolder(writing: folder, protects: protects)
            let neighbours = neighbours
            chronicler = Chronicler(
                try await lifecycle(), archive: archive, retention: retention,
                now: { WallTime.now.nanoseconds },
                sources: GroundSources(
                    plan: { step in try await neighbours.remediation { try await $0.grounds(of: step) } },
                    verdicts: { incident in
                        let query = VerdictQuery(incident: incident, limit: 1_000)
                        return try await neighbours.risk { try await $0.verdicts(query) }
                    },
                    policy: { version in try await neighbours.risk { try await $0.policy(version) } }),
                journal: { try await neighbours.journal(of: $0) })
        }
        guard let chronicler else { throw ChronicleFault.noDocument(incident: incident) }
        return try await chronicler.chronicle(incident)
    }
}
