public import Contracts

extension Scene {
    /// What the telemetry agent gathered, as causes are ranked by it.
    public init(_ evidence: Contracts.Evidence, past: [PastIncident] = []) {
        self.init()
        self.past = past
        let reading = EvidenceReading(evidence)
        series = evidence.series.map(reading.series)
        calls = evidence.edges.filter { !reading.isPart($0.callee) }.map { Call(caller: $0.caller, callee: $0.callee) }
        traces = evidence.services.map(reading.traces)
        logs = evidence.messages.map(reading.log)
        changes = evidence.changes.flatMap(reading.changes)
        events = evidence.processes.compactMap(reading.event)
        limits = evidence.series.compactMap(reading.limit)
        outside = reading.outside
        let strangers = outside
        traces += evidence.edges.filter { strangers.contains($0.callee) }.map(reading.waits)
        symptom = reading.symptom
    }
}

/// Reads evidence piece by piece.
private struct EvidenceReading {
    let evidence: Contracts.Evidence
    /// Seconds since 1970.
    private let onset: Double

    init(_ evidence: Contracts.Evidence) {
        self.evidence = evidence
        onset = Double(evidence.onset ?? evidence.scope.from) / 1e9
    }

    private var from: Double { Double(evidence.from) / 1e9 }
    private var until: Double { Double(evidence.until) / 1e9 }

    func series(_ series: EvidenceSeries) -> MetricSeries {
        let start = Double(series.start) / 1e9
        let points = series.points
        let times = points.indices.map { start + Double($0) * series.step }
        let labels = series.labels.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
        var name = labels.isEmpty ? series.metric : "\(series.metric){\(labels)}"
        if let instance = series.instance, instance != series.node { name += "@\(instance)" }
        let isFailure = series.labels.contains(where: Self.tellsFailure)
        return MetricSeries(
            node: series.node, name: name, times: times, measured: points.map { $0 ?? .nan },
            kind: isFailure ? .error : kind(series.metric))
    }

    /// What a counter or a histogram came to is of the kind that its ending says, whatever its name.
    private func kind(_ metric: String) -> SignalKind? {
        guard metric.hasSuffix(":mean") || metric.hasSuffix(":p99") else {
            guard metric.hasSuffix(":rate"), MetricWords.guess(metric).kind != .error else { return nil }
            return metric.hasPrefix("process.") ? .usage : .traffic
        }
        return MetricWords.guess(metric).kind == .latency ? .latency : nil
    }

    /// Labels that OpenTelemetry's conventions put on what failed.
    private static func tellsFailure(_ label: SignalLabel) -> Bool {
        switch label.name {
        case "error.type": !label.value.isEmpty
        case "http.response.status_code": label.value.hasPrefix("5")
        case "outcome": !["ok", "success", "answered", "kept"].contains(label.value)
        default: false
        }
    }

    func traces(_ service: EvidenceService) -> TraceEvidence {
        func statistics(_ figures: CallFigures) -> SpanStatistics {
            SpanStatistics(
                count: figures.calls, errors: figures.errors, seconds: figures.ownSeconds * figures.calls)
        }
        let (before, after) = (max(1, onset - from), max(1, until - onset))
        return TraceEvidence(
            service: service.node, operation: "all", before: statistics(service.before),
            after: statistics(service.after), scale: after / before)
    }

    /// What somebody waited for who is not ours: of his own work nothing is known but that.
    func waits(_ edge: EvidenceEdge) -> TraceEvidence {
        func statistics(_ figures: CallFigures) -> SpanStatistics {
            SpanStatistics(count: figures.calls, errors: figures.errors, seconds: figures.seconds * figures.calls)
        }
        let (before, after) = (max(1, onset - from), max(1, until - onset))
        return TraceEvidence(
            service: edge.caller, peer: edge.callee, operation: "all", before: statistics(edge.before),
            after: statistics(edge.after), scale: after / before)
    }

    func log(_ message: EvidenceMessage) -> LogEvidence {
        let gravity: LogGravity =
            switch message.level {
            case "error": .error
            case "warning": .warning
            default: .note
            }
        let text = message.example.map { "\(message.template) (\($0))" } ?? message.template
        return LogEvidence(
            node: message.node, template: text, gravity: gravity, before: message.before, after: message.after)
    }

    func changes(_ change: ChangeNotice) -> [SystemChange] {
        let kind: SystemChange.Kind =
            switch change.kind {
            case .deploy: .deployment
            case .configuration: change.touched.contains(where: Self.rulesAccess) ? .permission : .configuration
            case .scale: .scale
            case .restart, .action: .other
            }
        let nodes = change.nodes.isEmpty ? evidence.services.map(\.node) : change.nodes
        return nodes.map { SystemChange(time: Double(change.at) / 1e9, target: $0, kind: kind, text: change.text) }
    }

    /// Paths and keys that say who may do what.
    private static func rulesAccess(_ path: String) -> Bool {
        let words = MetricWords.words(of: path)
        return words.contains { ["acl", "access", "keys", "permissions", "policy"].contains($0) }
    }

    func event(_ notice: ProcessNotice) -> ProcessEvent? {
        let words = MetricWords.words(of: notice.reason)
        let kind: ProcessEvent.Kind
        switch notice.kind {
        case .died where words.contains("memory"): kind = .outOfMemory
        case .died where words.contains("hangs") || words.contains("hung"): kind = .hang
        case .died: kind = notice.isOwnFault ? .crash : .restart
        case .gaveUp, .roleGivenUp: kind = .crash
        case .started, .ready, .backingOff, .stopped, .roleBack: return nil
        }
        return ProcessEvent(time: Double(notice.at) / 1e9, node: notice.role, kind: kind, text: notice.reason)
    }

    func limit(_ series: EvidenceSeries) -> ResourceLimit? {
        let points = series.points
        guard let limit = series.limit, limit > 0, let last = points.last(where: { $0 != nil }) ?? nil else {
            return nil
        }
        return ResourceLimit(node: series.node, name: series.metric, used: last / limit)
    }

    /// Called, and never heard of otherwise.
    var outside: [String] {
        let familiar = Set(evidence.series.map(\.node) + evidence.services.map(\.node))
        var outside = evidence.outside
        for edge in evidence.edges
        where !familiar.contains(edge.callee) && !outside.contains(edge.callee) && !isPart(edge.callee) {
            outside.append(edge.callee)
        }
        return outside
    }

    /// A file that a process keeps by itself is no neighbour of it.
    func isPart(_ callee: String) -> Bool { callee.hasPrefix("sqlite ") }

    /// What somebody named, else the gravest finding that speaks of users.
    var symptom: Symptom? {
        if let target = evidence.scope.target {
            return Symptom(node: target, metric: evidence.scope.targetMetric, time: onset)
        }
        let felt = evidence.findings.filter { finding in
            [.failing, .objectiveBurning, .canaryFailing].contains(finding.kind)
        }
        guard let first = felt.min(by: { ($0.began, $0.key) < ($1.began, $1.key) }) else { return nil }
        return Symptom(node: first.node, time: Double(first.began) / 1e9)
    }
}
