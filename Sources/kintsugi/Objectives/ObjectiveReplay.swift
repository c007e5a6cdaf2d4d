import Contracts
import Insight

/// Series of metrics at even steps, as a file has them.
struct RecordedSeries: Decodable {
    struct Mistake: Error, CustomStringConvertible {
        let description: String
    }

    struct One: Decodable {
        let name: String
        let labels: [String: String]?
        /// Of a counter; null where there was no reading.
        let values: [Double?]?
        /// Of a histogram: all of it, and what was at most so much, by edges.
        let count: [Double?]?
        let below: [String: [Double?]]?
    }

    let step: Double
    let every: Double?
    let series: [One]

    func check() throws(Mistake) {
        guard step >= 0.1, step <= 86_400, (every ?? step) >= 0.1, (every ?? step) <= 86_400 else {
            throw Mistake(description: "expected step and every from 0.1 to 86400 seconds")
        }
        for one in series where (one.values == nil) == (one.count == nil) {
            throw Mistake(description: "the series \(one.name): expected values, or count with below")
        }
        guard length <= 5_000_000 else { throw Mistake(description: "expected at most 5000000 samples a series") }
    }

    /// How many samples the longest has.
    var length: Int { series.map { ($0.values ?? $0.count ?? []).count }.max() ?? 0 }

    /// What could be read at one step.
    func readings(_ place: Int) -> [SeriesReading] {
        series.compactMap { one in
            let labels = (one.labels ?? [:]).map { SignalLabel($0.key, $0.value) }.sorted()
            if let values = one.values {
                guard place < values.count, let value = values[place] else { return nil }
                return SeriesReading(one.name, labels, .number(value))
            }
            guard let count = one.count, place < count.count, let all = count[place] else { return nil }
            return SeriesReading(one.name, labels, .histogram(histogram(one, all, place)))
        }
    }

    private func histogram(_ one: One, _ all: Double, _ place: Int) -> HistogramReading {
        let edges = (one.below ?? [:]).compactMap { edge, values -> (edge: Double, count: Double)? in
            guard let edge = Double(edge), place < values.count, let value = values[place] else { return nil }
            return (edge, value)
        }.sorted { $0.edge < $1.edge }
        var (counts, last) = ([Double](), 0.0)
        for edge in edges {
            counts.append(edge.count - last)
            last = edge.count
        }
        return HistogramReading(edges: edges.map(\.edge), counts: counts + [all - last])
    }
}

/// When which alert of which objective fired and cleared over recorded series.
struct ObjectiveReplay: Encodable {
    struct Event: Encodable {
        let at: Double
        let slo: String
        let longSeconds: Double
        let shortSeconds: Double
        let severity: String
        let isFiring: Bool
        let formula: String
    }

    let events: [Event]
    /// How each stood at the end.
    let objectives: [ObjectiveReport]

    init(_ recorded: RecordedSeries, _ objectives: [Objective]) {
        var engine = ObjectiveEngine(objectives)
        var events: [Event] = []
        var firing = objectives.map { $0.alerts.map { _ in false } }
        let source = ReadingSource("replay")
        let every = recorded.every ?? recorded.step
        var look = 0
        func now(_ seconds: Double) -> Moment { Moment(nanoseconds: UInt64(seconds * 1e9)) }
        for place in 0..<recorded.length {
            let at = Double(place) * recorded.step
            engine.read(recorded.readings(place), from: source, now: now(at))
            let next = Double(place + 1) * recorded.step
            // All looks before the next sample; one at the same time comes after it.
            while Double(look) * every < next - 1e-9 {
                let time = Double(look) * every
                look += 1
                for (index, status) in engine.statuses(now: now(time)).enumerated() {
                    for (number, alert) in status.alerts.enumerated() where alert.isFiring != firing[index][number] {
                        firing[index][number] = alert.isFiring
                        events.append(Self.event(time, status, alert))
                    }
                }
            }
        }
        self.events = events
        self.objectives = engine.statuses(now: now(Double(max(0, look - 1)) * every)).map(\.report)
    }

    private static func event(_ at: Double, _ status: ObjectiveStatus, _ alert: ObjectiveStatus.Alert) -> Event {
        let window = alert.verdict.window
        return Event(
            at: at, slo: status.objective.name, longSeconds: window.long.inSeconds,
            shortSeconds: window.short.inSeconds, severity: window.severity, isFiring: alert.isFiring,
            formula: alert.verdict.explanation)
    }

    /// For people.
    var text: String {
        var lines = events.map { event in
            let word = event.isFiring ? "fires " : "clears"
            return harmless("\(one(event.at)) s  \(word)  \(event.slo) (\(event.severity)): \(event.formula)")
        }
        for report in objectives {
            let achieved = report.achieved.map { "\(one($0 * 100)) % good" } ?? "no traffic"
            lines.append(
                harmless("\(report.name): \(achieved), \(one(report.budgetLeft * 100)) % of the budget is left"))
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
