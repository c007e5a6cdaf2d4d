import Contracts
import Testing

@testable import Senses

/// Nanoseconds since 1970 of a second.
func at(_ second: Int64) -> Int64 { second * 1_000_000_000 }

/// A second of the year 2027, at the beginning of a minute.
let noon: Int64 = 1_800_000_000

/// Numbers that look like chance and are the same in every run.
struct Chance: RandomNumberGenerator {
    var state: UInt64

    init(_ seed: Int) { state = UInt64(truncatingIfNeeded: seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Between zero and one.
    mutating func share() -> Double { Double.random(in: 0..<1, using: &self) }

    /// About normally distributed, with a mean of zero and a deviation of one.
    mutating func normal() -> Double { (0..<12).reduce(-6) { sum, _ in sum + share() } }
}

func point(
    _ reading: MetricReading, at second: Int64, metric: String = "depth", node: String = "orders",
    instance: String? = nil, labels: [SignalLabel] = []
) -> MetricPoint {
    MetricPoint(
        node: node, instance: instance, metric: metric, unit: "1", labels: labels, at: at(second), reading: reading)
}

func name(
    _ metric: String = "depth", node: String = "orders", instance: String? = nil, labels: [SignalLabel] = []
) -> SeriesKey {
    SeriesKey(node: node, instance: instance, metric: metric, labels: labels)
}

extension SeriesBook {
    /// Takes readings at their own time; answers what was counted.
    mutating func take(all points: [MetricPoint]) -> [Double] {
        points.compactMap { take($0, now: $0.at)?.count }
    }

    /// The values of a series from one second to another.
    func values(_ key: SeriesKey, _ seconds: Range<Int64>) -> [Double?] {
        series(key)?.values(from: seconds.lowerBound, until: seconds.upperBound, step: 1) ?? []
    }

    /// How many readings have an outcome.
    var accounted: Int { kept + losses.folded + losses.late + losses.refused }
}

func finding(
    _ kind: FindingKind = .failing, _ severity: FindingSeverity = .warning, node: String = "orders",
    subject: String = "availability", began: Int64 = noon, noticed: Int64? = nil, text: String = "it fails"
) -> Finding {
    Finding(
        kind, severity, node: node, subject: subject, began: at(began), noticed: at(noticed ?? began), text: text)
}

func span(
    _ name: String, of trace: String, parent: String? = nil, node: String = "orders", kind: String = "server",
    start: Int64 = noon, milliseconds: Int64 = 10, ok: Bool = true, attributes: [SignalLabel] = []
) -> TraceSpan {
    TraceSpan(
        trace: trace, span: name, parent: parent, node: node, name: name, kind: kind, start: at(start),
        nanoseconds: milliseconds * 1_000_000, ok: ok, fault: ok ? nil : "refused", attributes: attributes)
}

/// Names of traces, of the sampled share or not.
func traces(_ count: Int, inShare: Bool, seed: Int = 1) -> [String] {
    var chance = Chance(seed)
    var found: [String] = []
    while found.count < count {
        let digits = String(chance.next(), radix: 16)
        let trace = "000000000000000a" + String(repeating: "0", count: 16 - digits.count) + digits
        if TraceHold.belongs(trace, toShare: 0.01) == inShare { found.append(trace) }
    }
    return found
}

func line(
    _ text: String, at second: Int64, level: String = "info", node: String = "orders", count: Int = 1,
    isTemplate: Bool = false, examples: [LogExample] = []
) -> LogEntry {
    LogEntry(
        at: at(second), node: node, instance: nil, level: level, text: text, isTemplate: isTemplate, count: count,
        examples: examples)
}
