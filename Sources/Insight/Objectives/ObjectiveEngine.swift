public import Contracts

/// A process that counts: its counters begin at zero with it.
public struct ReadingSource: Sendable, Equatable {
    /// One life of one process, such as `orders.1#7`.
    public let name: String
    /// When it began, by the clock of the readings; nil where that is not known, and then its first reading says only where
    /// its counters stand.
    public let began: Moment?

    public init(_ name: String, began: Moment? = nil) {
        self.name = name
        self.began = began
    }
}

/// Counts what objectives speak of, out of readings of metrics, and says how each of them stands.
///
/// The clock is the caller's: the monotonic one, one that outlives the process (so that what was kept may be restored), or
/// one that makes a month of a second.
public struct ObjectiveEngine: Sendable {
    /// Everything that a successor needs to go on.
    public struct Snapshot: Sendable, Equatable, Codable {
        var time: SteadyTime
        var began: Moment?
        var tallies: [ObjectiveTally.Snapshot]
        var ledger: ReadingLedger.Snapshot
    }

    /// Silence that is not worth a word yet.
    private let patience: Duration
    private var tallies: [ObjectiveTally]
    private var ledger: ReadingLedger
    private var time = SteadyTime()
    private var began: Moment?
    private var arrived: [(bad: Double, total: Double)]
    /// Numbers that could not be counted: none, infinite or below zero.
    public private(set) var refused = 0
    /// How often a counter began anew.
    public var resets: Int { ledger.resets }

    /// `scale` shortens all times, for demonstrations; `patience` is how long a series may be silent before it is missed.
    public init(_ objectives: [Objective], scale: Double = 1, patience: Duration = .seconds(60)) {
        let safe = scale.isFinite && scale > 0 ? scale : 1
        self.patience = patience
        let tallies = objectives.compactMap { ObjectiveTally($0.scaled(by: safe)) }
        self.tallies = tallies
        arrived = tallies.map { _ in (0, 0) }
        ledger = ReadingLedger(objectives.map(\.indicator))
    }

    /// The objectives as they are judged.
    public var objectives: [Objective] { tallies.map(\.objective) }

    /// Takes readings of counters as they stand in one process.
    public mutating func read(_ readings: [SeriesReading], from source: ReadingSource, now: Moment) {
        let now = arrive(now)
        let isYoung = source.began.map { born in began.map { born >= $0 } ?? false } ?? false
        let visit = ledger.visit(source.name, isYoung: isYoung, now: now)
        take(readings, now) { ledger, reading, value, below in
            ledger.increase(of: reading, below: below, value: value, at: visit)
        }
    }

    /// Takes what was added since the last time.
    public mutating func add(_ increments: [SeriesReading], now: Moment) {
        take(increments, arrive(now)) { _, _, value, _ in value }
    }

    private mutating func arrive(_ now: Moment) -> Moment {
        let now = time.advance(now)
        if began == nil { began = now }
        return now
    }

    private struct Sum {
        var part = 0.0
        var total = 0.0
        var hearsPart = false
        var hearsTotal = false

        mutating func add(_ more: Double?, isTotal: Bool) {
            if isTotal {
                hearsTotal = true
                total += more ?? 0
            } else {
                hearsPart = true
                part += more ?? 0
            }
        }
    }

    /// All of one arrival is summed before it is counted: good events and all events stand in different series.
    private mutating func take(
        _ readings: [SeriesReading], _ now: Moment,
        _ increase: (inout ReadingLedger, SeriesReading, Double, Double?) -> Double?
    ) {
        var sums = tallies.map { _ in Sum() }
        for reading in readings {
            // A series may count in many objectives, and has grown but once.
            var known: [(below: Double?, more: Double?)] = []
            for place in ledger.places(of: reading) {
                let below = ledger.selection(place).below
                if let earlier = known.first(where: { $0.below == below }) {
                    sums[place.objective].add(earlier.more, isTotal: place.isTotal)
                    continue
                }
                guard let value = ledger.selection(place).value(of: reading.value) else { continue }
                let isCount = value >= 0 && value <= BurnRate.most
                refused += isCount ? 0 : 1
                let more = isCount ? increase(&ledger, reading, value, below) : nil
                known.append((below, more))
                sums[place.objective].add(more, isTotal: place.isTotal)
            }
        }
        for (index, sum) in sums.enumerated() {
            tallies[index].hear(part: sum.hearsPart, total: sum.hearsTotal, now: now)
            guard sum.part > 0 || sum.total > 0 else { continue }
            tallies[index].add(part: sum.part, total: sum.total, now: now)
            let isGood = if case .good = tallies[index].objective.indicator.part { true } else { false }
            arrived[index].bad += max(0, isGood ? sum.total - sum.part : sum.part)
            arrived[index].total += sum.total
        }
    }

    /// The events that came since the last time this was asked, for each objective in order: for those who look at seconds.
    public mutating func takeArrivals() -> [(bad: Double, total: Double)] {
        defer { arrived = tallies.map { _ in (0, 0) } }
        return arrived
    }

    /// How all objectives stand. To be asked at even steps: how long a threshold was exceeded is known from being asked.
    public mutating func statuses(now: Moment) -> [ObjectiveStatus] {
        let now = time.advance(now)
        return tallies.indices.map { tallies[$0].status(now: now, patience: patience) }
    }

    /// Good and bad events of an objective over a time that ends now, up to its longest window; nil where there is none of
    /// this name.
    public func counts(of name: String, over window: Duration, now: Moment) -> (bad: Double, total: Double)? {
        tallies.first { $0.objective.name == name }.map { $0.burn.counts(over: window, now: max(now, time.latest)) }
    }

    /// What a successor goes on from.
    public var snapshot: Snapshot {
        Snapshot(time: time, began: began, tallies: tallies.map(\.snapshot), ledger: ledger.snapshot)
    }

    /// Goes on from what another counted. Objectives that it did not have begin empty; those it had and we do not are left
    /// out.
    public mutating func restore(_ snapshot: Snapshot) {
        time = snapshot.time
        began = snapshot.began
        for index in tallies.indices {
            let name = tallies[index].objective.name
            guard let kept = snapshot.tallies.first(where: { $0.name == name }) else { continue }
            tallies[index].restore(kept)
        }
        ledger.restore(snapshot.ledger)
    }
}
