import Contracts

/// All series, within a bound. What is beyond it is folded into one series for each metric, and counted.
public struct SeriesBook: Sendable {
    /// What the book may keep.
    public struct Limits: Sendable {
        public var series = 12_000
        /// Series of one metric of one service.
        public var ofOneMetric = 1_000
        public var labels = 24
        public var bytesOfText = 256
        /// Bytes of the names and labels of all series, and of the buckets of all histograms.
        public var bytesBeside = 16 << 20
        public var buckets = 512
        /// Seconds after which a series that says nothing is forgotten.
        public var silence: Int64 = 900
        /// Seconds that a reading may be older than now, and newer: clocks differ.
        public var oldest: Int64 = 3_600
        public var ahead: Int64 = 60

        public init() {}
    }

    /// What was not kept as it came. Each reading counts once: as kept, folded, late or refused.
    public struct Losses: Sendable, Equatable, Codable {
        /// Readings of series beyond the bounds.
        public var folded = 0
        /// Readings too old to have a place.
        public var late = 0
        /// Readings that were no numbers, or of a time to come.
        public var refused = 0
        /// Texts and labels that were cut.
        public var cut = 0
        /// Counters and histograms that began anew.
        public var resets = 0
        public var forgotten = 0
        /// Unusual values beyond those that are looked at.
        public var unseen = 0
    }

    /// A series whose latest values are news.
    public struct News: Sendable {
        public var key: SeriesKey
        public var score: Double
        public var value: Double
        public var second: Int64
    }

    /// What became of a reading; the worst counts where it makes several series.
    enum Outcome: Int {
        case kept, folded, late, refused
    }

    static let overflow = [SignalLabel("otel.metric.overflow", "true")]

    let limits: Limits
    var places: [SeriesKey: Int] = [:]
    var entries: [Series?] = []
    var free: [Int] = []
    var lastNumber = 0
    var ofMetric: [String: Int] = [:]
    var origins: [SeriesKey: Int] = [:]
    var standings: [Standing] = []
    var freeStandings: [Int] = []
    var bytesBeside = 0
    /// Readings that are where they belong.
    public private(set) var kept = 0
    public internal(set) var losses = Losses()
    var news: [News] = []

    public init(limits: Limits = Limits()) { self.limits = limits }

    /// How many series there are.
    public var count: Int { places.count }

    /// Bytes of memory, about; walks all series.
    public var bytes: Int {
        entries.reduce(bytesBeside) { $0 + ($1?.bytes ?? 0) } + places.count * 120 + standings.count * 320
    }

    /// Takes a reading; answers what was added by it, for those who count events.
    @discardableResult
    public mutating func take(_ point: MetricPoint, now: Int64) -> MetricIncrease? {
        let age = now / 1_000_000_000 - point.at / 1_000_000_000
        guard age <= limits.oldest, age >= -limits.ahead, point.at >= 0 else {
            note(age > limits.oldest ? .late : .refused)
            return nil
        }
        let key = bounded(point)
        let time = ReadingTime(at: point.at, now: now)
        switch point.reading {
        case .gauge(let value):
            note(put(value, key, point.unit, time))
            return nil
        case .increase(let value): return grow(by: value, key, point.unit, time)
        case .counter(let value): return grow(to: value, key, point.unit, time)
        case .measurements(let more):
            guard isSound(more) else { return nil }
            return measure(more, key, point.unit, time)
        case .distribution(let whole):
            guard isSound(whole) else { return nil }
            return measure(whole: whole, key, point.unit, time)
        }
    }

    mutating func note(_ outcome: Outcome) {
        switch outcome {
        case .kept: kept += 1
        case .folded: losses.folded += 1
        case .late: losses.late += 1
        case .refused: losses.refused += 1
        }
    }

    private mutating func isSound(_ distribution: Distribution) -> Bool {
        let isSound = distribution.counts.count <= limits.buckets && distribution.isSound
        if !isSound { note(.refused) }
        return isSound
    }

    // MARK: forgetting

    /// Forgets series that have been silent for long. Call it now and then.
    public mutating func forget(now second: Int64) {
        for place in entries.indices {
            guard let heard = entries[place]?.heard, second - heard > limits.silence, let series = entries[place] else {
                continue
            }
            places[series.key] = nil
            let group = "\(series.key.node)|\(series.key.metric)"
            let left = ofMetric[group, default: 1] - 1
            ofMetric[group] = left > 0 ? left : nil
            bytesBeside -= series.key.bytes
            entries[place] = nil
            free.append(place)
            losses.forgotten += 1
        }
        let oldest = (second - limits.oldest) * 1_000_000_000
        for (key, number) in origins where standings[number].at < oldest {
            bytesBeside -= standings[number].distribution?.bytes ?? 0
            standings[number] = Standing(at: 0)
            origins[key] = nil
            freeStandings.append(number)
        }
        // Which numbers are given next must not follow from the order of a dictionary.
        freeStandings.sort()
    }

    // MARK: what is known

    /// The series that are news since the last time.
    public mutating func takeNews() -> [News] {
        defer { news = [] }
        return news.sorted { ($1.score, $0.key) < ($0.score, $1.key) }
    }

    /// The figures of all minutes that are over.
    public mutating func takeMinutes(before second: Int64) -> [(key: SeriesKey, unit: String, figures: MinuteFigures)] {
        var taken: [(key: SeriesKey, unit: String, figures: MinuteFigures)] = []
        for place in entries.indices {
            guard let figures = entries[place]?.takeMinute(before: second), let series = entries[place] else {
                continue
            }
            taken.append((series.key, series.unit, figures))
        }
        return taken
    }

    /// All series that `matches` lets pass, in order.
    func all(where matches: (SeriesKey) -> Bool) -> [Series] {
        entries.compactMap { series in
            guard let series, matches(series.key) else { return nil }
            return series
        }.sorted { $0.key < $1.key }
    }

    /// One series by its name.
    func series(_ key: SeriesKey) -> Series? { places[key].flatMap { entries[$0] } }

    /// The latest value of the series of a metric of one service, each with its key.
    public func latest(_ metric: String, node: String? = nil) -> [(key: SeriesKey, value: Double, second: Int64)] {
        all { $0.metric == metric && (node == nil || $0.node == node) }.map { ($0.key, $0.last, $0.lastSecond) }
    }

    /// The last second in which anything of the metric came, by service and process.
    public func lastSecond(of metric: String) -> [(node: String, instance: String?, second: Int64)] {
        latest(metric).map { ($0.key.node, $0.key.instance, $0.second) }
    }
}

/// What was added to a counter or a histogram.
public struct MetricIncrease: Sendable {
    public var key: SeriesKey
    public var at: Int64
    public var count: Double
    public var distribution: Distribution?
}
