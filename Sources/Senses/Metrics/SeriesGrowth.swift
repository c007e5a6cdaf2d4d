import Contracts

/// When a reading was made, and when it came.
struct ReadingTime {
    let at: Int64
    let second: Int64
    let now: Int64

    init(at: Int64, now: Int64) {
        (self.at, second) = (at, at / 1_000_000_000)
        self.now = now / 1_000_000_000
    }
}

/// What a counter or a histogram comes to.
enum Aspect {
    case rate, mean, high

    var suffix: String {
        switch self {
        case .rate: ":rate"
        case .mean: ":mean"
        case .high: ":p99"
        }
    }
}

/// The last reading of what grows.
struct Standing: Sendable {
    /// Where a derived series stands, so that its name need not be made for each reading.
    struct Shortcut: Sendable {
        var place: Int
        var number: Int
    }

    var at: Int64
    /// The counter; or, of what tells only its growth, what has no rate yet.
    var value = 0.0
    var distribution: Distribution?
    private var rate: Shortcut?
    private var mean: Shortcut?
    private var high: Shortcut?

    init(at: Int64, value: Double = 0, distribution: Distribution? = nil) {
        self.at = at
        self.value = value
        self.distribution = distribution
    }

    subscript(aspect: Aspect) -> Shortcut? {
        get {
            switch aspect {
            case .rate: rate
            case .mean: mean
            case .high: high
            }
        }
        set {
            switch aspect {
            case .rate: rate = newValue
            case .mean: mean = newValue
            case .high: high = newValue
            }
        }
    }
}

/// What only grows is kept as what it comes to: rates, means, and what nearly all are below.
extension SeriesBook {
    mutating func grow(to value: Double, _ key: SeriesKey, _ unit: String, _ time: ReadingTime) -> MetricIncrease? {
        guard value.isFinite, value >= 0 else {
            note(.refused)
            return nil
        }
        guard let number = origins[key] else {
            note(begin(Standing(at: time.at, value: value), key) == nil ? .folded : .kept)
            return nil
        }
        let before = (value: standings[number].value, at: standings[number].at)
        guard time.at > before.at else {
            note(.late)
            return nil
        }
        (standings[number].value, standings[number].at) = (value, time.at)
        let isReset = value < before.value
        if isReset { losses.resets += 1 }
        let more = isReset ? value : value - before.value
        let rate = more / max(Double(time.at - before.at) / 1e9, 1e-3)
        note(put(rate, key, .rate, number, unit, time))
        return MetricIncrease(key: key, at: time.at, count: more, distribution: nil)
    }

    mutating func grow(by more: Double, _ key: SeriesKey, _ unit: String, _ time: ReadingTime) -> MetricIncrease? {
        guard more.isFinite, more >= 0 else {
            note(.refused)
            return nil
        }
        note(pace(more, key, unit, time).outcome)
        return MetricIncrease(key: key, at: time.at, count: more, distribution: nil)
    }

    /// The rate of what tells only its growth. What comes at the time of the reading before, or out of order, waits for the
    /// next one: over no time there is no rate.
    mutating func pace(
        _ more: Double, _ key: SeriesKey, _ unit: String, _ time: ReadingTime
    ) -> (outcome: Outcome, number: Int?) {
        guard let number = origins[key] else {
            let number = begin(Standing(at: time.at), key)
            return (number.map { put(more, key, .rate, $0, unit, time) } ?? .folded, number)
        }
        let seconds = Double(time.at - standings[number].at) / 1e9
        let all = standings[number].value + more
        guard seconds >= 1e-3 else {
            standings[number].value = all
            return (.kept, number)
        }
        (standings[number].value, standings[number].at) = (0, time.at)
        return (put(all / seconds, key, .rate, number, unit, time), number)
    }

    /// Remembers the first reading of what grows; nil without room for its series, since nothing could be said of it.
    mutating func begin(_ reading: Standing, _ key: SeriesKey) -> Int? {
        guard places.count < limits.series, origins.count < limits.series, bytesBeside < limits.bytesBeside,
            ofMetric["\(key.node)|\(key.metric):rate", default: 0] < limits.ofOneMetric
        else { return nil }
        bytesBeside += reading.distribution?.bytes ?? 0
        let number = freeStandings.popLast() ?? standings.count
        if number == standings.count { standings.append(reading) } else { standings[number] = reading }
        origins[key] = number
        return number
    }

    mutating func measure(
        whole: Distribution, _ key: SeriesKey, _ unit: String, _ time: ReadingTime
    ) -> MetricIncrease? {
        guard let number = origins[key], let last = standings[number].distribution else {
            let isKnown = origins[key] != nil
            let number = isKnown ? nil : begin(Standing(at: time.at, distribution: whole), key)
            note(isKnown ? .refused : number == nil ? .folded : .kept)
            return nil
        }
        let seconds = Double(time.at - standings[number].at) / 1e9
        guard seconds > 0 else {
            note(.late)
            return nil
        }
        bytesBeside += whole.bytes - last.bytes
        (standings[number].distribution, standings[number].at) = (whole, time.at)
        let more = whole.since(last)
        if more == nil { losses.resets += 1 }
        let added = more ?? whole
        let rate = put(added.count / max(seconds, 1e-3), key, .rate, number, "1", time)
        return tell(added, key, unit, number, time, rate)
    }

    mutating func measure(
        _ more: Distribution, _ key: SeriesKey, _ unit: String, _ time: ReadingTime
    ) -> MetricIncrease? {
        let (rate, number) = pace(more.count, key, "1", time)
        return tell(more, key, unit, number, time, rate)
    }

    /// The mean and the 99th percentile of what was measured since the last time.
    mutating func tell(
        _ more: Distribution, _ key: SeriesKey, _ unit: String, _ number: Int?, _ time: ReadingTime, _ rate: Outcome
    ) -> MetricIncrease {
        var outcome = rate
        let count = more.count
        if count > 0, let number {
            outcome = worst(outcome, put(more.sum / count, key, .mean, number, unit, time))
            if let high = more.quantile(0.99) {
                outcome = worst(outcome, put(high, key, .high, number, unit, time))
            }
        }
        note(outcome)
        return MetricIncrease(key: key, at: time.at, count: count, distribution: more)
    }

    private func worst(_ one: Outcome, _ other: Outcome) -> Outcome { one.rawValue > other.rawValue ? one : other }
}
