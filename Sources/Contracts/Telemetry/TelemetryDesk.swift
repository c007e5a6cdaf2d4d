public import Distributed

/// What the telemetry agent answers, on the bus. Every answer names what is missing in it.
@Resolvable
public protocol TelemetryDesk: DistributedActor where ActorSystem: DistributedActorSystem<any Codable> {
    /// Whether this replica is the active one, and how much it holds.
    distributed func standing() async throws -> TelemetryStanding
    /// Metrics, logs, spans, findings or changes.
    distributed func query(_ query: SignalQuery) async throws -> SignalAnswer
    /// All spans of a trace that were kept.
    distributed func trace(_ id: String) async throws -> TraceAnswer
    /// All objectives with their budgets.
    distributed func objectives() async throws -> ObjectivesAnswer
    /// Everything that a diagnosis may use.
    distributed func investigate(_ scope: EvidenceScope) async throws -> Evidence
    /// Whether what was expected has come true; asked again until the verdict is one.
    distributed func verify(_ expectation: Expectation) async throws -> Verification
    /// What runs out when, and how many workers it would take.
    distributed func capacity() async throws -> CapacityAnswer
    /// Somebody changed something on purpose, such as a deploy by other means; on disk before this answers.
    distributed func note(_ change: ChangeNotice) async throws
    /// The synthetic customers and how they were served.
    distributed func canaries() async throws -> CanariesAnswer
}

/// How a replica of the telemetry agent is.
public struct TelemetryStanding: Codable, Sendable, Equatable {
    public var slot: String
    public var isActive: Bool
    /// The active one, as this one knows.
    public var active: String?
    public var series: Int
    public var templates: Int
    public var spansWaiting: Int
    public var heldBytes: Int
    public var budgetBytes: Int
    public var counts: [NamedCount]

    public init(
        slot: String, isActive: Bool, active: String?, series: Int, templates: Int, spansWaiting: Int, heldBytes: Int,
        budgetBytes: Int, counts: [NamedCount]
    ) {
        self.slot = slot
        self.isActive = isActive
        self.active = active
        self.series = series
        self.templates = templates
        self.spansWaiting = spansWaiting
        self.heldBytes = heldBytes
        self.budgetBytes = budgetBytes
        self.counts = counts
    }
}

/// A count with its name, such as `spans refused: time in the future`.
public struct NamedCount: Codable, Sendable, Equatable {
    public var name: String
    public var count: Int

    public init(_ name: String, _ count: Int) {
        self.name = name
        self.count = count
    }
}

/// What is asked for; a condition that is nil does not bind.
public struct SignalQuery: Codable, Sendable, Equatable {
    public enum Kind: String, Codable, Sendable, Equatable, CaseIterable {
        case metrics, logs, spans, traces, findings, changes, processes
    }

    public var kind: Kind
    public var node: String?
    /// The beginning of a metric's or a span's name.
    public var name: String?
    /// Words that the text holds, whatever their case.
    public var text: String?
    /// The least level of a log line.
    public var level: String?
    public var labels: [SignalLabel] = []
    /// Nanoseconds since 1970.
    public var from: Int64?
    public var until: Int64?
    /// Only what failed.
    public var onlyErrors = false
    /// Only what took at least so many seconds.
    public var atLeastSeconds: Double?
    public var limit = 100

    public init(_ kind: Kind) { self.kind = kind }
}

/// The answer to a query; the list of its kind is filled, the others are empty.
public struct SignalAnswer: Codable, Sendable, Equatable {
    public var series: [EvidenceSeries] = []
    public var messages: [EvidenceMessage] = []
    public var lines: [LogExample] = []
    public var spans: [TraceSpan] = []
    public var traces: [TraceSummary] = []
    public var findings: [Finding] = []
    public var changes: [ChangeNotice] = []
    public var processes: [ProcessNotice] = []
    /// Found but left out for the limit.
    public var leftOut = 0
    public var missing: [MissingSignal] = []
    public var answeredBy = ""

    public init() {}
}

/// One log line that was kept as an example.
public struct LogExample: Codable, Sendable, Equatable {
    public var at: Int64
    public var node: String
    public var instance: String?
    public var level: String
    public var text: String
    public var trace: String?

    public init(at: Int64, node: String, instance: String? = nil, level: String, text: String, trace: String? = nil) {
        self.at = at
        self.node = node
        self.instance = instance
        self.level = level
        self.text = text
        self.trace = trace
    }
}

/// A span as it is kept.
public struct TraceSpan: Codable, Sendable, Equatable {
    /// Hexadecimal, as the protocols write them.
    public var trace: String
    public var span: String
    public var parent: String?
    public var node: String
    public var instance: String?
    public var name: String
    /// `internal`, `server`, `client`, `producer` or `consumer`.
    public var kind: String
    /// Nanoseconds since 1970.
    public var start: Int64
    public var nanoseconds: Int64
    public var ok: Bool
    public var fault: String?
    public var attributes: [SignalLabel]

    public init(
        trace: String, span: String, parent: String?, node: String, instance: String? = nil, name: String, kind: String,
        start: Int64, nanoseconds: Int64, ok: Bool, fault: String? = nil, attributes: [SignalLabel] = []
    ) {
        self.trace = trace
        self.span = span
        self.parent = parent
        self.node = node
        self.instance = instance
        self.name = name
        self.kind = kind
        self.start = start
        self.nanoseconds = nanoseconds
        self.ok = ok
        self.fault = fault
        self.attributes = attributes
    }
}

/// A trace in a line.
public struct TraceSummary: Codable, Sendable, Equatable {
    public var trace: String
    public var root: String
    public var node: String
    public var at: Int64
    public var nanoseconds: Int64
    public var spans: Int
    public var errors: Int
    /// Why it was kept: `error`, `slow`, `share`, `wanted`.
    public var keptFor: String

    public init(
        trace: String, root: String, node: String, at: Int64, nanoseconds: Int64, spans: Int, errors: Int,
        keptFor: String
    ) {
        self.trace = trace
        self.root = root
        self.node = node
        self.at = at
        self.nanoseconds = nanoseconds
        self.spans = spans
        self.errors = errors
        self.keptFor = keptFor
    }
}

/// A whole trace.
public struct TraceAnswer: Codable, Sendable, Equatable {
    public var spans: [TraceSpan]
    public var missing: [MissingSignal]
    public var answeredBy: String

    public init(spans: [TraceSpan], missing: [MissingSignal] = [], answeredBy: String) {
        self.spans = spans
        self.missing = missing
        self.answeredBy = answeredBy
    }
}

/// What an action should lead to.
public struct Expectation: Codable, Sendable, Equatable {
    /// The services that must be well.
    public var nodes: [String]
    /// Objectives that must hold; all of the nodes where empty.
    public var objectives: [String]
    /// Findings (by key) that must have ended.
    public var ended: [String]
    /// When the settle window begins, and how long it is.
    public var since: Int64
    public var settleSeconds: Double
    /// How long what must end may take to do so, from `since` on.
    public var deadlineSeconds: Double
    /// Events that an objective must have had in the window; without any it cannot be said to hold.
    public var leastEvents: Int

    public init(
        nodes: [String], objectives: [String] = [], ended: [String] = [], since: Int64, settleSeconds: Double = 10,
        deadlineSeconds: Double = 60, leastEvents: Int = 1
    ) {
        self.nodes = nodes
        self.objectives = objectives
        self.ended = ended
        self.since = since
        self.settleSeconds = settleSeconds
        self.deadlineSeconds = deadlineSeconds
        self.leastEvents = leastEvents
    }
}

/// Whether it has come true.
public struct Verification: Codable, Sendable, Equatable {
    public enum Verdict: String, Codable, Sendable, Equatable {
        /// All conditions have held throughout the settle window.
        case holds
        /// One does not hold, and its time is over.
        case fails
        /// The window is not over.
        case pending
        /// What would be needed to tell was not heard.
        case unknown
    }

    public struct Condition: Codable, Sendable, Equatable {
        public var text: String
        public var verdict: Verdict

        public init(_ text: String, _ verdict: Verdict) {
            self.text = text
            self.verdict = verdict
        }
    }

    public var verdict: Verdict
    public var conditions: [Condition]
    public var missing: [MissingSignal]
    public var answeredBy: String

    public init(verdict: Verdict, conditions: [Condition], missing: [MissingSignal] = [], answeredBy: String = "") {
        self.verdict = verdict
        self.conditions = conditions
        self.missing = missing
        self.answeredBy = answeredBy
    }
}
