public import Contracts

extension Observatory {
    /// What is in memory for a query: metrics, logs, findings, changes and what happened to processes. Traces are on
    /// disk.
    public func answer(_ query: SignalQuery, now: Int64) -> SignalAnswer {
        var answer = SignalAnswer()
        // No further back than a century, so that times can be reckoned with.
        let until = max(min(query.until ?? now, now), now - 3_000_000_000_000_000_000)
        var query = query
        query.from = query.from.map { max(min($0, until), now - 3_100_000_000_000_000_000) }
        let limit = max(1, min(query.limit, 10_000))
        switch query.kind {
        case .metrics: answerMetrics(query, until: until, limit, now: now, &answer)
        case .logs: answerLogs(query, until: until, limit, &answer)
        case .findings:
            let all = findings.ended + findings.current
            answer.findings = cut(all.filter { matches($0, query, until: until) }.reversed(), limit, &answer)
        case .changes:
            let all = changes.filter { change in
                change.at <= until && change.at >= query.from ?? .min && holds(change.text, query.text)
                    && (query.node.map { change.nodes.isEmpty || change.nodes.contains($0) } ?? true)
            }
            answer.changes = cut(all.reversed(), limit, &answer)
        case .processes:
            let all = processes.notices(from: query.from ?? .min, until: until).filter { notice in
                (query.node == nil || notice.role == query.node) && holds(notice.reason, query.text)
            }
            answer.processes = cut(all.reversed(), limit, &answer)
        case .spans, .traces: break
        }
        answer.missing = missing(now: now)
        return answer
    }

    private func cut<Item>(_ items: some Sequence<Item>, _ limit: Int, _ answer: inout SignalAnswer) -> [Item] {
        let all = Array(items)
        answer.leftOut += max(0, all.count - limit)
        return Array(all.prefix(limit))
    }

    private func holds(_ text: String, _ wanted: String?) -> Bool {
        guard let wanted, !wanted.isEmpty else { return true }
        return text.lowercased().contains(wanted.lowercased())
    }

    private func matches(_ finding: Finding, _ query: SignalQuery, until: Int64) -> Bool {
        finding.began <= until && (finding.ended ?? .max) >= query.from ?? .min
            && (query.node == nil || finding.node == query.node) && holds(finding.text, query.text)
            && (query.name.map { finding.key.hasPrefix($0) } ?? true)
    }

    private func answerMetrics(
        _ query: SignalQuery, until: Int64, _ limit: Int, now: Int64, _ answer: inout SignalAnswer
    ) {
        let end = until / 1_000_000_000 + 1
        let start = max((query.from ?? (until - 120_000_000_000)) / 1_000_000_000, end - 3_600)
        let step: Int64 = end - start <= 122 ? 1 : Series.coarseStep
        let first = start / step * step
        let found = series.all { key in
            (query.node == nil || key.node == query.node) && (query.name.map { key.metric.hasPrefix($0) } ?? true)
                && query.labels.allSatisfy { key.labels.contains($0) }
        }
        var evidence = found.compactMap { series -> EvidenceSeries? in
            let values = series.values(from: first, until: end, step: step)
            guard values.contains(where: { $0 != nil }) else { return nil }
            var evidence = EvidenceSeries(
                node: series.key.node, instance: series.key.instance, metric: series.key.metric,
                labels: series.key.labels, unit: series.unit, start: first * 1_000_000_000, step: Double(step),
                points: values)
            evidence.deviation =
                series.deviation(recent: 10, gap: 60, past: 1_800, until: now / 1_000_000_000)?.deviation
            evidence.limit = limits.limit(of: series.key)
            return evidence
        }
        if let text = query.text { evidence = evidence.filter { holds("\($0.metric) \($0.labels)", text) } }
        answer.series = cut(evidence, limit, &answer)
    }

    private func answerLogs(_ query: SignalQuery, until: Int64, _ limit: Int, _ answer: inout SignalAnswer) {
        let least = query.level.map(LogEntry.rank) ?? 0
        let matches: (LogBook.Key) -> Bool = { key in
            (query.node == nil || key.node == query.node) && LogEntry.rank(key.level) >= least
                && (!query.onlyErrors || key.level == "error")
        }
        let from = (query.from ?? until - 3_600_000_000_000) / 1_000_000_000
        let end = until / 1_000_000_000 + 10
        let messages = logs.messages(from: from, onset: max(from + 1, end - 60), until: end, where: matches)
        answer.messages = cut(messages.filter { holds($0.template, query.text) }, limit, &answer)
        let lines = logs.examples(where: matches).filter { line in
            line.at >= query.from ?? .min && line.at <= until && holds(line.text, query.text)
        }
        answer.lines = Array(lines.prefix(limit))
    }
}
