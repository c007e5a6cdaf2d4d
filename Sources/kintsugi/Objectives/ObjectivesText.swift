import Contracts

/// Objectives with their budgets, for a person.
struct ObjectivesText {
    let answer: ObjectivesAnswer
    let paint: Paint

    var text: String {
        guard !answer.objectives.isEmpty else { return "No objective is defined; see config/slo.\n" + mistakes }
        var table = Table(
            ["OBJECTIVE", "SERVICE", "TARGET", "ACHIEVED", "OF EVENTS", "BUDGET LEFT", "LASTS", "BURN"],
            rightAligned: [2, 3, 4, 5])
        for one in answer.objectives {
            table.rows.append([
                one.name, one.service, share(one.target), one.achieved.map(share) ?? "–", "\(Int(one.total))",
                share(one.budgetLeft), one.exhaustedAfter.map { Quantities.duration($0) } ?? "the period",
                one.windows.first.map { "\(brief($0.shortBurn)) now, \(brief($0.longBurn)) before" } ?? "–",
            ])
        }
        let objectives = answer.objectives
        let text = table.text(paint) { row, column in
            guard column == 5 else { return nil }
            let left = objectives[row].budgetLeft
            return left <= 0 ? .red : left < 0.25 ? .yellow : .green
        }
        return text + firing + silent + mistakes
    }

    /// The formulas of what fires.
    private var firing: String {
        answer.objectives.flatMap { objective in
            objective.windows.filter(\.isFiring).map {
                paint("\(harmless(objective.name)) burns: ", .red) + harmless($0.formula) + "\n"
            }
        }.joined()
    }

    private var silent: String {
        answer.objectives.flatMap { objective in
            objective.missing.map {
                paint("\(harmless(objective.name)): \(harmless($0.signal)): \(harmless($0.reason))", .grey) + "\n"
            }
        }.joined()
    }

    private var mistakes: String {
        answer.mistakes.map { paint("wrong  ", .red) + harmless($0) + "\n" }.joined()
    }

    /// Of 0.9995 it is 99.95 %.
    private func share(_ value: Double) -> String { "\((value * 100_000).rounded() / 1_000) %" }
}
