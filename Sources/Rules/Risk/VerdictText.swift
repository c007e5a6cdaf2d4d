public import Contracts

extension Verdict {
    /// For people: the outcome, and one line for each reason, the same wherever it is written.
    public var text: String {
        let said = reasons.map { "\($0.outcome.rawValue)\(pad($0.outcome))\($0.rule): \($0.text)" }
        var lines = ["\(outcome.rawValue): plan \(plan.brief) for the state \(state.brief) at \(Figures.time(at))"]
        if outcome == .approve {
            let people = approvers == 1 ? "one person has" : "\(approvers) people have"
            lines.append(
                "\(people) to agree; an approval holds for \(Figures.span(.init(clamped: approvalSeconds)))")
        }
        if let autoFrom { lines.append("by time alone it would be auto from \(Figures.time(autoFrom)) on") }
        return (lines + said.map { "  " + $0 }).joined(separator: "\n") + "\n"
    }

    private func pad(_ outcome: VerdictOutcome) -> String {
        String(repeating: " ", count: 9 - outcome.rawValue.utf8.count)
    }
}

extension Int64 {
    /// Nanoseconds of so many seconds, as far as they fit.
    fileprivate init(clamped seconds: Double) {
        self = seconds >= 0 && seconds < 9e9 ? Int64(seconds * 1e9) : (seconds < 0 ? 0 : .max)
    }
}
