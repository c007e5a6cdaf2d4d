import Synchronization

/// What a metric counts in, as OpenTelemetry and Prometheus name it.
public enum MetricUnit: String, Sendable, Codable, Equatable {
    case seconds = "s"
    case bytes = "By"
    /// A plain number of things, such as calls.
    case count = "1"
    /// A share of one.
    case ratio = "ratio"
}

/// The metrics of one process, by the names of OpenTelemetry (`rpc.server.call.duration`).
///
/// Ask for an instrument once and keep it: asking takes a lock and a look-up, using it does neither.
public final class Metrics: Sendable {
    /// The metrics of this process.
    public static let standard = Metrics()

    private enum Instrument: Sendable {
        case counter(Counter)
        case gauge(Gauge)
        /// A total that somebody else counts, such as the kernel.
        case total(Gauge)
        case histogram(Histogram)

        var kind: MetricKind {
            switch self {
            case .counter, .total: .counter
            case .gauge: .gauge
            case .histogram: .histogram
            }
        }
    }

    private struct Family: Sendable {
        let name: String
        let unit: MetricUnit
        let help: String
        var series: [[MetricLabel]: Instrument] = [:]
    }

    private let families = Mutex<[String: Family]>([:])
    private let mostLabelSets: Int

    /// A registry of one's own; beyond `mostLabelSets` a metric's further ones share one instrument.
    public init(mostLabelSets: Int = 128) {
        self.mostLabelSets = mostLabelSets
    }

    /// The counter of this name and these labels.
    public func counter(
        _ name: String, unit: MetricUnit = .count, help: String, labels: KeyValuePairs<String, String> = [:]
    ) -> Counter {
        let found = instrument(name, unit, help, labels) { .counter(Counter()) }
        guard case .counter(let counter) = found else { preconditionFailure("\(name) is no counter elsewhere") }
        return counter
    }

    /// The gauge of this name and these labels.
    public func gauge(
        _ name: String, unit: MetricUnit = .count, help: String, labels: KeyValuePairs<String, String> = [:]
    ) -> Gauge {
        let found = instrument(name, unit, help, labels) { .gauge(Gauge()) }
        guard case .gauge(let gauge) = found else { preconditionFailure("\(name) is no gauge elsewhere") }
        return gauge
    }

    /// A rising total that somebody else counts and that is set to each reading, such as processor time.
    public func total(
        _ name: String, unit: MetricUnit, help: String, labels: KeyValuePairs<String, String> = [:]
    ) -> Gauge {
        let found = instrument(name, unit, help, labels) { .total(Gauge()) }
        guard case .total(let total) = found else { preconditionFailure("\(name) is no total elsewhere") }
        return total
    }

    /// The histogram of this name and these labels.
    public func histogram(
        _ name: String, unit: MetricUnit, help: String, labels: KeyValuePairs<String, String> = [:]
    ) -> Histogram {
        // A microsecond to an hour; otherwise one to a tebi.
        let doublings = unit == .seconds || unit == .ratio ? -20...11 : 0...39
        let found = instrument(name, unit, help, labels) { .histogram(Histogram(doublings: doublings)) }
        guard case .histogram(let histogram) = found else { preconditionFailure("\(name) is no histogram elsewhere") }
        return histogram
    }

    private func instrument(
        _ name: String, _ unit: MetricUnit, _ help: String, _ labels: KeyValuePairs<String, String>,
        make: () -> Instrument
    ) -> Instrument {
        var key = labels.map { MetricLabel($0.key, $0.value) }.sorted()
        return families.withLock { families in
            var family = families[name] ?? Family(name: name, unit: unit, help: help)
            if let known = family.series[key] { return known }
            if family.series.count >= mostLabelSets {
                // The label by which OpenTelemetry marks what had no room.
                key = [MetricLabel("otel.metric.overflow", "true")]
                Self.countOverflow(&families)
                if let known = family.series[key] { return known }
            }
            let made = make()
            family.series[key] = made
            families[name] = family
            return made
        }
    }

    private static func countOverflow(_ families: inout [String: Family]) {
        let name = "signals.label_sets.overflow"
        var family =
            families[name] ?? Family(name: name, unit: .count, help: "Requests for a label set beyond the bound")
        if case .counter(let counter) = family.series[[]] {
            counter.increment()
        } else {
            let counter = Counter()
            counter.increment()
            family.series[[]] = .counter(counter)
            families[name] = family
        }
    }

    /// All metrics as they are now, in the order of their names and labels.
    public func snapshot() -> MetricsSnapshot {
        let current = families.withLock { Array($0.values) }.sorted { $0.name < $1.name }
        return MetricsSnapshot(
            families: current.compactMap { family in
                guard let kind = family.series.values.first?.kind else { return nil }
                let series = family.series.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map {
                    labels, instrument in
                    switch instrument {
                    case .counter(let counter): MetricSeries(labels: labels, value: Double(counter.value))
                    case .gauge(let gauge), .total(let gauge): MetricSeries(labels: labels, value: gauge.value)
                    case .histogram(let histogram): MetricSeries(labels: labels, histogram: histogram.snapshot)
                    }
                }
                return MetricFamily(name: family.name, kind: kind, unit: family.unit, help: family.help, series: series)
            })
    }
}
