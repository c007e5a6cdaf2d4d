/// What is to be investigated.
public struct EvidenceScope: Codable, Sendable, Equatable {
    /// The services in question; all where empty.
    public var nodes: [String]
    /// Nanoseconds since 1970; the end is now where it is nil.
    public var from: Int64
    public var until: Int64?
    /// The service and the metric that hurt, where somebody knows.
    public var target: String?
    public var targetMetric: String?

    public init(from: Int64, until: Int64? = nil, nodes: [String] = [], target: String? = nil) {
        self.nodes = nodes
        self.from = from
        self.until = until
        self.target = target
    }
}

/// One label of a series.
public struct SignalLabel: Codable, Sendable, Equatable, Comparable, Hashable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    public static func < (left: SignalLabel, right: SignalLabel) -> Bool {
        (left.name, left.value) < (right.name, right.value)
    }
}

/// A series of numbers at even steps.
public struct EvidenceSeries: Codable, Sendable, Equatable {
    public var node: String
    public var instance: String?
    public var metric: String
    public var labels: [SignalLabel]
    public var unit: String
    /// Nanoseconds since 1970 of the first value.
    public var start: Int64
    /// Seconds from one value to the next.
    public var step: Double
    /// nil where nothing was heard.
    public var points: [Double?]
    /// How unusual the latest values were, in spreads of the series' own past; nil where there was too little of it.
    public var deviation: Double?
    /// Since when, as far as the data tell.
    public var onset: Int64?
    /// A bound that the values must not reach, where one is known.
    public var limit: Double?

    public init(
        node: String, instance: String? = nil, metric: String, labels: [SignalLabel] = [], unit: String, start: Int64,
        step: Double, points: [Double?]
    ) {
        self.node = node
        self.instance = instance
        self.metric = metric
        self.labels = labels
        self.unit = unit
        self.start = start
        self.step = step
        self.points = points
    }
}

/// How calls went, in two spans of time.
public struct CallFigures: Codable, Sendable, Equatable {
    public var calls: Double
    public var errors: Double
    /// Mean seconds.
    public var seconds: Double
    /// Mean seconds without those of its own calls.
    public var ownSeconds: Double

    public init(calls: Double = 0, errors: Double = 0, seconds: Double = 0, ownSeconds: Double = 0) {
        self.calls = calls
        self.errors = errors
        self.seconds = seconds
        self.ownSeconds = ownSeconds
    }
}

/// One service that calls another, as the spans show it.
public struct EvidenceEdge: Codable, Sendable, Equatable {
    public var caller: String
    public var callee: String
    public var before: CallFigures
    public var after: CallFigures

    public init(caller: String, callee: String, before: CallFigures = .init(), after: CallFigures = .init()) {
        self.caller = caller
        self.callee = callee
        self.before = before
        self.after = after
    }
}

/// What the spans of one service show.
public struct EvidenceService: Codable, Sendable, Equatable {
    public var node: String
    public var before: CallFigures
    public var after: CallFigures
    /// What went wrong in its spans, most frequent first.
    public var faults: [EvidenceFault]

    public init(node: String, before: CallFigures = .init(), after: CallFigures = .init(), faults: [EvidenceFault] = [])
    {
        self.node = node
        self.before = before
        self.after = after
        self.faults = faults
    }
}

/// A kind of failure with its count.
public struct EvidenceFault: Codable, Sendable, Equatable {
    /// The operation that failed.
    public var name: String
    public var text: String
    public var count: Int
    /// A trace that shows it.
    public var trace: String?

    public init(name: String, text: String, count: Int, trace: String?) {
        self.name = name
        self.text = text
        self.count = count
        self.trace = trace
    }
}

/// A kind of log line, and how often it came before and after.
public struct EvidenceMessage: Codable, Sendable, Equatable {
    public var node: String
    public var level: String
    public var template: String
    /// Lines a minute.
    public var before: Double
    public var after: Double
    /// Nanoseconds since 1970 of the first line ever seen of this kind.
    public var firstSeen: Int64
    public var example: String?
    public var trace: String?

    public init(
        node: String, level: String, template: String, before: Double, after: Double, firstSeen: Int64,
        example: String? = nil, trace: String? = nil
    ) {
        self.node = node
        self.level = level
        self.template = template
        self.before = before
        self.after = after
        self.firstSeen = firstSeen
        self.example = example
        self.trace = trace
    }
}

/// A signal that would have helped and is not there.
public struct MissingSignal: Codable, Sendable, Equatable {
    /// What: `metrics of orders`, `traces`, `detail before 10:04`.
    public var signal: String
    /// Why it is missing.
    public var reason: String

    public init(_ signal: String, _ reason: String) {
        self.signal = signal
        self.reason = reason
    }
}

/// Everything known about a window of time that a diagnosis may use: a value that can be kept, sent and diagnosed again.
public struct Evidence: Codable, Sendable, Equatable {
    public var scope: EvidenceScope
    /// Nanoseconds since 1970.
    public var from: Int64
    public var until: Int64
    /// The first sign of trouble that was noticed within the window.
    public var onset: Int64?
    public var series: [EvidenceSeries] = []
    public var services: [EvidenceService] = []
    public var edges: [EvidenceEdge] = []
    public var messages: [EvidenceMessage] = []
    public var changes: [ChangeNotice] = []
    public var processes: [ProcessNotice] = []
    public var findings: [Finding] = []
    /// Nodes that only look as if they were ours: what stands in for somebody outside, as the configuration says.
    public var outside: [String] = []
    public var missing: [MissingSignal] = []
    /// The process that answered.
    public var answeredBy = ""

    public init(scope: EvidenceScope, from: Int64, until: Int64) {
        self.scope = scope
        self.from = from
        self.until = until
    }
}

extension Evidence {
    /// When the last change that is known of was taken back; nil where none was. Nanoseconds since 1970.
    public var latestUndone: Int64? {
        let made = changes.filter { $0.kind == .configuration || $0.kind == .deploy }
        return changes.filter { change in
            change.kind == .action && change.commit != nil
                && made.contains { $0.commit == change.commit && $0.at < change.at }
        }.map(\.at).max()
    }
}
