/// What kind of thing was noticed. None of them says what broke: they say what was seen.
public enum FindingKind: String, Codable, Sendable, Equatable, CaseIterable {
    /// The error budget of an objective is used up too fast over two windows.
    case objectiveBurning
    /// Too many requests fail now, long before a window of an hour could tell.
    case failing
    /// A metric does what it has not done before.
    case anomaly
    /// A kind of log line that was never seen.
    case newMessage
    /// A kind of log line that comes more often than it ever did.
    case messageRate
    /// Something will be used up.
    case limitAhead
    /// A synthetic customer is not served.
    case canaryFailing
    /// A process that should speak says nothing.
    case silentProcess
    /// A process has died.
    case deadProcess
    /// A role whose workers fail again and again is tried only slowly.
    case givenUp
    /// The agents' own work fails or takes too long.
    case ownWork
    /// What runs is not what the repository says.
    case drift
}

/// How much a finding matters to those who use the application.
public enum FindingSeverity: String, Codable, Sendable, Equatable, CaseIterable, Comparable {
    case notice, warning, critical

    private var rank: Int {
        switch self {
        case .notice: 0
        case .warning: 1
        case .critical: 2
        }
    }
    public static func < (left: FindingSeverity, right: FindingSeverity) -> Bool { left.rank < right.rank }
}

/// Something that was noticed, and what became of it. One finding lasts from the first sight to the end of what it is
/// about; each change of it is sent again under the same id.
public struct Finding: Codable, Sendable, Equatable {
    /// `KEY#BEGAN`: one for each episode.
    public var id: String { "\(key)#\(began / 1_000_000)" }

    /// What it is about, the same in every episode: `kind/node/subject`.
    public var key: String { "\(kind.rawValue)/\(node)/\(subject)" }

    public var kind: FindingKind
    public var severity: FindingSeverity
    /// The service it is about.
    public var node: String
    /// One process of the service, where it is about one.
    public var instance: String?
    /// The metric, objective, template, limit or canary.
    public var subject: String
    /// Nanoseconds since 1970: when what was noticed began, as far as the data tell.
    public var began: Int64
    /// When it was noticed.
    public var noticed: Int64
    /// When it ended; nil while it lasts.
    public var ended: Int64?
    /// A sentence with the numbers.
    public var text: String
    /// What was seen, and what was expected; in the unit that the text names.
    public var value: Double?
    public var expected: Double?
    /// The chance that users are hurt within the hour, where one was estimated.
    public var probability: Double?
    /// What would be hit: objectives and services that depend on it.
    public var endangers: [String]
    /// A trace that shows it.
    public var trace: String?

    public init(
        _ kind: FindingKind, _ severity: FindingSeverity, node: String, instance: String? = nil, subject: String,
        began: Int64, noticed: Int64, text: String, value: Double? = nil, expected: Double? = nil
    ) {
        self.kind = kind
        self.severity = severity
        self.node = node
        self.instance = instance
        self.subject = subject
        self.began = began
        self.noticed = noticed
        self.text = text
        self.value = value
        self.expected = expected
        self.endangers = []
    }

    /// Whether it still lasts.
    public var isLasting: Bool { ended == nil }
}

/// Something that somebody changed on purpose.
public struct ChangeNotice: Codable, Sendable, Equatable {
    public enum Kind: String, Codable, Sendable, Equatable, CaseIterable {
        /// Another version of the code.
        case deploy
        /// Another configuration.
        case configuration
        /// More or fewer workers.
        case scale
        /// Workers replaced without another version.
        case restart
        /// Something else that a person or an agent did, such as closing a breaker.
        case action
    }

    /// Given by whoever changed it: the same change told twice is one.
    public var id: String
    public var kind: Kind
    /// The services it is about; all where empty.
    public var nodes: [String]
    /// What changed, in a sentence.
    public var text: String
    /// The commit, where there is one.
    public var commit: String?
    /// Keys of the configuration or paths that changed.
    public var touched: [String]
    public var author: String
    /// Nanoseconds since 1970.
    public var at: Int64

    public init(
        id: String, kind: Kind, nodes: [String], text: String, commit: String? = nil, touched: [String] = [],
        author: String, at: Int64
    ) {
        self.id = id
        self.kind = kind
        self.nodes = nodes
        self.text = text
        self.commit = commit
        self.touched = touched
        self.author = author
        self.at = at
    }
}

/// Something that happened to a process, as the supervisor saw it.
public struct ProcessNotice: Codable, Sendable, Equatable {
    public enum Kind: String, Codable, Sendable, Equatable, CaseIterable {
        case started, ready, died, backingOff, gaveUp, stopped, roleGivenUp, roleBack
    }

    public var kind: Kind
    public var role: String
    /// `role@host.n`; nil where it is about the whole role.
    public var slot: String?
    public var spawn: UInt64
    /// Why, in a sentence.
    public var reason: String
    /// Whether it counts as the process's own fault.
    public var isOwnFault: Bool
    /// Nanoseconds since 1970.
    public var at: Int64

    public init(
        _ kind: Kind, role: String, slot: String? = nil, spawn: UInt64 = 0, reason: String = "",
        isOwnFault: Bool = false, at: Int64
    ) {
        self.kind = kind
        self.role = role
        self.slot = slot
        self.spawn = spawn
        self.reason = reason
        self.isOwnFault = isOwnFault
        self.at = at
    }
}
