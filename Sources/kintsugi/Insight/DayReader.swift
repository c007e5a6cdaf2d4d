import Insight

/// Makes a scene of a folder that holds a day of a system, as far as it had come when the alarm was raised.
struct DayReader {
    let folder: CaseFolder
    let name: String
    let alert: Double
    let onlyMetrics: Bool

    private static let day = 86_400.0
    private static let minute = 60.0
    private static let fewest = 5

    private struct Facts: Decodable {
        var cleanMinutes: [String]?
        var normalTraces: [String]?
        var normalLogs: [String]?

        enum CodingKeys: String, CodingKey {
            case cleanMinutes = "clean_minutes"
            case normalTraces = "normal_trace"
            case normalLogs = "normal_log"
        }
    }

    func scene(_ record: CaseRecord) throws -> Scene {
        var scene = Scene()
        scene.symptom = Symptom(time: alert)
        let facts = try folder.json("\(name)/system.json", as: Facts.self)
        scene.series = try series(clean: facts.cleanMinutes ?? [])
        let dependencies = "\(name)/dependency.csv"
        if folder.exists(dependencies) {
            scene.calls = try CaseReader.calls(try folder.table(dependencies), of: dependencies)
        }
        let spans = SpanTables(folder: folder, name: name, alert: alert)
        if let minutes = record.traces {
            scene.traces = try spans.evidence(normal: facts.normalTraces ?? [], now: late(minutes))
        } else if record.traceSummaryMinutes != nil {
            scene.traces = try spans.summaryEvidence()
        }
        guard !onlyMetrics else {
            // Who calls whom is known from elsewhere, too.
            scene.calls += scene.traces.compactMap { one in one.peer.map { Call(caller: one.service, callee: $0) } }
            scene.traces = []
            return scene
        }
        if let minutes = record.logs {
            scene.logs = try LogTables(folder: folder, name: name)
                .evidence(normal: facts.normalLogs ?? [], now: late(minutes))
        }
        return scene
    }

    /// The minutes `HH_MM` up to the alarm's own.
    private func late(_ minutes: [String]) -> [String] {
        minutes.filter { Self.minuteOfDay($0).map { $0 <= alertMinute } ?? false }
    }

    private var alertMinute: Int { Self.minuteOfDay(alert) }

    static func minuteOfDay(_ time: Double) -> Int { Int((time - day * (time / day).rounded(.down)) / minute) }

    /// `HH_MM` or `HH:MM` and what follows.
    static func minuteOfDay(_ text: String) -> Int? {
        let parts = text.split { $0 == "_" || $0 == ":" }
        guard parts.count >= 2, let hour = Int(parts[0]), let minute = Int(parts[1]) else { return nil }
        return hour * 60 + minute
    }

    private func series(clean: [String]) throws -> [MetricSeries] {
        let file = "\(name)/metrics.csv.gz"
        let table = try folder.table(file)
        let (time, service, pod) = (
            try table.column("time"), try table.column("service"), try table.column("pod")
        )
        let midnight = Self.day * (alert / Self.day).rounded(.down)
        let cleanMinutes = Set(clean.compactMap { Self.minuteOfDay($0) })
        // A host's figures are the same for all that run on it.
        let columns = table.header.indices.filter { place in
            place != time && place != service && place != pod && !table.header[place].hasPrefix("Node")
        }
        var found: [MetricSeries] = []
        var placeByPod: [String: Int] = [:]
        for row in table.rows.indices {
            guard let seconds = Self.secondsOfDay(table.text(row, time)) else {
                throw CommaSeparated.Mistake(
                    description: "\(file): line \(table.lines[row]): expected a time HH:MM:SS, found "
                        + table.text(row, time))
            }
            let minute = Int(seconds / Self.minute)
            guard minute <= alertMinute else { continue }
            let isClean = minute < alertMinute - 1 && cleanMinutes.contains(minute)
            let key = table.text(row, service) + " " + table.text(row, pod)
            let first = placeByPod[key] ?? found.count
            if first == found.count {
                placeByPod[key] = first
                for column in columns {
                    found.append(
                        MetricSeries(
                            node: table.text(row, service), name: table.header[column], times: [], measured: []))
                }
            }
            for (offset, column) in columns.enumerated() {
                found[first + offset].times.append(midnight + seconds)
                do {
                    let value = try table.number(row, column)
                    found[first + offset].measured.append(value)
                    if isClean { found[first + offset].reference.append(value) }
                } catch {
                    throw CommaSeparated.Mistake(description: "\(file): \(error)")
                }
            }
        }
        // Too few minutes that are known to be clean say less than all of them.
        for index in found.indices where found[index].reference.count < Self.fewest { found[index].reference = [] }
        return found
    }

    static func secondsOfDay(_ text: String) -> Double? {
        let parts = text.split(separator: ":").compactMap { Double($0) }
        guard parts.count == 3 else { return nil }
        return parts[0] * 3_600 + parts[1] * 60 + parts[2]
    }
}
