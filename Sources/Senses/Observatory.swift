public import Contracts
import Insight
import Signals

/// Everything that is heard of a cluster, within a budget of memory, and what follows from it. A value: time comes in
/// with every call, and what is to be stored or sent comes out.
public struct Observatory: Sendable {
    /// Traces that are asked for at a time.
    private static let mostWanted = 4

    /// How much may be kept.
    public struct Budget: Sendable {
        public var bytes: Int
        /// The same for everything within.
        public init(bytes: Int = 64 << 20) { self.bytes = bytes }

        /// A series with a full past takes about 5 kB; they get three quarters, with their names.
        var series: Int { max(200, bytes * 3 / 4 / 5_000) }
        /// Names of series and buckets of histograms.
        var bytesBeside: Int { bytes / 16 }
        /// A kind of lines takes about 3 kB.
        var kinds: Int { max(100, bytes / 16 / 3_000) }
        /// A waiting span takes about 500 bytes, where it has few attributes.
        var spans: Int { max(1_000, bytes / 16 / 512) }
        var bytesOfSpans: Int { bytes / 16 }
        /// A service or an edge with a full past takes about 6 kB.
        var edges: Int { max(100, bytes / 32 / 6_000) }
    }

    /// What is to be done about what was heard.
    public struct Effects: Sendable {
        /// Findings that began, got worse or ended.
        public var findings: [Finding] = []
        /// Traces worth keeping.
        public var traces: [TraceHold.Whole] = []
        /// Traces whose other spans should be asked for.
        public var wanted: [String] = []
    }

    public private(set) var budget: Budget
    public internal(set) var series: SeriesBook
    public internal(set) var logs: LogBook
    public internal(set) var traces: TraceHold
    public internal(set) var calls: CallBook
    public internal(set) var findings = FindingBook()
    public internal(set) var processes = ProcessWatch()
    public internal(set) var limits: LimitBook
    public internal(set) var changes: [ChangeNotice] = []
    public internal(set) var objectives: ObjectiveBook
    private var anomalies = AnomalyWatch()
    private var own = OwnWork()
    private var messages = MessageWatch()
    private var fresh: [LogBook.Key] = []
    private var freshLeftOut = 0
    private var wantedLeftOut = 0
    /// When the first signal came.
    public private(set) var began: Int64?
    private var wanted: [String] = []
    private var nextUpkeep: Int64 = 0
    private var disk: Double?
    /// Sequence gaps of topics and spans that processes had no room for.
    private var gaps: [String: Int] = [:]

    /// `doors` are the addresses of the cluster's own services.
    public init(
        budget: Budget = Budget(), bounds: LimitBook.Bounds = LimitBook.Bounds(),
        doors: [(address: String, node: String)] = [], objectives: ObjectiveBook
    ) {
        var callLimits = CallBook.Limits()
        (callLimits.services, callLimits.edges) = (budget.edges / 4, budget.edges * 3 / 4)
        calls = CallBook(limits: callLimits, doors: doors)
        self.budget = budget
        var seriesLimits = SeriesBook.Limits()
        seriesLimits.series = budget.series
        seriesLimits.ofOneMetric = max(100, budget.series / 8)
        seriesLimits.bytesBeside = budget.bytesBeside
        series = SeriesBook(limits: seriesLimits)
        var logLimits = LogBook.Limits()
        logLimits.kinds = budget.kinds
        logLimits.bytesOfMiner = budget.bytes / 32
        logs = LogBook(limits: logLimits)
        var traceLimits = TraceHold.Limits()
        traceLimits.waitingSpans = budget.spans
        traceLimits.bytes = budget.bytesOfSpans
        traces = TraceHold(limits: traceLimits)
        limits = LimitBook(bounds: bounds)
        self.objectives = objectives
    }

    // MARK: hearing

    /// Readings of series.
    public mutating func take(_ points: [MetricPoint], now: Int64) {
        began = began ?? now
        var increases: [MetricIncrease] = []
        for point in points {
            guard let increase = series.take(point, now: now) else {
                own.take(gauge: point, now: now)
                continue
            }
            increases.append(increase)
            own.take(increase, now: now)
        }
        objectives.take(increases, now: now)
    }

    /// Lines of logs.
    public mutating func take(_ entries: [LogEntry], now: Int64) {
        began = began ?? now
        for entry in entries { logs.take(entry, now: now) }
    }

    /// Spans.
    public mutating func take(_ spans: [TraceSpan], now: Int64) {
        began = began ?? now
        for span in spans where traces.take(span, now: now) {
            // Asking costs every process a look at all that it has: a few a second show what fails.
            if wanted.count < Self.mostWanted { wanted.append(span.trace) } else { wantedLeftOut += 1 }
        }
    }

    /// A process of the cluster spoke.
    public mutating func heard(_ instance: String, node: String, now: Int64) {
        processes.heard(instance, node: node, now: now)
    }

    /// The supervisor saw something.
    public mutating func take(_ notice: ProcessNotice, now: Int64) {
        processes.take(notice, into: &findings, now: now)
    }

    /// Somebody changed something; the same change told twice is one.
    public mutating func take(_ change: ChangeNotice) {
        guard !changes.contains(where: { $0.id == change.id }) else { return }
        if changes.count >= 1_000 { changes.removeFirst(100) }
        changes.append(change)
        changes.sort { ($0.at, $0.id) < ($1.at, $1.id) }
    }

    /// Something that another watcher noticed, such as a canary.
    public mutating func assert(_ finding: Finding, hold: Int64, now: Int64) {
        findings.assert(finding, hold: hold, now: now)
    }

    /// Something that another watcher noticed is over.
    public mutating func end(_ key: String, now: Int64) { findings.end(key, now: now) }

    /// How much of the disk is used.
    public mutating func take(diskUsed: Double, of whole: Double) {
        disk = diskUsed
        limits.bounds.disk = whole
    }

    /// Signals that are known to be missing, by what they are.
    public mutating func missed(_ what: String, count: Int) {
        guard count > 0 else { return }
        let name = gaps[what] != nil || gaps.count < 256 ? what : "other signals"
        gaps[name, default: 0] &+= count
    }

    /// Somebody wants a trace to be kept.
    public mutating func want(_ trace: String, now: Int64) { traces.want(trace, now: now) }

    /// A kind of lines that was known before this process began.
    public mutating func remember(_ kind: LogBook.Key, firstSeen: Int64) { logs.remember(kind, firstSeen: firstSeen) }

    /// Takes over the findings that lasted when the process before this one ended.
    public mutating func restore(_ lasting: [Finding], now: Int64) {
        findings.restore(lasting, now: now, hold: 30_000_000_000)
    }

    // MARK: taking out

    /// Kinds of lines that came for the first time since the last time this was asked.
    public mutating func takeFreshKinds() -> [LogBook.Key] {
        defer { fresh = [] }
        return fresh
    }

    /// What the series came to in the minutes that are over.
    public mutating func takeMinutes(
        before second: Int64
    ) -> [(key: SeriesKey, unit: String, figures: MinuteFigures)] { series.takeMinutes(before: second) }

    // MARK: time

    /// Looks at everything; call it a few times a second.
    public mutating func tick(now: Int64) -> Effects {
        var effects = Effects()
        for whole in traces.settle(now: now) {
            calls.take(whole)
            if whole.keptFor != nil { effects.traces.append(whole) }
        }
        effects.wanted = wanted
        wanted = []
        objectives.tick(into: &findings, now: now)
        processes.tick(into: &findings, now: now)
        anomalies.look(series.takeNews(), at: series, into: &findings, now: now)
        limits.tick(series, disk: disk, into: &findings, now: now)
        own.tick(into: &findings, now: now)
        let met = logs.takeFresh()
        let room = max(0, 5_000 - fresh.count)
        freshLeftOut += max(0, met.count - room)
        fresh += met.prefix(room)
        messages.meet(met, in: logs, into: &findings, now: now)
        let (graph, names) = (calls, objectives.names)
        messages.tick(logs, endangered: { Self.endangered(by: $0, graph, names) }, into: &findings, now: now)
        findings.tick(now: now)
        if now >= nextUpkeep || nextUpkeep - now > 60_000_000_000 {
            nextUpkeep = now + 60_000_000_000
            series.forget(now: now / 1_000_000_000)
            calls.forget(now: now / 1_000_000_000)
        }
        effects.findings = findings.takeNews()
        return effects
    }

    /// The services that call one, directly or not, and the objectives of all of these.
    private static func endangered(
        by node: String, _ calls: CallBook, _ names: [(name: String, service: String)]
    ) -> [String] {
        let nodes = [node] + calls.callers(of: node)
        return Array(nodes.dropFirst() + names.filter { nodes.contains($0.service) }.map(\.name))
    }

    // MARK: answers

    /// Bytes of memory, about.
    public var heldBytes: Int { series.bytes + logs.bytes + traces.bytes + calls.bytes + limits.bytes }

    /// Everything that a diagnosis may use.
    public func investigate(_ scope: EvidenceScope, now: Int64) -> Evidence {
        Investigation(scope: scope, observatory: self, now: now).evidence()
    }

    /// Whether what was expected has come true.
    public func verify(_ expectation: Expectation, now: Int64) -> Verification {
        Verifying(expectation: expectation, observatory: self, now: now).verdict()
    }

    /// The spans of a trace that is not whole yet.
    public func waitingSpans(of trace: String) -> [TraceSpan] { traces.waitingSpans(of: trace) }

    /// What runs out when.
    public func capacity(now: Int64) -> [CapacityReport] { limits.report(now: now) }

    /// What is known to be missing at all.
    public func missing(now: Int64) -> [MissingSignal] {
        var missing: [MissingSignal] = []
        for entry in processes.known where now - entry.last > ProcessWatch.silence {
            missing.append(
                MissingSignal(
                    "metrics of \(entry.instance)", "nothing came for \((now - entry.last) / 1_000_000_000) s"))
        }
        for what in gaps.keys.sorted() {
            missing.append(MissingSignal(what, "\(gaps[what] ?? 0) were lost on the way"))
        }
        let folded = series.losses.folded
        if folded > 0 {
            missing.append(MissingSignal("some series", "\(folded) readings were of more series than are kept apart"))
        }
        if traces.losses.dropped > 0 {
            missing.append(MissingSignal("some spans", "there was no room for \(traces.losses.dropped)"))
        }
        return missing
    }

    /// Counts of what was not kept as it came, with their names.
    public var losses: [NamedCount] {
        let (series, traces, logs) = (series.losses, traces.losses, logs.losses)
        return [
            NamedCount("readings folded", series.folded), NamedCount("readings too late", series.late),
            NamedCount("readings refused", series.refused), NamedCount("labels cut", series.cut),
            NamedCount("counters begun anew", series.resets), NamedCount("series forgotten", series.forgotten),
            NamedCount("unusual values not looked at", series.unseen),
            NamedCount("spans dropped", traces.dropped), NamedCount("traces not kept", traces.notKept),
            NamedCount("spans too late", traces.late), NamedCount("spans refused", traces.refused),
            NamedCount("traces not asked for", wantedLeftOut),
            NamedCount("lines cut", logs.cutLines), NamedCount("lines too late", logs.late),
            NamedCount("lines refused", logs.refused),
            NamedCount("new kinds of lines not told", logs.untold + freshLeftOut),
            NamedCount("kinds of lines forgotten", logs.forgotten),
            NamedCount("findings left out", findings.leftOut),
            NamedCount("unusual values not followed", anomalies.leftOut),
            NamedCount("resources not watched", limits.leftOut), NamedCount("processes not watched", processes.leftOut),
            NamedCount("calls left out", calls.leftOut),
        ]
    }

    func shownTime(_ nanoseconds: Int64) -> String {
        String(WallTime(nanoseconds: nanoseconds).iso8601.prefix(19)) + "Z"
    }
}
