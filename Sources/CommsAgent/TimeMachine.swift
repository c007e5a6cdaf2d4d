import Contracts
import Incidents
import Web

/// Incidents as they were: made anew from their journals, entry by entry.
actor TimeMachine {
    private let neighbours: Neighbours
    private let lifecycle: @Sendable () async throws -> Lifecycle
    /// The latest ones, whole, with how far they were read.
    private var known: [(id: String, entries: [JournalEntry], states: [Incident])] = []
    private static let most = 8

    init(_ neighbours: Neighbours, lifecycle: @escaping @Sendable () async throws -> Lifecycle) {
        self.neighbours = neighbours
        self.lifecycle = lifecycle
    }

    /// A part of the journal, in pages that fit.
    nonisolated func entries(_ query: JournalQuery) async throws -> [JournalEntry] {
        var found: [JournalEntry] = []
        while found.count < query.limit {
            var next = query
            next.after = found.last?.sequence ?? query.after
            next.limit = min(20, query.limit - found.count)
            let page = try await neighbours.triage { [next] in try await $0.journal(next) }
            found += page
            if page.count < next.limit { break }
        }
        return found
    }

    func incident(_ id: String, after number: Int) async throws -> Incident {
        let known = try await read(id, upTo: number)
        guard number <= known.states.count else {
            throw Problem.notFound("The journal of \(id) has \(known.states.count) entries.")
        }
        return known.states[number - 1]
    }

    func evidence(_ id: String, in number: Int) async throws -> Evidence {
        let known = try await read(id, upTo: number)
        guard number <= known.entries.count,
            let input = try? Packed.decode(IncidentInput.self, from: known.entries[number - 1].input),
            case .evidence(_, let found) = input.event
        else { throw Problem.notFound("Entry \(number) of \(id) brought no evidence.") }
        return found.evidence
    }

    private func read(_ id: String, upTo number: Int) async throws -> (entries: [JournalEntry], states: [Incident]) {
        if let place = known.firstIndex(where: { $0.id == id }), known[place].entries.count >= number {
            return (known[place].entries, known[place].states)
        }
        let entries = try await neighbours.journal(of: id)
        guard !entries.isEmpty else { throw Problem.notFound("There is no incident \(id).") }
        let inputs = try entries.map { try Packed.decode(IncidentInput.self, from: $0.input) }
        let states = try await lifecycle().replay(id, inputs)
        known.removeAll { $0.id == id }
        known.append((id, entries, states))
        if known.count > Self.most { known.removeFirst() }
        return (entries, states)
    }
}
