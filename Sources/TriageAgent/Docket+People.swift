import Alerting
import Contracts
import Incidents
import Triaging

/// What people ask for.
extension Docket {
    /// A person's wish; the same one again changes nothing more.
    func obey(_ order: PersonalOrder) async throws -> Incident {
        guard isActive else { throw TriageFault.notActive }
        if try await reach.wasObeyed(order.id) { return try await incident(order.incident) }
        _ = try await take(
            .command(order.command), of: order.incident, actor: order.command.person, order: order.id)
        return try await incident(order.incident)
    }

    /// As it is now.
    func incident(_ id: String) async throws -> Incident {
        if let incident = open[id] { return incident }
        guard let incident = try await reach.incident(id) else { throw TriageFault.noSuchIncident(id) }
        return incident
    }

    /// Silences that still hold, after a change.
    func change(_ change: SilenceChange?) async throws -> [SilenceNote] {
        guard isActive else { throw TriageFault.notActive }
        let now = reach.now()
        var work = Work()
        switch change {
        case nil: break
        case .begin(let note):
            let silence = try Silence(note)
            book.keep(silence)
            work.silences.append(note)
        case .end(let id, let person):
            guard var silence = book.silences.first(where: { $0.id == id }) else { throw TriageFault.noSuchSilence(id) }
            silence.ended = now
            book.keep(silence)
            var note = SilenceNote(silence)
            note.text += " (ended by \(person))"
            work.silences.append(note)
        }
        try await commit(work)
        return book.silences.filter { $0.until > now && $0.ended == nil }.map { SilenceNote($0) }
            .sorted { $0.id < $1.id }
    }

    /// The latest decisions about an alert.
    func decisions(on fingerprint: String) -> [DatedDecision] {
        book.explain(fingerprint) ?? []
    }

    /// How the agent is.
    func counts() -> (open: Int, firing: Int, named: [NamedCount]) {
        let firing = book.incidents.reduce(0) { $0 + $1.firing }
        return (
            open.count, firing,
            [
                NamedCount("alerts known", book.count), NamedCount("bytes of alerts", book.bytes),
                NamedCount("alerts forgotten for room", book.forgotten), NamedCount("steps in hand", asking.count),
                NamedCount("times the state was read again", reading),
            ]
        )
    }
}

extension Silence {
    /// Refuses what matches nothing, and a time that is none.
    init(_ note: SilenceNote) throws {
        guard !note.matchers.isEmpty else { throw TriageFault.badSilence("expected at least one matcher, found none") }
        guard note.until > note.from else { throw TriageFault.badSilence("expected an end after the beginning") }
        var matchers: [LabelMatcher] = []
        for text in note.matchers {
            do { matchers.append(try LabelMatcher(text)) } catch { throw TriageFault.badSilence("\(error)") }
        }
        self.init(
            id: note.id, matchers, author: note.person, reason: note.text, from: note.from, until: note.until,
            ended: note.ended)
    }
}

extension SilenceNote {
    init(_ silence: Silence) {
        self.init(
            id: silence.id, matchers: silence.matchers.map { "\($0)" }, from: silence.from, until: silence.until,
            ended: silence.ended, person: silence.author, text: silence.reason)
    }
}
