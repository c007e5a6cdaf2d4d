/// Everything that is known about a system around the time when something hurt: the evidence that causes are ranked by.
/// Nothing in it is required; what is absent is named among the missing signals. All times are seconds on one clock.
public struct Scene: Sendable {
    /// What was measured.
    public var series: [MetricSeries] = []
    /// Who calls whom.
    public var calls: [Call] = []
    /// What the spans of each service took, before and after.
    public var traces: [TraceEvidence] = []
    /// Kinds of log lines, before and after.
    public var logs: [LogEvidence] = []
    /// Deployments and changes of configuration.
    public var changes: [SystemChange] = []
    /// Crashes and restarts.
    public var events: [ProcessEvent] = []
    /// How much of a bounded resource is used.
    public var limits: [ResourceLimit] = []
    /// Nodes outside the cluster, which nobody here can mend.
    public var outside: [String] = []
    /// What hurt, where that is known.
    public var symptom: Symptom?
    /// What earlier incidents turned out to be.
    public var past: [PastIncident] = []

    /// An empty scene, to be filled.
    public init() {}
}

/// What a series measures.
public enum SignalKind: String, Sendable, CaseIterable, Codable {
    case latency, error, traffic, usage, other
}

/// One series of a node, in the order of time.
public struct MetricSeries: Sendable {
    /// The service or resource that it belongs to.
    public var node: String
    /// What it is called there.
    public var name: String
    /// What it measures; guessed from the name where nobody said.
    public var kind: SignalKind
    /// Whether low values are the bad ones, as with availability.
    public var lowIsBad: Bool
    /// When the values were measured.
    public var times: [Double]
    /// The values; what is no finite number is a gap.
    public var measured: [Double]
    /// Values from a time when all was well; empty where the older part of `measured` must serve.
    public var reference: [Double]

    /// A series; its kind and its bad direction are guessed from its name unless they are told.
    public init(
        node: String, name: String, times: [Double], measured: [Double], reference: [Double] = [],
        kind: SignalKind? = nil, lowIsBad: Bool? = nil
    ) {
        self.node = node
        self.name = name
        self.times = times
        self.measured = measured
        self.reference = reference
        let guess = MetricWords.guess(name)
        self.kind = kind ?? guess.kind
        self.lowIsBad = lowIsBad ?? guess.lowIsBad
    }
}

/// One service calls another.
public struct Call: Sendable, Hashable, Comparable {
    /// Who calls.
    public var caller: String
    /// Who is called.
    public var callee: String

    /// A call between two nodes.
    public init(caller: String, callee: String) {
        self.caller = caller
        self.callee = callee
    }

    /// By caller, then by callee.
    public static func < (left: Call, right: Call) -> Bool {
        (left.caller, left.callee) < (right.caller, right.callee)
    }
}

/// Sums over spans of one kind within a stretch of time.
public struct SpanStatistics: Sendable, Equatable {
    /// How many spans.
    public var count: Double
    /// How many of them failed.
    public var errors: Double
    /// Their own time in all, without that of their children.
    public var seconds: Double

    /// Sums over spans.
    public init(count: Double, errors: Double = 0, seconds: Double) {
        self.count = count
        self.errors = errors
        self.seconds = seconds
    }

    /// The own time of one span.
    public var mean: Double { count > 0 ? seconds / count : 0 }
}

/// What one operation of a service took before and after.
public struct TraceEvidence: Sendable {
    /// Whose spans these are.
    public var service: String
    /// Whom they waited for: then the time is what passed between the caller's wait and the callee's work. Without it,
    /// it is the service's own work.
    public var peer: String?
    /// The operation.
    public var operation: String
    /// While all was well.
    public var before: SpanStatistics
    /// Since it hurt.
    public var after: SpanStatistics
    /// How much longer (or shorter) the stretch after is than the stretch before, as a factor of the load.
    public var scale: Double

    /// The statistics of one operation.
    public init(
        service: String, peer: String? = nil, operation: String, before: SpanStatistics, after: SpanStatistics,
        scale: Double = 1
    ) {
        self.service = service
        self.peer = peer
        self.operation = operation
        self.before = before
        self.after = after
        self.scale = scale
    }

    var isFinite: Bool {
        scale.isFinite
            && [before, after].allSatisfy { $0.count.isFinite && $0.errors.isFinite && $0.seconds.isFinite }
    }
}

/// How grave a log line is.
public enum LogGravity: Int, Sendable, Comparable, Codable {
    case note, warning, error, fatal

    /// By gravity.
    public static func < (left: LogGravity, right: LogGravity) -> Bool { left.rawValue < right.rawValue }
}

/// How often lines of one kind were written before and after.
public struct LogEvidence: Sendable {
    /// Who wrote them.
    public var node: String
    /// The template, or a line.
    public var template: String
    /// How grave they are.
    public var gravity: LogGravity
    /// Lines a minute while all was well.
    public var before: Double
    /// Lines a minute since it hurt.
    public var after: Double

    /// The rates of one kind of line.
    public init(node: String, template: String, gravity: LogGravity, before: Double, after: Double) {
        self.node = node
        self.template = template
        self.gravity = gravity
        self.before = before
        self.after = after
    }
}

/// Something was changed on purpose.
public struct SystemChange: Sendable {
    /// What was changed.
    public enum Kind: String, Sendable, Codable { case deployment, configuration, permission, scale, other }

    /// When.
    public var time: Double
    /// Of which node.
    public var target: String
    /// Of what kind.
    public var kind: Kind
    /// What a person would want to read.
    public var text: String

    /// A change.
    public init(time: Double, target: String, kind: Kind, text: String = "") {
        self.time = time
        self.target = target
        self.kind = kind
        self.text = text
    }
}

/// A process ended or began.
public struct ProcessEvent: Sendable {
    /// What happened.
    public enum Kind: String, Sendable, Codable { case crash, restart, outOfMemory, hang }

    /// When.
    public var time: Double
    /// Whose process.
    public var node: String
    /// What happened.
    public var kind: Kind
    /// What a person would want to read.
    public var text: String

    /// An event.
    public init(time: Double, node: String, kind: Kind, text: String = "") {
        self.time = time
        self.node = node
        self.kind = kind
        self.text = text
    }
}

/// How full something bounded is.
public struct ResourceLimit: Sendable {
    /// Whose resource.
    public var node: String
    /// Which one, such as memory or disk.
    public var name: String
    /// Which share is used, 1 when it is full.
    public var used: Double

    /// A limit.
    public init(node: String, name: String, used: Double) {
        self.node = node
        self.name = name
        self.used = used
    }
}

/// What hurt.
public struct Symptom: Sendable {
    /// Where it was seen.
    public var node: String?
    /// In which series.
    public var metric: String?
    /// What kind of hurt.
    public var kind: SignalKind?
    /// When it was seen.
    public var time: Double?

    /// A symptom, as far as it is known.
    public init(node: String? = nil, metric: String? = nil, kind: SignalKind? = nil, time: Double? = nil) {
        self.node = node
        self.metric = metric
        self.kind = kind
        self.time = time
    }
}

/// What an earlier incident looked like, and what it was.
public struct PastIncident: Sendable {
    /// Its ranking's signature.
    public var signature: [String]
    /// The node that was to blame.
    public var node: String
    /// Of which category it was.
    public var category: CauseCategory
    /// How sure that is: 1 where its remedy was verified, 0 where nobody knows, negative where it proved wrong.
    public var weight: Double

    /// A closed incident.
    public init(signature: [String], node: String, category: CauseCategory, weight: Double) {
        self.signature = signature
        self.node = node
        self.category = category
        self.weight = weight
    }
}
