import Contracts

/// Every value finds the place of its series, or that of what is folded.
extension SeriesBook {
    /// Series of what is folded, beyond the bound of the others.
    private static let mostFolded = 1_000

    /// The name of a series within the bounds. What is cut off leaves a mark, so that two series stay two.
    mutating func bounded(_ point: MetricPoint) -> SeriesKey {
        var labels = point.labels
        if labels.count > limits.labels {
            let rest = labels.suffix(labels.count - limits.labels + 1)
            losses.cut += rest.count
            let mark = rest.map { "\($0.name)=\($0.value)" }.joined(separator: ",").mark
            labels.removeLast(rest.count)
            labels.append(SignalLabel("~", String(mark, radix: 16)))
        }
        // Told first: to reach into a list makes a copy of it.
        for index in labels.indices where isLong(labels[index].name) || isLong(labels[index].value) {
            shorten(&labels[index].name)
            shorten(&labels[index].value)
        }
        var key = SeriesKey(node: point.node, instance: point.instance, metric: point.metric, labels: labels)
        shorten(&key.node)
        shorten(&key.metric)
        if var instance = key.instance {
            shorten(&instance)
            key.instance = instance
        }
        return key
    }

    private func isLong(_ text: String) -> Bool { text.utf8.count > limits.bytesOfText }

    private mutating func shorten(_ text: inout String) {
        guard isLong(text) else { return }
        losses.cut += 1
        text = text.cutApart(to: limits.bytesOfText)
    }

    /// A value of a series that is named as it came.
    mutating func put(_ value: Double, _ key: SeriesKey, _ unit: String, _ time: ReadingTime) -> Outcome {
        guard Self.isNumber(value) else { return .refused }
        if let place = places[key] { return add(value, place, time) }
        return add(value, create(key, unit), time)
    }

    /// A value of a series that is derived from a counter or a histogram.
    mutating func put(
        _ value: Double, _ origin: SeriesKey, _ aspect: Aspect, _ number: Int, _ unit: String, _ time: ReadingTime
    ) -> Outcome {
        guard Self.isNumber(value) else { return .refused }
        if let known = standings[number][aspect], entries[known.place]?.number == known.number {
            return add(value, known.place, time)
        }
        var key = origin
        key.metric += aspect.suffix
        let place = places[key] ?? create(key, aspect == .rate ? "\(unit)/s" : unit)
        if let found = entries[place], found.key == key {
            standings[number][aspect] = Standing.Shortcut(place: place, number: found.number)
        }
        return add(value, place, time)
    }

    private static func isNumber(_ value: Double) -> Bool { abs(value) < 1e30 }

    private mutating func add(_ value: Double, _ place: Int, _ time: ReadingTime) -> Outcome {
        guard let result = entries[place]?.add(value, at: time.second, now: time.now) else { return .refused }
        guard result.isKept else { return .late }
        let isFolded = entries[place]?.isFolded ?? false
        // What is folded are many series in one: its values mean nothing.
        if result.isScored, !isFolded, let score = entries[place]?.unusual, score >= 0.5 { tell(score, value, place) }
        return isFolded ? .folded : .kept
    }

    private mutating func tell(_ score: Double, _ value: Double, _ place: Int) {
        guard news.count < 1_000, let series = entries[place] else {
            losses.unseen += 1
            return
        }
        news.append(News(key: series.key, score: score, value: value, second: series.lastSecond))
    }

    /// A new series, or the one that stands for all that have no room.
    private mutating func create(_ key: SeriesKey, _ unit: String) -> Int {
        let isFull =
            places.count >= limits.series || bytesBeside >= limits.bytesBeside
            || ofMetric["\(key.node)|\(key.metric)", default: 0] >= limits.ofOneMetric
        guard isFull else { return append(key, unit) }
        var folded = key
        (folded.labels, folded.instance) = (Self.overflow, nil)
        // Even the folded ones have a bound: a name of a metric may be anything.
        if places[folded] == nil, places.count >= limits.series + Self.mostFolded {
            (folded.node, folded.metric) = ("other", "other")
        }
        let place = places[folded] ?? append(folded, unit)
        entries[place]?.isFolded = true
        return place
    }

    private mutating func append(_ key: SeriesKey, _ unit: String) -> Int {
        lastNumber += 1
        let series = Series(key, unit: unit.cut(to: 32), number: lastNumber)
        ofMetric["\(key.node)|\(key.metric)", default: 0] += 1
        bytesBeside += key.bytes
        let place = free.popLast() ?? entries.count
        if place == entries.count { entries.append(series) } else { entries[place] = series }
        places[key] = place
        return place
    }
}
