public import Contracts
public import Insight

/// All objectives of the cluster: how they stand, how they burn, and whether too much fails right now.
public struct ObjectiveBook: Sendable {
    /// Seconds of which the counts are kept one by one.
    private static let kept = 900

    /// What came for one objective in each of the last seconds.
    private struct Seconds: Sendable {
        var newest: Int64 = -1
        var bad: [Float] = []
        var total: [Float] = []

        mutating func add(_ bad: Double, _ total: Double, at second: Int64) {
            if newest < 0 || second - newest > Int64(ObjectiveBook.kept) { self = Seconds(newest: second - 1) }
            while newest < second {
                newest += 1
                self.bad.append(0)
                self.total.append(0)
                if self.bad.count > ObjectiveBook.kept {
                    self.bad.removeFirst()
                    self.total.removeFirst()
                }
            }
            let index = self.bad.count - 1 - Int(newest - second)
            guard index >= 0, index < self.bad.count else { return }
            self.bad[index] += Float(bad)
            self.total[index] += Float(total)
        }

        func sum(from: Int64, until: Int64) -> (bad: Double, total: Double) {
            var sum = (bad: 0.0, total: 0.0)
            for index in bad.indices {
                let second = newest - Int64(bad.count - 1 - index)
                guard second >= from, second < until else { continue }
                sum.bad += Double(bad[index])
                sum.total += Double(total[index])
            }
            return sum
        }

        /// Where the bad events that came last began: after ten seconds without any. A second in which far less was bad than now
        /// is none of it: where good events are counted later than all, some always look bad for a moment.
        func beginning(before second: Int64) -> Int64 {
            var first = second
            let now = sum(from: second - 4, until: second + 1)
            let share = now.total > 0 ? now.bad / now.total : 0
            for index in bad.indices.reversed()
            where bad[index] > 0 && Double(bad[index]) >= share / 4 * Double(total[index]) {
                let at = newest - Int64(bad.count - 1 - index)
                guard first - at <= 10 else { break }
                first = min(first, at)
            }
            return first
        }
    }

    /// What outlives the process.
    private struct Kept: Codable {
        struct Beginning: Codable {
            var name: String
            var at: Int64
        }
        var engine: ObjectiveEngine.Snapshot
        var began: [Beginning]
    }

    private var engine: ObjectiveEngine
    private var watches: [FailureWatch]
    private var seconds: [Seconds]
    private var failing: [FailureWatch.Notice?]
    private var nextStatus: Int64 = 0
    /// When the first event of each objective came: what is younger than a window says nothing about it.
    private var began: [Int64?]
    private var statuses: [ObjectiveStatus] = []
    /// Names of metrics that objectives speak of, as far as they have come.
    private var isMeant: [String: Bool] = [:]
    private let metrics: Set<String>
    /// Files that were not understood.
    public let mistakes: [String]

    /// The objectives as files have them; `haste` is what all times are divided by.
    public init(_ objectives: [Objective] = [], mistakes: [String] = [], haste: Double = 1) {
        engine = ObjectiveEngine(objectives, scale: 1 / max(haste, 1))
        watches = objectives.map { FailureWatch(tolerated: 1 - $0.target) }
        seconds = objectives.map { _ in Seconds() }
        failing = objectives.map { _ in nil }
        began = objectives.map { _ in nil }
        metrics = Set(
            objectives.flatMap { objective in
                [objective.indicator.part.selection, objective.indicator.total].map {
                    SeriesSelection.normal($0.metric)
                }
            })
        self.mistakes = mistakes
    }

    private static func moment(_ now: Int64) -> Moment { Moment(nanoseconds: UInt64(max(now, 0))) }

    mutating func take(_ increases: [MetricIncrease], now: Int64) {
        guard !watches.isEmpty, !increases.isEmpty else { return }
        let readings = increases.filter { isCounted($0.key.metric) }.map { increase in
            SeriesReading(
                increase.key.metric, (increase.key.labels + [SignalLabel("role", increase.key.node)]).sorted(),
                increase.distribution.map { .histogram($0.reading) } ?? .number(increase.count))
        }
        engine.add(readings, now: Self.moment(now))
        for (index, arrival) in engine.takeArrivals().enumerated() where arrival.total > 0 || arrival.bad > 0 {
            began[index] = began[index] ?? now
            seconds[index].add(arrival.bad, arrival.total, at: now / 1_000_000_000)
            note(watches[index].add(bad: arrival.bad, total: arrival.total, now: Self.moment(now)), index)
        }
    }

    /// Most series are nobody's business here, and need not be made into readings.
    private mutating func isCounted(_ metric: String) -> Bool {
        if let known = isMeant[metric] { return known }
        let isCounted = metrics.contains(SeriesSelection.normal(metric))
        if isMeant.count < 4_096 { isMeant[metric] = isCounted }
        return isCounted
    }

    private mutating func note(_ notice: FailureWatch.Notice?, _ index: Int) {
        guard let notice else { return }
        failing[index] = notice.isFiring ? notice : nil
    }

    mutating func tick(into findings: inout FindingBook, now: Int64) {
        for index in watches.indices {
            note(watches[index].advance(to: Self.moment(now)), index)
            assertFailing(index, &findings, now)
        }
        guard now >= nextStatus || nextStatus - now > 1_000_000_000 else { return }
        nextStatus = now + 1_000_000_000
        statuses = engine.statuses(now: Self.moment(now))
        for (index, status) in statuses.enumerated() {
            let age = now - (began[index] ?? now)
            let firing = status.alerts.filter { $0.isFiring && age >= $0.verdict.window.short.wholeNanoseconds }
            guard let worst = firing.max(by: { $0.verdict.window.burn < $1.verdict.window.burn }) else { continue }
            var finding = Finding(
                .objectiveBurning, worst.verdict.window.burn >= 6 ? .critical : .warning,
                node: status.objective.service, subject: status.objective.name,
                began: seconds[index].beginning(before: now / 1_000_000_000) * 1_000_000_000, noticed: now,
                text: "\(status.objective.name): \(worst.verdict.explanation)", value: worst.verdict.short,
                expected: worst.verdict.threshold)
            finding.endangers = [status.objective.name]
            findings.assert(finding, hold: 3_000_000_000, now: now)
        }
    }

    private mutating func assertFailing(_ index: Int, _ findings: inout FindingBook, _ now: Int64) {
        let objective = engine.objectives[index]
        guard watches[index].isFiring, let notice = failing[index] else { return }
        let second = now / 1_000_000_000
        let began = seconds[index].beginning(before: second)
        // Since it began: what was good before it says nothing about how bad it is.
        let recent = seconds[index].sum(from: max(second - 10, began), until: second + 1)
        // Nothing comes any more: whether it would fail is not known, and silence is another's matter.
        let share = recent.total > 0 ? recent.bad / recent.total : nil
        var finding = Finding(
            .failing, (share ?? 1) >= 0.1 ? .critical : .warning, node: objective.service, subject: objective.name,
            began: began * 1_000_000_000, noticed: now, text: "\(objective.name): \(notice.explanation)", value: share,
            expected: 1 - objective.target)
        finding.endangers = [objective.name]
        findings.assert(finding, hold: 3_000_000_000, now: now)
    }

    /// One objective over the last seconds.
    struct Verdict {
        var name: String
        var service: String
        var target: Double
        var good: Double
        var events: Double
    }

    /// What came since a time, at most as long ago as is kept.
    func verdicts(since: Int64, now: Int64) -> [Verdict] {
        engine.objectives.indices.map { index in
            let objective = engine.objectives[index]
            let sum = seconds[index].sum(from: since / 1_000_000_000 + 1, until: now / 1_000_000_000 + 1)
            return Verdict(
                name: objective.name, service: objective.service, target: objective.target, good: sum.total - sum.bad,
                events: sum.total)
        }
    }

    /// What they are called, and whose they are.
    var names: [(name: String, service: String)] { engine.objectives.map { ($0.name, $0.service) } }

    /// How all stand, as of the last second.
    public var reports: [ObjectiveReport] { statuses.map(\.report) }

    /// What a successor goes on from.
    public func snapshot() throws -> [UInt8] {
        let names = engine.objectives.map(\.name)
        return try Packed.encode(
            Kept(
                engine: engine.snapshot,
                began: zip(names, began).compactMap { name, began in began.map { Kept.Beginning(name: name, at: $0) } })
        )
    }

    /// Goes on from what another counted.
    public mutating func restore(_ snapshot: [UInt8]) throws {
        let kept = try Packed.decode(Kept.self, from: snapshot)
        engine.restore(kept.engine)
        for (index, objective) in engine.objectives.enumerated() {
            guard let before = kept.began.first(where: { $0.name == objective.name }) else { continue }
            began[index] = min(began[index] ?? before.at, before.at)
        }
    }
}

extension Distribution {
    /// The same with edges that end, and what is above them.
    var reading: HistogramReading {
        let above = bounds.last.map { $0.isInfinite } ?? false
        return HistogramReading(
            edges: above ? Array(bounds.dropLast()) : bounds, counts: above ? counts : counts + [0])
    }
}

extension Observatory {
    func objectiveVerdicts(now: Int64, since: Int64) -> [ObjectiveBook.Verdict] {
        objectives.verdicts(since: since, now: now)
    }

    /// How all objectives stand.
    public var objectiveReports: [ObjectiveReport] { objectives.reports }

    /// What a successor goes on from.
    public func objectiveSnapshot() throws -> [UInt8] { try objectives.snapshot() }

    /// Goes on from what another counted.
    public mutating func restore(objectives snapshot: [UInt8]) throws { try objectives.restore(snapshot) }
}
