public import Distributed

/// What the triage agent answers, on the bus. Every replica takes every question; the one that writes answers it.
@Resolvable
public protocol TriageDesk: DistributedActor where ActorSystem: DistributedActorSystem<any Codable> {
    /// Alerts, each on disk before this returns; the same ones again change nothing.
    distributed func raise(_ alerts: [RaisedAlert]) async throws -> [AlertReceipt]
    /// Alerts that were heard, the latest first.
    distributed func alerts(_ query: AlertQuery) async throws -> [AlertRecord]
    /// All that was decided about an alert, and why; the latest episodes first.
    distributed func explain(_ fingerprint: String) async throws -> AlertExplanation
    /// Incidents in a line each, the latest first.
    distributed func incidents(_ query: IncidentQuery) async throws -> [IncidentSummary]
    /// All of one incident; nil where there is none of that id.
    distributed func incident(_ id: String) async throws -> Incident?
    /// A person's wish; the incident as it is then.
    distributed func command(_ order: PersonalOrder) async throws -> Incident
    /// How an incident stands now, for those who may act on it.
    distributed func standing(of incident: String) async throws -> IncidentStanding
    /// The journal, from an entry on.
    distributed func journal(_ query: JournalQuery) async throws -> [JournalEntry]
    /// Silences as they are, after one was added or ended.
    distributed func silences(_ change: SilenceChange?) async throws -> [SilenceNote]
    /// How this replica is.
    distributed func condition() async throws -> TriageStanding
    /// The terms by which this replica leads incidents, in packed bytes: replay needs them.
    distributed func terms() async throws -> [UInt8]
}

/// Why the triage agent does not do what it was asked.
public enum TriageRefusal: Error, Codable, Sendable, Equatable, CustomStringConvertible {
    /// Nothing was done, and later it may be.
    case later(String)
    /// The same would be refused again.
    case never(String)

    public var description: String {
        switch self {
        case .later(let why): "\(why); ask again"
        case .never(let why): why
        }
    }
}

/// Which alerts; a condition that is nil does not bind.
public struct AlertQuery: Codable, Sendable, Equatable {
    public var fingerprint: String?
    public var incident: String?
    public var onlyFiring = false
    public var limit = 100

    public init() {}
}

/// What was decided about an alert.
public struct AlertExplanation: Codable, Sendable, Equatable {
    /// Its episodes, with the decision that stands.
    public var episodes: [AlertRecord]
    /// The latest decisions, the oldest first; the memory of the process that writes.
    public var decisions: [DatedDecision]

    public init(episodes: [AlertRecord], decisions: [DatedDecision]) {
        self.episodes = episodes
        self.decisions = decisions
    }
}

/// A decision with its time, in nanoseconds since 1970.
public struct DatedDecision: Codable, Sendable, Equatable {
    public var at: Int64
    public var receipt: AlertReceipt

    public init(at: Int64, receipt: AlertReceipt) {
        self.at = at
        self.receipt = receipt
    }
}

/// Which incidents; a condition that is nil does not bind.
public struct IncidentQuery: Codable, Sendable, Equatable {
    public var stages: [IncidentStage] = []
    public var onlyOpen = false
    /// Those before this one, for the next page.
    public var before: String?
    public var limit = 50

    public init() {}
}

/// A person's wish for one incident. The id makes it one, however often it is sent.
public struct PersonalOrder: Codable, Sendable, Equatable {
    public var id: String
    public var incident: String
    public var command: IncidentCommand

    public init(id: String, incident: String, command: IncidentCommand) {
        self.id = id
        self.incident = incident
        self.command = command
    }
}

/// Which part of the journal.
public struct JournalQuery: Codable, Sendable, Equatable {
    public var incident: String?
    /// Entries behind this one.
    public var after: Int64 = 0
    public var limit = 200

    public init() {}
}

/// What holds alerts back for a while.
public struct SilenceNote: Codable, Sendable, Equatable {
    public var id: String
    /// Such as `node="orders"`; all must hold.
    public var matchers: [String]
    /// Nanoseconds since 1970.
    public var from: Int64
    public var until: Int64
    /// When somebody ended it before its time.
    public var ended: Int64?
    public var person: String
    public var text: String

    public init(
        id: String, matchers: [String], from: Int64, until: Int64, ended: Int64? = nil, person: String, text: String
    ) {
        self.id = id
        self.matchers = matchers
        self.from = from
        self.until = until
        self.ended = ended
        self.person = person
        self.text = text
    }
}

/// A silence that begins, or one that ends.
public enum SilenceChange: Codable, Sendable, Equatable {
    case begin(SilenceNote)
    case end(id: String, person: String)
}

/// How a replica of the triage agent is.
public struct TriageStanding: Codable, Sendable, Equatable {
    public var slot: String
    public var writes: Bool
    public var writer: String?
    public var openIncidents: Int
    public var firingAlerts: Int
    public var counts: [NamedCount]
    /// The sequence of the journal's last entry.
    public var journal: Int64?

    public init(
        slot: String, writes: Bool, writer: String?, openIncidents: Int, firingAlerts: Int, counts: [NamedCount],
        journal: Int64? = nil
    ) {
        self.slot = slot
        self.writes = writes
        self.writer = writer
        self.openIncidents = openIncidents
        self.firingAlerts = firingAlerts
        self.counts = counts
        self.journal = journal
    }
}

/// What the agent for people takes from Triage, as a message of type `notice` from its outbox.
public enum CommsMessages {
    /// The type of an `IncidentNotice`.
    public static let notice = "notice"
    /// The topic on which Triage says how far its journal has come: the sequence of the last entry on disk.
    public static let journal = "incidents.journal"
}

/// What the agent for people answers, on the bus.
@Resolvable
public protocol CommsDesk: DistributedActor where ActorSystem: DistributedActorSystem<any Codable> {
    /// What was told to whom about an incident, and what became of it.
    distributed func notifications(of incident: String) async throws -> [SentNotification]
}

/// One notification on one channel.
public struct SentNotification: Codable, Sendable, Equatable {
    public enum Outcome: String, Codable, Sendable, Equatable, CaseIterable { case waiting, sent, gathered, givenUp }

    public var notice: String
    /// Such as `slack`, `mail`, `journal`.
    public var channel: String
    public var outcome: Outcome
    public var text: String
    /// Nanoseconds since 1970.
    public var at: Int64

    public init(notice: String, channel: String, outcome: Outcome, text: String, at: Int64) {
        self.notice = notice
        self.channel = channel
        self.outcome = outcome
        self.text = text
        self.at = at
    }
}
