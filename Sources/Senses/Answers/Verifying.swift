import Contracts

/// Judges whether what an action should lead to has come true: by what held throughout the settle window, which ends at
/// the latest when the deadline and the window are over.
struct Verifying {
    let expectation: Expectation
    let observatory: Observatory
    let now: Int64

    private var settle: Int64 { Self.nanoseconds(expectation.settleSeconds) }
    private var since: Int64 { max(0, min(expectation.since, now)) }
    private var deadline: Int64 { since + Self.nanoseconds(expectation.deadlineSeconds) }

    /// At most a day, and nothing for what is no number.
    private static func nanoseconds(_ seconds: Double) -> Int64 {
        seconds > 0 ? Int64(min(seconds, 86_400) * 1e9) : 0
    }

    func verdict() -> Verification {
        var conditions: [Verification.Condition] = []
        for key in expectation.ended { conditions.append(ended(key)) }
        for node in expectation.nodes { conditions.append(quiet(node)) }
        let names = expectation.objectives
        for objective in observatory.objectiveVerdicts(now: now, since: max(since, now - settle))
        where names.contains(objective.name) || (names.isEmpty && expectation.nodes.contains(objective.service)) {
            conditions.append(holds(objective))
        }
        let known = observatory.objectives.names.map(\.name)
        for name in names where !known.contains(name) {
            conditions.append(.init("\(name): there is no objective of this name", .unknown))
        }
        let verdicts = conditions.map(\.verdict)
        let verdict: Verification.Verdict =
            if verdicts.contains(.fails) {
                .fails
            } else if verdicts.contains(.pending) || now < since + settle {
                .pending
            } else if verdicts.isEmpty || verdicts.contains(.unknown) {
                .unknown
            } else {
                .holds
            }
        return Verification(verdict: verdict, conditions: conditions, missing: observatory.missing(now: now))
    }

    /// It must have ended, and have been quiet for the window.
    private func ended(_ key: String) -> Verification.Condition {
        if let finding = observatory.findings.current(key) {
            let text = "\(key) lasts: \(finding.text)"
            return .init(text, now >= deadline ? .fails : .pending)
        }
        let last = observatory.findings.ended.last { $0.key == key }
        let since = last?.ended ?? since
        let quiet = now - since
        guard quiet >= settle else {
            return .init(
                "\(key) ended \(quiet / 1_000_000_000) s ago", now >= deadline + settle ? .fails : .pending)
        }
        return .init("\(key) has been quiet for \(quiet / 1_000_000_000) s", .holds)
    }

    /// Nothing new that hurts may have begun about the node since the action, once the deadline for the old is over.
    private func quiet(_ node: String) -> Verification.Condition {
        let worse = observatory.findings.current.first { finding in
            finding.node == node && finding.severity > .notice && finding.began > since
                && finding.kind != .deadProcess && !expectation.ended.contains(finding.key)
        }
        guard let worse else { return .init("nothing new hurts \(node)", .holds) }
        return .init("new since the action: \(worse.text)", now >= since + settle ? .fails : .pending)
    }

    private func holds(_ objective: ObjectiveBook.Verdict) -> Verification.Condition {
        let name = objective.name
        guard objective.events >= Double(max(expectation.leastEvents, 1)) else {
            let text = "\(name): \(Int(objective.events)) events in the window, \(expectation.leastEvents) are needed"
            return .init(text, now >= deadline ? .unknown : .pending)
        }
        let share = objective.good / objective.events
        let text =
            "\(name): \(shown(share * 100)) % of \(Int(objective.events)) good, \(shown(objective.target * 100)) % wanted"
        if share >= objective.target { return .init(text, .holds) }
        return .init(text, now >= deadline ? .fails : .pending)
    }
}
