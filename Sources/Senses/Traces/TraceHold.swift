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
        /// The same in bytes, about.
        public var bytes = 8 << 20
        public var spansOfOne = 500
        public var share = 0.01
        /// Kept traces a second; more of one reason are counted only.
        public var keptPerSecond = 50
        /// A root that took longer is slow, whatever is usual.
        public var slow = 1_000_000_000 as Int64
        /// How much older than now a span may be when it comes, and how much newer.
        public var oldest = 3_600_000_000_000 as Int64
        public var ahead = 60_000_000_000 as Int64
        public var attributes = 32
        public var bytesOfText = 256

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
        /// Spans of long ago.
        public var late = 0
        /// Spans of a time to come, or without an end.
        public var refused = 0
    }

    private struct Waiting: Sendable {
        var trace: String
        var spans: [TraceSpan] = []
        var bytes = 0
        var first: Int64
        var last: Int64
        var isWanted: Bool
        var hasError = false
        let isInShare: Bool
    }

    private let limits: Limits
    private var places: [String: Int] = [:]
    private var waiting: [Waiting] = []
    private var spanCount = 0
    private var byteCount = 0
    private var wanted: [String: Int64] = [:]
    private var usual: [String: UsualDuration] = [:]
    /// Whether nothing waits that could go before its time.
    private var isCrowded = false
    private var second: Int64 = 0
    private var keptThisSecond = 0
    public private(set) var losses = Losses()

    public init(limits: Limits = Limits()) { self.limits = limits }

    /// Spans that wait.
    public var count: Int { spanCount }
    /// Bytes of memory, about.
    public var bytes: Int { byteCount + usual.count * 160 + wanted.count * 96 }

    /// Takes a span that arrived; true when its trace has its first error, so that the others should be asked for.
    @discardableResult
    public mutating func take(_ span: TraceSpan, now: Int64) -> Bool {
        guard span.start >= 0, span.start <= now + limits.ahead, span.nanoseconds >= 0,
            span.nanoseconds <= 86_400_000_000_000
        else {
            losses.refused += 1
            return false
        }
        guard span.start >= now - limits.oldest - span.nanoseconds else {
            losses.late += 1
            return false
        }
        guard hasRoom || makeRoom(for: span) else {
            losses.dropped += 1
            return false
        }
        return hold(bounded(span), now: now)
    }

    private var hasRoom: Bool { spanCount < limits.waitingSpans && byteCount < limits.bytes }

    /// Without room, what would hardly be kept goes first: traces without an error that nobody wants and that are not of
    /// the share. A quarter of the room at once, so that a flood costs little each.
    private mutating func makeRoom(for span: TraceSpan) -> Bool {
        guard !isCrowded else { return false }
        let isOrdinary = span.ok && places[span.trace] == nil && wanted[span.trace] == nil
        if isOrdinary, span.nanoseconds < limits.slow, !Self.belongs(span.trace, toShare: limits.share) { return false }
        var rest: [Waiting] = []
        let goal = spanCount - limits.waitingSpans / 4
        for entry in waiting {
            guard spanCount > goal, !entry.isWanted, !entry.hasError, !entry.isInShare else {
                places[entry.trace] = rest.count
                rest.append(entry)
                continue
            }
            places[entry.trace] = nil
            spanCount -= entry.spans.count
            byteCount -= entry.bytes
            losses.dropped += entry.spans.count
        }
        waiting = rest
        isCrowded = !hasRoom
        return hasRoom
    }

    private mutating func hold(_ span: TraceSpan, now: Int64) -> Bool {
        let place = places[span.trace] ?? waiting.count
        if place == waiting.count {
            waiting.append(
                Waiting(
                    trace: span.trace, first: now, last: now, isWanted: wanted[span.trace] != nil,
                    isInShare: Self.belongs(span.trace, toShare: limits.share)))
            places[span.trace] = place
        }
        guard waiting[place].spans.count < limits.spansOfOne else {
            losses.dropped += 1
            return false
        }
        // The same span sent twice, as after a lost answer, is one.
        if waiting[place].spans.contains(where: { $0.span == span.span && $0.node == span.node }) { return false }
        let isFirstError = !span.ok && !waiting[place].hasError
        if isFirstError { waiting[place].hasError = true }
        let bytes = span.bytes
        waiting[place].spans.append(span)
        waiting[place].bytes += bytes
        waiting[place].last = now
        spanCount += 1
        byteCount += bytes
        return isFirstError
    }

    private func bounded(_ span: TraceSpan) -> TraceSpan {
        let isShort =
            span.attributes.count <= limits.attributes
            && span.attributes.allSatisfy {
                $0.name.utf8.count <= limits.bytesOfText && $0.value.utf8.count <= limits.bytesOfText
            }
        var span = span
        if !isShort {
            span.attributes = span.attributes.prefix(limits.attributes).map {
                SignalLabel($0.name.cut(to: limits.bytesOfText), $0.value.cut(to: limits.bytesOfText))
            }
        }
        span.trace = span.trace.cut(to: 64)
        span.span = span.span.cut(to: 64)
        span.parent = span.parent?.cut(to: 64)
        span.node = span.node.cut(to: limits.bytesOfText)
        span.instance = span.instance?.cut(to: limits.bytesOfText)
        span.name = span.name.cut(to: limits.bytesOfText)
        span.fault = span.fault?.cut(to: 2 * limits.bytesOfText)
        span.kind = span.kind.cut(to: 32)
        return span
    }

    /// Somebody wants this trace.
    public mutating func want(_ trace: String, now: Int64) {
        remember(trace, now: now)
        if let place = places[trace] { waiting[place].isWanted = true }
    }

    /// What comes of a trace in the next minute is kept, too.
    private mutating func remember(_ trace: String, now: Int64) {
        if wanted.count >= 4_000 { wanted = wanted.filter { abs(now - $0.value) < 60_000_000_000 } }
        if wanted.count < 4_000 { wanted[trace.cut(to: 64)] = now }
    }

    /// The spans of a trace that is not whole yet.
    public func waitingSpans(of trace: String) -> [TraceSpan] { places[trace].map { waiting[$0].spans } ?? [] }

    /// The traces that are whole by now.
    public mutating func settle(now: Int64) -> [Whole] {
        guard waiting.contains(where: { isWhole($0, now) }) else { return [] }
        var whole: [Whole] = []
        var rest: [Waiting] = []
        for entry in waiting {
            guard isWhole(entry, now) else {
                places[entry.trace] = rest.count
                rest.append(entry)
                continue
            }
            places[entry.trace] = nil
            spanCount -= entry.spans.count
            byteCount -= entry.bytes
            whole.append(judge(entry, now: now))
        }
        (waiting, isCrowded) = (rest, false)
        return whole
    }

    /// A clock that was set back must not hold anything.
    private func isWhole(_ entry: Waiting, _ now: Int64) -> Bool {
        now - entry.last >= limits.quiet || now - entry.first >= limits.longest || now < entry.first
    }

    private mutating func judge(_ entry: Waiting, now: Int64) -> Whole {
        let trace = entry.trace
        let spans = entry.spans.sorted { ($0.start, $0.span) < ($1.start, $1.span) }
        let root = spans.first { $0.parent == nil } ?? spans.first
        let isSlow = root.map { slow($0) } ?? false
        var reason: String?
        if entry.isWanted {
            reason = "wanted"
        } else if entry.hasError {
            reason = "error"
        } else if isSlow {
            reason = "slow"
        } else if entry.isInShare {
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
        if reason == "error" { remember(trace, now: now) }
        let weight = entry.isInShare ? 1 / limits.share : 0
        return Whole(trace: trace, spans: spans, keptFor: reason, weight: weight)
    }

    /// Slower than nearly all of its kind, or slow by any measure.
    private mutating func slow(_ root: TraceSpan) -> Bool {
        let key = "\(root.node) \(root.name)"
        if usual[key] == nil, usual.count >= 1_000 { usual = usual.filter { !$0.value.isYoung } }
        if usual[key] == nil, usual.count >= 1_000 { return root.nanoseconds >= limits.slow }
        let isUnusual = usual[key, default: UsualDuration()].take(Double(root.nanoseconds))
        return isUnusual || root.nanoseconds >= limits.slow
    }

    /// Whether a trace is of the share that is kept anyway.
    public static func belongs(_ trace: String, toShare share: Double) -> Bool {
        TraceContext(traceparent: "00-\(trace)-0000000000000001-00")?.belongs(toShare: share) ?? false
    }
}

extension TraceSpan {
    /// Bytes of memory, about.
    var bytes: Int {
        func bytes(_ text: String?) -> Int { text.map { $0.utf8.count > 15 ? $0.utf8.count + 32 : 0 } ?? 0 }
        let texts =
            bytes(trace) + bytes(span) + bytes(parent) + bytes(node) + bytes(instance) + bytes(name) + bytes(fault)
        return attributes.reduce(MemoryLayout<TraceSpan>.stride + texts + 32) {
            $0 + MemoryLayout<SignalLabel>.stride + bytes($1.name) + bytes($1.value)
        }
    }
}

/// How long something usually takes: an estimate of the 99th percentile that follows slowly.
struct UsualDuration: Sendable {
    private var high = 0.0
    private var count = 0

    /// Whether too little came to say anything: such are the names that never come again.
    var isYoung: Bool { count <= 100 }

    /// Takes a duration; true when it is far longer than nearly all before.
    mutating func take(_ value: Double) -> Bool {
        count += 1
        guard count > 100 else {
            high = max(high, value)
            return false
        }
        // Up by 99 parts where it was longer, down by one where not: in balance where one in a hundred is longer.
        let step = high * 0.001
        let before = high
        let isLonger = value > before
        high += isLonger ? 99 * step : -step
        // One in a hundred is always longer; that alone is not slow.
        return value > before * 1.5
    }
}
