public import Contracts
import Signals

/// Holds the spans of a trace together until it is whole, then says whether it is worth keeping.
///
/// Kept are traces with an error, those that were slow for what they are, those that somebody wants, and a share of the
/// rest that is the same everywhere, since it follows from the trace's own name.
public struct TraceHold: Sendable {
    /// How traces are judged, and how many may wait.
    public struct Limits: Sendable {
        /// After the last span a trace is taken for whole.
        public var quiet = 4_000_000_000 as Int64
        /// After its first span it is judged in any case.
        public var longest = 30_000_000_000 as Int64
        public var waitingSpans = 20_000
        public var spansOfOne = 500
        public var share = 0.01
        /// Kept traces a second; more of one reason are counted only.
        public var keptPerSecond = 50
        /// A root that took longer is slow, whatever is usual.
        public var slow = 1_000_000_000 as Int64

        public init() {}
    }

    /// A trace that is whole.
    public struct Whole: Sendable {
        public var trace: String
        public var spans: [TraceSpan]
        /// Why it is to be kept; nil where it is not.
        public var keptFor: String?
        /// How many like it a trace of the sampled share stands for.
        public var weight: Double

        /// A trace, as it was judged.
        public init(trace: String, spans: [TraceSpan], keptFor: String?, weight: Double) {
            self.trace = trace
            self.spans = spans
            self.keptFor = keptFor
            self.weight = weight
        }
    }

    /// What was not kept as it came.
    public struct Losses: Sendable, Equatable, Codable {
        /// Spans for which there was no room.
        public var dropped = 0
        /// Traces that were worth keeping, beyond what is kept in a second.
        public var notKept = 0
    }

    private struct Waiting: Sendable {
        var spans: [TraceSpan] = []
        var first: Int64
        var last: Int64
        var isWanted = false
    }

    private let limits: Limits
    private var waiting: [String: Waiting] = [:]
    private var order: [String] = []
    private var spanCount = 0
    private var wanted: [String: Int64] = [:]
    private var usual: [String: UsualDuration] = [:]
    private var second: Int64 = 0
    private var keptThisSecond = 0
    public private(set) var losses = Losses()

    public init(limits: Limits = Limits()) { self.limits = limits }

    /// Spans that wait.
    public var count: Int { spanCount }
    /// Bytes of memory, about.
    public var bytes: Int { spanCount * 512 + usual.count * 96 }

    /// Takes a span that arrived; true when its trace has its first error, so that the others should be asked for.
    @discardableResult
    public mutating func take(_ span: TraceSpan, now: Int64) -> Bool {
        guard spanCount < limits.waitingSpans else {
            losses.dropped += 1
            return false
        }
        if waiting[span.trace] == nil {
            waiting[span.trace] = Waiting(first: now, last: now, isWanted: wanted[span.trace] != nil)
            order.append(span.trace)
        }
        guard let count = waiting[span.trace]?.spans.count, count < limits.spansOfOne else {
            losses.dropped += 1
            return false
        }
        // The same span sent twice, as after a lost answer, is one.
        if waiting[span.trace]?.spans.contains(where: { $0.span == span.span }) == true { return false }
        let isFirstError = !span.ok && waiting[span.trace]?.spans.contains { !$0.ok } == false
        waiting[span.trace]?.spans.append(span)
        waiting[span.trace]?.last = now
        spanCount += 1
        return isFirstError
    }

    /// Somebody wants this trace.
    public mutating func want(_ trace: String, now: Int64) {
        if wanted.count >= 1_000 { wanted = wanted.filter { now - $0.value < 60_000_000_000 } }
        if wanted.count < 1_000 { wanted[trace] = now }
        waiting[trace]?.isWanted = true
    }

    /// The spans of a trace that is not whole yet.
    public func waitingSpans(of trace: String) -> [TraceSpan] { waiting[trace]?.spans ?? [] }

    /// The traces that are whole by now.
    public mutating func settle(now: Int64) -> [Whole] {
        var whole: [Whole] = []
        var rest: [String] = []
        for trace in order {
            guard let entry = waiting[trace] else { continue }
            guard now - entry.last >= limits.quiet || now - entry.first >= limits.longest else {
                rest.append(trace)
                continue
            }
            waiting[trace] = nil
            spanCount -= entry.spans.count
            whole.append(judge(trace, entry, now: now))
        }
        order = rest
        return whole
    }

    private mutating func judge(_ trace: String, _ entry: Waiting, now: Int64) -> Whole {
        let spans = entry.spans.sorted { ($0.start, $0.span) < ($1.start, $1.span) }
        let isInShare = Self.belongs(trace, toShare: limits.share)
        let root = spans.first { $0.parent == nil } ?? spans.first
        let isSlow = root.map { slow($0) } ?? false
        var reason: String?
        if entry.isWanted {
            reason = "wanted"
        } else if spans.contains(where: { !$0.ok }) {
            reason = "error"
        } else if isSlow {
            reason = "slow"
        } else if isInShare {
            reason = "share"
        }
        if reason != nil, reason != "wanted" {
            if now / 1_000_000_000 != second { (second, keptThisSecond) = (now / 1_000_000_000, 0) }
            keptThisSecond += 1
            if keptThisSecond > limits.keptPerSecond {
                losses.notKept += 1
                reason = nil
            }
        }
        return Whole(trace: trace, spans: spans, keptFor: reason, weight: isInShare ? 1 / limits.share : 0)
    }

    /// Slower than nearly all of its kind, or slow by any measure.
    private mutating func slow(_ root: TraceSpan) -> Bool {
        let key = "\(root.node) \(root.name)"
        if usual[key] == nil, usual.count >= 1_000 { return root.nanoseconds >= limits.slow }
        let isUnusual = usual[key, default: UsualDuration()].take(Double(root.nanoseconds))
        return isUnusual || root.nanoseconds >= limits.slow
    }

    /// Whether a trace is of the share that is kept anyway.
    public static func belongs(_ trace: String, toShare share: Double) -> Bool {
        TraceContext(traceparent: "00-\(trace)-0000000000000001-00")?.belongs(toShare: share) ?? false
    }
}

/// How long something usually takes: an estimate of the 99th percentile that follows slowly.
struct UsualDuration: Sendable {
    private var high = 0.0
    private var count = 0

    /// Takes a duration; true when it is longer than nearly all before.
    mutating func take(_ value: Double) -> Bool {
        count += 1
        guard count > 100 else {
            high = max(high, value)
            return false
        }
        // Up by 99 parts where it was longer, down by one where not: in balance where one in a hundred is longer.
        let step = high * 0.001
        let isLonger = value > high
        high += isLonger ? 99 * step : -step
        return isLonger
    }
}
