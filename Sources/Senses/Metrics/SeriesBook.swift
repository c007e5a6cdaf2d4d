import Contracts
import Signals

/// All series, within a bound. What is beyond it is folded into one series for each metric, and counted.
public struct SeriesBook: Sendable {
    /// What the book may keep.
    public struct Limits: Sendable {
        public var series = 12_000
        /// Series of one metric of one service.
        public var ofOneMetric = 1_000
        public var labels = 24
        public var bytesOfText = 256
        /// Seconds after which a series that says nothing is forgotten.
        public var silence: Int64 = 900

        public init() {}
    }

    /// What was not kept as it came.
    public struct Losses: Sendable, Equatable, Codable {
        /// Readings of series beyond the bounds.
        public var folded = 0
        /// Readings too old to have a place.
        public var late = 0
        /// Readings that were no numbers.
        public var refused = 0
        /// Texts and labels that were cut.
        public var cut = 0
        /// Counters and histograms that began anew.
        public var resets = 0
        public var forgotten = 0
    }

    /// A series whose latest values are news.
    public struct News: Sendable {
        public var key: SeriesKey
        public var score: Double
        public var value: Double
        public var second: Int64
    }

    static let overflow = [SignalLabel("otel.metric.overflow", "true")]

    private let limits: Limits
    private var places: [SeriesKey: Int] = [:]
    private var entries: [Series?] = []
    private var free: [Int] = []
    private var lastNumber = 0
    private var ofMetric: [String: Int] = [:]
    private var counters: [SeriesKey: Cumulative] = [:]
    public private(set) var losses = Losses()
    private var news: [News] = []

    public init(limits: Limits = Limits()) { self.limits = limits }

    /// How many series there are.
    public var count: Int { places.count }

    /// Bytes of memory, about; walks all series.
    public var bytes: Int {
        entries.reduce(0) { $0 + ($1?.bytes ?? 0) + 96 } + counters.count * 220
    }

    /// The last reading of what grows.
    private struct Cumulative: Sendable {
        var value = 0.0
        var distribution: Distribution?
        var at: Int64
    }

    /// Takes a reading; answers what was added by it, for those who count events.
    @discardableResult
    public mutating func take(_ point: MetricPoint) -> MetricIncrease? {
        let key = bounded(point)
        let second = point.at / 1_000_000_000
        switch point.reading {
        case .gauge(let value):
            put(value, key, point.unit, second)
            return nil
        case .increase(let value): return grow(by: value, key, point, seconds: since(key, point.at))
        case .counter(let value): return grow(to: value, key, point)
        case .measurements(let more): return measure(more, key, point, seconds: since(key, point.at))
        case .distribution(let whole): return measure(whole: whole, key, point)
        }
    }

    /// Seconds since the reading before of a series that tells only what was added; one for the first.
    private mutating func since(_ key: SeriesKey, _ now: Int64) -> Double {
        guard let before = counters[key] else {
            begin(Cumulative(at: now), key)
            return 1
        }
        counters[key] = Cumulative(at: max(now, before.at))
        return max(1e-3, Double(now - before.at) / 1e9)
    }

    private mutating func grow(to value: Double, _ key: SeriesKey, _ point: MetricPoint) -> MetricIncrease? {
        guard value.isFinite, value >= 0 else {
            losses.refused += 1
            return nil
        }
        guard let before = counters[key] else {
            begin(Cumulative(value: value, at: point.at), key)
            return nil
        }
        guard point.at > before.at else {
            losses.late += 1
            return nil
        }
        counters[key] = Cumulative(value: value, at: point.at)
        let isReset = value < before.value
        if isReset { losses.resets += 1 }
        return grow(
            by: isReset ? value : value - before.value, key, point, seconds: Double(point.at - before.at) / 1e9)
    }

    private mutating func grow(
        by more: Double, _ key: SeriesKey, _ point: MetricPoint, seconds: Double
    ) -> MetricIncrease? {
        guard more.isFinite, more >= 0 else {
            losses.refused += 1
            return nil
        }
        put(more / max(seconds, 1e-3), derived(key, "rate"), "\(point.unit)/s", point.at / 1_000_000_000)
        return MetricIncrease(key: key, at: point.at, count: more, distribution: nil)
    }

    /// Remembers the first reading of what grows. Without room for its series nothing could be said of it anyway.
    private mutating func begin(_ reading: Cumulative, _ key: SeriesKey) {
        guard places.count < limits.series, counters.count < 2 * limits.series,
            ofMetric["\(key.node)|\(key.metric):rate", default: 0] < limits.ofOneMetric
        else {
            losses.folded += 1
            return
        }
        counters[key] = reading
    }

    private mutating func measure(
        whole: Distribution, _ key: SeriesKey, _ point: MetricPoint
    ) -> MetricIncrease? {
        guard let before = counters[key], let last = before.distribution else {
            begin(Cumulative(distribution: whole, at: point.at), key)
            return nil
        }
        guard point.at > before.at else {
            losses.late += 1
            return nil
        }
        counters[key] = Cumulative(distribution: whole, at: point.at)
        let more = whole.since(last)
        if more == nil { losses.resets += 1 }
        return measure(more ?? whole, key, point, seconds: Double(point.at - before.at) / 1e9)
    }

    private mutating func measure(
        _ more: Distribution, _ key: SeriesKey, _ point: MetricPoint, seconds: Double
    ) -> MetricIncrease {
        let second = point.at / 1_000_000_000
        let count = more.count
        put(count / max(seconds, 1e-3), derived(key, "rate"), "1/s", second)
        if count > 0 {
            put(more.sum / count, derived(key, "mean"), point.unit, second)
            if let high = more.quantile(0.99) { put(high, derived(key, "p99"), point.unit, second) }
        }
        return MetricIncrease(key: key, at: point.at, count: count, distribution: more)
    }

    private func derived(_ key: SeriesKey, _ aspect: String) -> SeriesKey {
        var key = key
        key.metric += ":\(aspect)"
        return key
    }

    // MARK: places

    private mutating func bounded(_ point: MetricPoint) -> SeriesKey {
        var labels = point.labels
        if labels.count > limits.labels {
            losses.cut += labels.count - limits.labels
            labels.removeLast(labels.count - limits.labels)
        }
        for index in labels.indices where labels[index].value.utf8.count > limits.bytesOfText {
            losses.cut += 1
            labels[index].value = String(labels[index].value.prefix(limits.bytesOfText / 4))
        }
        return SeriesKey(
            node: String(point.node.prefix(limits.bytesOfText)), instance: point.instance,
            metric: String(point.metric.prefix(limits.bytesOfText)), labels: labels)
    }

    private mutating func put(_ value: Double, _ key: SeriesKey, _ unit: String, _ second: Int64) {
        guard value.isFinite, abs(value) < 1e30 else {
            losses.refused += 1
            return
        }
        let place = place(of: key, unit, second)
        guard let result = entries[place]?.add(value, at: second) else { return }
        if !result.isKept { losses.late += 1 }
        guard result.isScored, let series = entries[place], series.unusual >= 0.5, news.count < 1_000 else { return }
        news.append(News(key: series.key, score: series.unusual, value: value, second: second))
    }

    private mutating func place(of key: SeriesKey, _ unit: String, _ second: Int64) -> Int {
        if let place = places[key] { return place }
        let group = "\(key.node)|\(key.metric)"
        let isFull = places.count >= limits.series || ofMetric[group, default: 0] >= limits.ofOneMetric
        if isFull, key.labels != Self.overflow {
            losses.folded += 1
            var folded = key
            (folded.labels, folded.instance) = (Self.overflow, nil)
            // Even the folded ones have a bound: a name of a metric may be anything.
            if places[folded] == nil, places.count >= limits.series + 1_000 {
                (folded.node, folded.metric) = ("other", "other")
            }
            return place(of: folded, unit, second)
        }
        lastNumber += 1
        let series = Series(key, unit: unit, number: lastNumber)
        ofMetric[group, default: 0] += 1
        if let place = free.popLast() {
            entries[place] = series
            places[key] = place
            return place
        }
        entries.append(series)
        places[key] = entries.count - 1
        return entries.count - 1
    }

    /// Forgets series that have been silent for long. Call it now and then.
    public mutating func forget(now second: Int64) {
        for place in entries.indices {
            guard let series = entries[place], second - series.lastSecond > limits.silence else { continue }
            places[series.key] = nil
            let group = "\(series.key.node)|\(series.key.metric)"
            let left = ofMetric[group, default: 1] - 1
            ofMetric[group] = left > 0 ? left : nil
            entries[place] = nil
            free.append(place)
            losses.forgotten += 1
        }
        let oldest = (second - limits.silence) * 1_000_000_000
        counters = counters.filter { $0.value.at >= oldest }
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
