import Contracts
import Host
import Senses
import Signals
import Store
import Testing

@testable import TelemetryAgent

@Suite("What outlives the telemetry agent")
struct ArchiveTests {
    private final class Place: Sendable {
        let folder: String
        let store: Store

        init() async throws {
            folder = try TemporaryFolder.make()
            var plan = StorePlan(file: "\(folder)/telemetry.sqlite", migrations: Tables.migrations)
            plan.metrics = Metrics()
            store = try await Store.open(plan)
        }

        deinit { TemporaryFolder.remove(folder) }

        func archive(triage: String? = nil, retention: Retention = Retention()) -> Archive {
            Archive(store, retention: retention, triage: triage)
        }
    }

    private func finding(_ began: Int64, ended: Int64? = nil, _ severity: FindingSeverity = .warning) -> Finding {
        var finding = Finding(
            .failing, severity, node: "orders", subject: "availability", began: began, noticed: began + 1,
            text: "many fail")
        finding.ended = ended
        return finding
    }

    @Test("a finding goes to triage in the transaction that keeps it, once for each thing that became of it")
    func findingsAreSent() async throws {
        let place = try await Place()
        let archive = place.archive(triage: "triage")
        try await archive.keep([finding(1_000_000_000)])
        try await archive.keep([finding(1_000_000_000, .critical)])
        try await archive.keep([finding(1_000_000_000, ended: 9_000_000_000, .critical)])
        let sent = try await place.store.read { connection in
            try connection.all("SELECT target, type, id, body FROM outbox ORDER BY seq") { row in
                (
                    try row.value(0, as: String.self), try row.value(1, as: String.self),
                    try row.value(2, as: String.self),
                    try Packed.decode(Finding.self, from: try row.value(3, as: [UInt8].self))
                )
            }
        }
        #expect(sent.map(\.0) == ["triage", "triage", "triage"] && sent.map(\.1) == ["finding", "finding", "finding"])
        #expect(Set(sent.map(\.2)).count == 3)
        #expect(sent.map(\.3.severity) == [.warning, .critical, .critical])
        #expect(Set(sent.map(\.3.id)).count == 1)
        let legacy = try await archive.legacy(now: 10_000_000_000)
        #expect(legacy.lasting.isEmpty)
    }

    @Test("what lasts, what changed, what is counted and what kinds of lines are known is there for the next")
    func legacy() async throws {
        let place = try await Place()
        let archive = place.archive()
        let change = ChangeNotice(id: "c", kind: .deploy, nodes: ["orders"], text: "v2", author: "a", at: 5_000_000_000)
        let key = LogBook.Key(node: "orders", level: "error", template: "no <*>")
        try await archive.keep([finding(1_000_000_000), finding(2_000_000_000, ended: 3_000_000_000)])
        try await archive.keep(change)
        try await archive.keep(change)
        try await archive.keep(minutes: [], kinds: [(key, 7)])
        try await archive.keep(state: "objectives", [1, 2, 3])
        try await archive.count("spans", [("kept", 5)])
        try await archive.count("spans", [("kept", 6), ("none", 0)])
        let legacy = try await archive.legacy(now: 10_000_000_000)
        #expect(legacy.lasting == [finding(1_000_000_000)] && legacy.changes == [change])
        #expect(legacy.kinds.count == 1 && legacy.kinds[0] == (key, 7))
        #expect(legacy.objectives == [1, 2, 3])
        #expect(try await archive.received() == [NamedCount("spans kept", 11)])
    }

    @Test("minutes add up to hours, and old ones are forgotten while their hours stay")
    func minutes() async throws {
        let place = try await Place()
        let day = 86_400_000_000_000 as Int64
        var retention = Retention()
        retention.minutes = day
        let archive = place.archive(retention: retention)
        let key = SeriesKey(
            node: "orders", instance: "orders@a.1", metric: "m:rate", labels: [SignalLabel("a", "b=c,d")])
        var book = SeriesBook()
        for second in 0..<180 {
            let point = MetricPoint(
                node: key.node, instance: key.instance, metric: "m:rate", unit: "1/s", labels: key.labels,
                at: Int64(second) * 1_000_000_000, reading: .gauge(Double(second % 60)))
            book.take(point, now: Int64(second) * 1_000_000_000)
            if second % 60 == 0, second > 0 {
                try await archive.keep(minutes: book.takeMinutes(before: Int64(second)), kinds: [])
            }
        }
        var query = SignalQuery(.metrics)
        query.until = day
        var answer = SignalAnswer()
        try await archive.answer(query, &answer)
        let series = try #require(answer.series.first)
        #expect(answer.series.count == 1 && series.labels == key.labels && series.instance == key.instance)
        #expect(series.points == [29.5, 29.5] && series.step == 60)
        try await archive.forget(now: 3 * day)
        let left = try await place.store.read { connection in
            (
                try connection.first("SELECT count(*) FROM minutes") { try $0.value(0, as: Int.self) },
                try connection.first("SELECT sum(count) FROM hours") { try $0.value(0, as: Int.self) }
            )
        }
        #expect(left.0 == 0 && left.1 == 120)
    }

    @Test("a trace whose spans come in two pieces is one, and the oldest go when there are too many")
    func traces() async throws {
        let place = try await Place()
        var retention = Retention()
        retention.mostTraces = 3
        let archive = place.archive(retention: retention)
        func whole(_ trace: String, _ spans: [String], at: Int64) -> TraceHold.Whole {
            TraceHold.Whole(
                trace: trace,
                spans: spans.map {
                    TraceSpan(
                        trace: trace, span: $0, parent: nil, node: "orders", name: "s", kind: "server", start: at,
                        nanoseconds: 5, ok: $0 != "bad", attributes: [])
                }, keptFor: "error", weight: 0)
        }
        try await archive.keep([whole("a", ["1"], at: 10)])
        try await archive.keep([whole("a", ["1", "bad"], at: 10)])
        #expect(try await archive.trace("a").map(\.span) == ["1", "bad"])
        try await archive.keep((0..<5).map { whole("t\($0)", ["1"], at: Int64(20 + $0)) })
        try await archive.forget(now: 1_000)
        var query = SignalQuery(.traces)
        var answer = SignalAnswer()
        try await archive.answer(query, &answer)
        #expect(answer.traces.map(\.trace) == ["t4", "t3", "t2"])
        query.onlyErrors = true
        answer = SignalAnswer()
        try await archive.answer(query, &answer)
        #expect(answer.traces.isEmpty)
    }
}
