import Commands
import FoundationEssentials
import Insight
import Simulator

extension Operator {
    func insight(_ invocation: Invocation) throws(Failure) {
        if invocation.path.last == "reliability" { return reliability(invocation) }
        if invocation.path.last == "confidence" { return confidence(invocation) }
        let text =
            switch invocation.path.last {
            case "rank": try rank(invocation)
            case "group": try group(invocation)
            default: try table(invocation)
            }
        guard let out = invocation.text("out") else {
            terminal.write(text)
            return
        }
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: out), options: .atomic)
        } catch {
            throw Failure("the file \(out) cannot be written: \(error)")
        }
    }

    private func confidence(_ invocation: Invocation) {
        let count = ConfidenceCount(
            episodes: invocation.number("episodes") ?? 5_000, seed: UInt64(invocation.number("seed") ?? 1))
        if invocation.has("json") {
            terminal.write(json(count.held(against: count.counted()).stated))
        } else {
            terminal.write(invocation.has("file") ? count.file() : count.report(terminal.paint))
        }
    }

    private func reliability(_ invocation: Invocation) {
        let episodes = invocation.number("episodes") ?? 2_000
        let seed = UInt64(invocation.number("seed") ?? 2)
        let counted = RampSimulation(
            episodes: FailureOutlook.countedEpisodes, seed: FailureOutlook.countedSeed
        ).outlook()
        let others = RampSimulation(episodes: episodes, seed: seed).predictions()
        let report = ReliabilityReport(
            outlook: counted, reliability: Reliability(FailureOutlook.counted, on: others), episodes: episodes,
            paint: terminal.paint)
        terminal.write(invocation.has("json") ? json(report.summary) : report.text)
    }

    private func table(_ invocation: Invocation) throws(Failure) -> String {
        try understanding(invocation.text("INPUT.csv") ?? "") { table throws(CommaSeparated.Mistake) in
            try invocation.path.last == "templates" ? InsightFiles.templates(table) : InsightFiles.anomalies(table)
        }
    }

    private func rank(_ invocation: Invocation) throws(Failure) -> String {
        let path = invocation.text("CASES.json") ?? ""
        return try Rankings.text(cases: path, onlyMetrics: invocation.text("signals") == "metrics")
    }

    private func group(_ invocation: Invocation) throws(Failure) -> String {
        let path = invocation.text("ALERTS.csv") ?? ""
        var calls: [Call] = []
        if let topology = invocation.text("topology") {
            calls = try understanding(topology) { table throws(CommaSeparated.Mistake) in
                try CaseReader.calls(table)
            }
        }
        return try understanding(path) { table throws(CommaSeparated.Mistake) in
            try AlertGroups.text(table, topology: calls, explained: invocation.has("why"))
        }
    }

    /// Reads a table; what cannot be understood is named with its file.
    private func understanding<Value>(
        _ path: String, _ read: (CommaSeparated) throws(CommaSeparated.Mistake) -> Value
    ) throws(Failure) -> Value {
        let table = CommaSeparated(try CaseFolder.bytes(path))
        do {
            return try read(table)
        } catch {
            throw Failure("\(path): \(error)", exit: ExitCode.data)
        }
    }
}
