import Chaos
import Commands
import Contracts
import Definitions
import Faults
import Remedies
import Settings

extension Operator {
    /// Which runbooks would be thought of for a known fault.
    struct Covered: Encodable {
        let fault: String
        let category: String
        let marked: String
        let runbooks: [String]

        /// What shall be healed must be covered.
        var isGap: Bool { runbooks.isEmpty && marked == Fault.Mark.heals.rawValue }
    }

    func runbook(_ invocation: Invocation) throws(Failure) -> Int32 {
        let path = invocation.text("runbooks") ?? "config/runbooks"
        let found = Definitions.runbooks(in: path)
        if invocation.path.last == "lint" { return lint(found, path, invocation) }
        guard found.mistakes.isEmpty else {
            throw Failure(
                harmless(found.mistakes.map(\.description).joined(separator: "\n")), exit: ExitCode.configuration)
        }
        if invocation.path.last == "coverage" { return try coverage(found.runbooks, invocation) }
        guard !invocation.has("json") else {
            terminal.write(json(found.runbooks))
            return ExitCode.success
        }
        var table = Table(["RUNBOOK", "CATEGORIES", "CHANGE", "STEPS", "WORTH", "ABOUT"], rightAligned: [4])
        table.rows = found.runbooks.map { runbook in
            [
                runbook.name, runbook.when.categories.joined(separator: ", "), runbook.when.change.rawValue,
                runbook.steps.map { "\($0.action.rawValue) at \($0.door)" }.joined(separator: ", "), two(runbook.worth),
                runbook.about,
            ]
        }
        terminal.write(table.text(terminal.paint))
        return ExitCode.success
    }

    private func lint(_ found: Definitions.Runbooks, _ path: String, _ invocation: Invocation) -> Int32 {
        let mistakes = found.mistakes.map { harmless($0.description) }
        if invocation.has("json") {
            terminal.write(json(["mistakes": mistakes]))
        } else {
            for mistake in mistakes { terminal.write(terminal.paint("wrong  ", .red) + mistake + "\n") }
            terminal.write(
                "\(harmless(path)): \(Quantities.count(found.runbooks.count, "runbook")), "
                    + (mistakes.isEmpty ? "nothing is wrong" : "what is wrong is none") + "\n")
        }
        return mistakes.isEmpty ? ExitCode.success : ExitCode.configuration
    }

    private func coverage(_ runbooks: [Runbook], _ invocation: Invocation) throws(Failure) -> Int32 {
        let rows = try knownFaults(invocation).filter { $0.fault.mark != .nothing }.map { known in
            let truth = known.truth
            let roles = truth.groups.filter(\.isRootCause).map { $0.name ?? $0.id }
            let covering = runbooks.filter { runbook in
                roles.contains { role in
                    runbook.when.covers(
                        category: truth.category, role: role, change: ForgeFact.Kind(rawValue: truth.change),
                        resource: truth.resource)
                }
            }
            return Covered(
                fault: known.fault.name, category: truth.category, marked: known.fault.mark.rawValue,
                runbooks: covering.map(\.name))
        }
        if invocation.has("json") {
            terminal.write(json(rows))
        } else {
            var table = Table(["FAULT", "CATEGORY", "MARKED", "RUNBOOKS"])
            table.rows = rows.map {
                [$0.fault, $0.category, $0.marked, $0.runbooks.isEmpty ? "none" : $0.runbooks.joined(separator: ", ")]
            }
            terminal.write(
                table.text(terminal.paint) { row, column in
                    column == 3 && rows[row].runbooks.isEmpty ? (rows[row].isGap ? .red : .yellow) : nil
                })
        }
        return rows.contains(where: \.isGap) ? ExitCode.failure : ExitCode.success
    }
}
