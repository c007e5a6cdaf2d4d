import Contracts
import Remedies

/// Runs of the pipeline for people.
enum PipelineReport {
    static func list(_ runs: [PipelineRun], _ paint: Paint) -> String {
        guard !runs.isEmpty else { return "No commit went through the pipeline.\n" }
        var table = Table(["COMMIT", "OUTCOME", "BEGAN", "TOOK", "WHAT"], rightAligned: [3])
        table.rows = runs.map { run in
            [
                String(run.commit.prefix(10)), run.outcome?.rawValue ?? "underway", TimeWords.date(run.began),
                took(run.began, run.ended), line(run.text),
            ]
        }
        return table.text(paint) { row, column in column == 1 ? colour(runs[row].outcome) : nil }
    }

    static func whole(_ run: PipelineRun, _ paint: Paint) -> String {
        var text = paint(run.commit, .bold) + "\n\n"
        text += "  sources  \(run.sources)\n  outcome  "
        text += paint(run.outcome?.rawValue ?? "underway", colour(run.outcome)) + "\n"
        if !run.text.isEmpty { text += "  because  \(harmless(run.text))\n" }
        guard !run.steps.isEmpty else { return text }
        var table = Table(["STEP", "STATE", "TOOK", "STARTS", "WHAT"], rightAligned: [2, 3])
        table.rows = run.steps.map { step in
            [step.name, step.state.rawValue, took(step.began, step.ended), "\(step.starts)", line(step.text)]
        }
        return text + "\n"
            + table.text(paint) { row, column in column == 1 ? colour(run.steps[row].state) : nil }
    }

    /// One line, for who waits.
    static func line(_ answer: PipelineAnswer, _ paint: Paint) -> String {
        let colour: Paint.Colour? =
            switch answer.state {
            case .passed: .green
            case .failed: .red
            case .underway, .needless: nil
            }
        return "\(answer.commit.prefix(10)) \(paint(answer.state.rawValue, colour)): \(harmless(answer.text))\n"
    }

    private static func line(_ text: String) -> String {
        let first = text.split(separator: "\n").first.map(String.init) ?? ""
        return first.count > 100 ? String(first.prefix(99)) + "…" : first
    }

    private static func took(_ began: Int64?, _ ended: Int64?) -> String {
        guard let began, let ended else { return "–" }
        let seconds = Double(ended - began) / 1e9
        return seconds < 60 ? "\((seconds * 10).rounded() / 10) s" : "\(Int(seconds / 60)) min \(Int(seconds) % 60) s"
    }

    private static func colour(_ outcome: PipelineRun.Outcome?) -> Paint.Colour? {
        switch outcome {
        case .passed, .reused: .green
        case .failed: .red
        case nil: .yellow
        }
    }

    private static func colour(_ state: PipelineRun.State) -> Paint.Colour? {
        switch state {
        case .passed: .green
        case .failed, .timedOut: .red
        case .running: .yellow
        case .waiting, .skipped: nil
        }
    }
}
