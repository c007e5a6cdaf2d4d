import Contracts

/// Where every counter of every process stood last, so that what it says next can be taken as a difference.
struct ReadingLedger: Sendable {
    /// A selection of an objective.
    struct Place: Sendable, Equatable {
        let objective: Int
        let isTotal: Bool
    }

    /// A process while its readings are taken.
    struct Visit {
        let source: Int
        let countsFromZero: Bool
    }

    /// Where one series stood.
    struct Last: Sendable, Equatable, Codable {
        var value: Double
        var whole: Double
    }

    /// Where the counters of one process stood.
    struct Source: Sendable, Equatable, Codable {
        let name: String
        var heard: Moment
        var lasts: [String: Last] = [:]
    }

    struct Snapshot: Sendable, Equatable, Codable {
        var sources: [Source]
    }

    /// Processes come and go; who was silent for longest is forgotten first.
    private static let mostSources = 2_048
    /// Series of one process that objectives may need.
    private static let mostSeries = 4_096
    private static let mostNames = 16_384

    private let indicators: [Objective.Indicator]
    private var sources: [Source] = []
    private var numbers: [String: Int] = [:]
    private var byName: [String: [Place]] = [:]
    private(set) var resets = 0

    init(_ indicators: [Objective.Indicator]) { self.indicators = indicators }

    func selection(_ place: Place) -> SeriesSelection {
        let indicator = indicators[place.objective]
        return place.isTotal ? indicator.total : indicator.part.selection
    }

    /// Which selections mean a series.
    mutating func places(of reading: SeriesReading) -> [Place] {
        let candidates = candidates(reading.name)
        guard !candidates.isEmpty else { return [] }
        let labels = reading.labels.map { SignalLabel(SeriesSelection.normal($0.name), $0.value) }
        return candidates.filter { selection($0).accepts(labels) }
    }

    private mutating func candidates(_ name: String) -> [Place] {
        if let known = byName[name] { return known }
        let normal = SeriesSelection.normal(name)
        var found: [Place] = []
        for (index, indicator) in indicators.enumerated() {
            if indicator.part.selection.isAbout(normal) { found.append(Place(objective: index, isTotal: false)) }
            if indicator.total.isAbout(normal) { found.append(Place(objective: index, isTotal: true)) }
        }
        if byName.count < Self.mostNames { byName[name] = found }
        return found
    }

    /// Begins to take the readings of a process. One that we know counts from zero where a series of it is new; so does one
    /// that began while we were there.
    mutating func visit(_ name: String, isYoung: Bool, now: Moment) -> Visit {
        if let known = numbers[name] {
            sources[known].heard = now
            return Visit(source: known, countsFromZero: true)
        }
        if sources.count >= Self.mostSources { forget() }
        sources.append(Source(name: name, heard: now))
        numbers[name] = sources.count - 1
        return Visit(source: sources.count - 1, countsFromZero: isYoung)
    }

    /// What a series has grown by, or what of it is below a threshold; nil where that is not known.
    mutating func increase(of reading: SeriesReading, below: Double?, value: Double, at visit: Visit) -> Double? {
        let key = Self.key(reading, below)
        // A histogram that began anew may hold more below a threshold than before, but not more in all.
        var now = Last(value: value, whole: value)
        if case .histogram(let histogram) = reading.value { now.whole = histogram.count }
        guard let last = sources[visit.source].lasts[key] else {
            guard sources[visit.source].lasts.count < Self.mostSeries else { return nil }
            sources[visit.source].lasts[key] = now
            return visit.countsFromZero ? value : nil
        }
        sources[visit.source].lasts[key] = now
        guard now.value < last.value || now.whole < last.whole else { return value - last.value }
        resets += 1
        return value
    }

    private static func key(_ reading: SeriesReading, _ below: Double?) -> String {
        var key = reading.name
        for label in reading.labels { key += "\u{1}\(label.name)\u{2}\(label.value)" }
        return below.map { "\(key)\u{3}\($0)" } ?? key
    }

    /// Half of those that are known, the longest silent first: so that it does not happen for each new one.
    private mutating func forget() {
        sources = Array(sources.sorted { ($0.heard, $0.name) > ($1.heard, $1.name) }.prefix(Self.mostSources / 2))
        number()
    }

    private mutating func number() {
        numbers = [:]
        for (index, source) in sources.enumerated() { numbers[source.name] = index }
    }

    var snapshot: Snapshot { Snapshot(sources: sources) }

    mutating func restore(_ snapshot: Snapshot) {
        sources = Array(snapshot.sources.prefix(Self.mostSources))
        number()
    }
}
