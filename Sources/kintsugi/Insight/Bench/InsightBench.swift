import Contracts
import FoundationEssentials
import Glibc
import Host
import Insight

/// Runs the algorithms over public data, has the scorers score them, and measures how long a ranking takes.
struct InsightBench {
    struct Line: Encodable {
        var task: String
        var figure: String
        var ours: Double?
        var peers: String
    }

    struct Result: Encodable {
        var lines: [Line] = []
        /// What was not measured, and why.
        var skipped: [String] = []
        var ranking: RankingTime.Result
    }

    /// Where the data are; nil where nobody said.
    let data: String?
    let scorers: String?
    let python: String
    var rankings = 9

    func run(progress: (String) -> Void) throws -> Result {
        progress("ranking")
        var result = Result(ranking: RankingTime.measure(runs: max(1, rankings)))
        guard let data, FileManager.default.fileExists(atPath: data) else {
            result.skipped.append("no data at \(data ?? "(nowhere: give --data DIR)")")
            return result
        }
        let scorers = scorers ?? "\(data)/../scorers"
        for task in InsightBenchTask.all {
            let part = "\(data)/\(task.folder)/public"
            guard FileManager.default.fileExists(atPath: part) else {
                result.skipped.append("\(task.title): no data at \(part)")
                continue
            }
            let scorer = "\(scorers)/\(task.scorer)"
            guard FileManager.default.fileExists(atPath: scorer) else {
                result.skipped.append("\(task.title): no scorer at \(scorer)")
                continue
            }
            progress(task.title)
            let folder = try TemporaryFolder.make()
            defer { TemporaryFolder.remove(folder) }
            let run = try InsightBenchRun(task: task, part: part, data: "\(data)/\(task.folder)", folder: folder)
            let scores = try run.score(with: scorer, python: python)
            result.lines += task.figures.map { figure in
                Line(
                    task: task.title, figure: figure.name, ours: scores.number(at: figure.path), peers: figure.peers)
            }
        }
        return result
    }
}

/// One task: writes predictions into a folder, and has them scored.
private struct InsightBenchRun {
    let task: InsightBenchTask
    let part: String
    let folder: String
    private let truth: [String]

    init(task: InsightBenchTask, part: String, data: String, folder: String) throws {
        (self.task, self.part, self.folder) = (task, part, folder)
        let predictions = "\(folder)/predictions"
        switch task.kind {
        case .causes, .causesFromMetrics:
            try Self.write(
                try Rankings.text(cases: "\(part)/cases.json", onlyMetrics: task.kind == .causesFromMetrics),
                to: predictions)
            truth = ["--truth", "\(part)/truth.json"]
        case .groups:
            let systems = try Self.names(in: part)
            for system in systems {
                let topology = CommaSeparated(try CaseFolder.bytes("\(part)/\(system)/topology.csv"))
                let alerts = CommaSeparated(try CaseFolder.bytes("\(part)/\(system)/alerts.csv.gz"))
                try Self.write(
                    try AlertGroups.text(alerts, topology: try CaseReader.calls(topology), explained: false),
                    to: "\(predictions)/\(system).csv")
            }
            truth = systems.flatMap { ["--truth", "\(part)/\($0)"] }
        case .templates:
            for system in try Self.names(in: part) {
                let lines = CommaSeparated(try CaseFolder.bytes("\(part)/\(system)/input.csv"))
                try Self.write(try InsightFiles.templates(lines), to: "\(predictions)/\(system).csv")
            }
            truth = ["--truth", part]
        case .anomalies:
            for group in try Self.names(in: "\(part)/data") {
                for series in try Self.names(in: "\(part)/data/\(group)") {
                    let values = CommaSeparated(try CaseFolder.bytes("\(part)/data/\(group)/\(series)"))
                    try Self.write(try InsightFiles.anomalies(values), to: "\(predictions)/\(group)/\(series)")
                }
            }
            truth = ["--data", data]
        }
    }

    func score(with scorer: String, python: String) throws -> JSONNumbers {
        let out = "\(folder)/scores.json"
        let words = [scorer] + truth + ["--pred", "\(folder)/predictions", "--json", out] + task.arguments
        // By env, so that a name without a path is looked for as a shell would.
        let null = Descriptor(owning: open("/dev/null", O_RDWR | O_CLOEXEC))
        let child = try Launch(
            executable: "/usr/bin/env", arguments: [python] + words,
            environment: ProcessInfo.processInfo.environment.map { "\($0.key)=\($0.value)" }.sorted(),
            descriptors: [(number: 0, source: null), (number: 1, source: null)]
        ).start()
        _ = Poll.readable(child.descriptor.number, within: .seconds(600))
        guard case .code(0) = try child.reap() else {
            child.sendToGroup(SIGKILL)
            throw Failure(
                "\(task.title): expected the scorer to end with 0 within ten minutes: \(python) \(words.joined(separator: " "))"
            )
        }
        return try CaseFolder.json(out, as: JSONNumbers.self)
    }

    private static func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).filter { !$0.hasPrefix(".") }.sorted()
    }

    private static func write(_ text: String, to path: String) throws {
        try FileManager.default.createDirectory(
            atPath: Rankings.folder(of: path), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }
}

/// The numbers of a JSON text, wherever they stand.
enum JSONNumbers: Decodable {
    case number(Double)
    case object([String: JSONNumbers])
    case other

    init(from decoder: any Decoder) throws {
        if let object = try? decoder.singleValueContainer().decode([String: JSONNumbers].self) {
            self = .object(object)
        } else if let number = try? decoder.singleValueContainer().decode(Double.self) {
            self = .number(number)
        } else {
            self = .other
        }
    }

    func number(at path: [String]) -> Double? {
        var value = self
        for name in path {
            guard case .object(let object) = value, let next = object[name] else { return nil }
            value = next
        }
        guard case .number(let number) = value else { return nil }
        return number
    }
}
