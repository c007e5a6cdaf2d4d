import Commands
import Definitions
import FoundationEssentials
import Insight
import Settings

extension Operator {
    private struct Checked: Encodable {
        let objectives: [String]
        let mistakes: [String]
        let notes: [String]
    }

    func slo(_ invocation: Invocation) throws(Failure) -> Int32 {
        switch invocation.path.last {
        case "check": return check(invocation)
        case "rules": try rules(invocation)
        default: try replay(invocation)
        }
        return ExitCode.success
    }

    private func check(_ invocation: Invocation) -> Int32 {
        let path = invocation.text("DIR") ?? "config/slo"
        let found = Definitions.objectives(in: path)
        let notes = found.notes.map(\.description) + found.objectives.flatMap(Self.lint)
        let mistakes = found.mistakes.map(\.description)
        if invocation.has("json") {
            terminal.write(
                json(Checked(objectives: found.objectives.map(\.name), mistakes: mistakes, notes: notes)))
        } else {
            for mistake in mistakes { terminal.write(terminal.paint("wrong  ", .red) + harmless(mistake) + "\n") }
            for note in notes { terminal.write(terminal.paint("note   ", .yellow) + harmless(note) + "\n") }
            let count = "\(found.objectives.count) objective\(found.objectives.count == 1 ? "" : "s")"
            let wrong = mistakes.isEmpty ? "nothing is wrong" : "\(mistakes.count) wrong"
            terminal.write("\(count) in \(path), \(wrong)\n")
        }
        return mistakes.isEmpty ? ExitCode.success : ExitCode.configuration
    }

    /// What will not do what its author may expect.
    private static func lint(_ objective: Objective) -> [String] {
        var notes: [String] = []
        let highest = 1 / (1 - objective.target)
        for alert in objective.alerts where alert.burn > highest * BurnRate.reachable {
            notes.append(
                "\(objective.name): a burn rate of \(alert.burn) cannot be reached, everything failing burns \(highest): "
                    + "the alert is given at \(highest * BurnRate.reachable)")
        }
        if objective.alerts.contains(where: { $0.long > objective.period }) {
            notes.append("\(objective.name): an alert looks further back than the objective's own time")
        }
        return notes
    }

    /// The objectives of a folder in which nothing is wrong.
    private func objectives(_ invocation: Invocation) throws(Failure) -> [Objective] {
        let path = invocation.text("slo") ?? "config/slo"
        let found = Definitions.objectives(in: path)
        guard found.mistakes.isEmpty else {
            throw Failure(
                found.mistakes.map { harmless($0.description) }.joined(separator: "\n"), exit: ExitCode.configuration)
        }
        return found.objectives
    }

    private func rules(_ invocation: Invocation) throws(Failure) {
        let text = PrometheusRules(try objectives(invocation)).text
        guard let out = invocation.text("out") else { return terminal.write(text) }
        do {
            try Data(text.utf8).write(to: URL(fileURLWithPath: out), options: .atomic)
        } catch {
            throw Failure("the file \(out) cannot be written: \(error)")
        }
    }

    private func replay(_ invocation: Invocation) throws(Failure) {
        let objectives = try objectives(invocation)
        guard let path = invocation.text("series") else {
            throw Failure("expected --series FILE.json, found nothing", exit: ExitCode.usage)
        }
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)) else {
            throw Failure("the file \(path) cannot be read")
        }
        let series: RecordedSeries
        do {
            series = try JSONDecoder().decode(RecordedSeries.self, from: data)
            try series.check()
        } catch { throw Failure("\(path): \(error)", exit: ExitCode.configuration) }
        let replay = ObjectiveReplay(series, objectives)
        terminal.write(invocation.has("json") ? json(replay) : replay.text)
    }
}
