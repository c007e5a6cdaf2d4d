import Insight
import Settings

/// Joins what documents say about each other.
struct Assembly {
    private(set) var objectives: [Objective] = []
    private(set) var mistakes: [Mistake] = []
    private(set) var notes: [Mistake] = []
    private let reader: OpenSLOReader

    init(_ reader: OpenSLOReader) {
        self.reader = reader
        for slo in reader.slos { add(slo) }
    }

    private mutating func add(_ slo: SLODeclaration) {
        guard slo.isRolling else {
            return note(slo.place, slo.name, "a window of the calendar is not evaluated here; a rolling one is")
        }
        guard slo.budgeting != .ratioTimeslices else {
            return note(slo.place, slo.name, "the method RatioTimeslices is not evaluated here; the other two are")
        }
        let alerts = alerts(of: slo)
        for (index, goal) in slo.goals.enumerated() {
            let name = slo.goals.count == 1 ? slo.name : "\(slo.name)-\(index + 1)"
            guard let indicator = indicator(of: slo, goal) else { continue }
            let budgeting: Objective.Budgeting =
                if slo.budgeting == .timeslices, let target = goal.sliceTarget, let length = goal.sliceWindow {
                    .timeslices(length: length, target: target)
                } else { .occurrences }
            do {
                objectives.append(
                    try Objective(
                        name: name, service: slo.service, about: slo.about, target: goal.target, period: slo.period,
                        budgeting: budgeting, indicator: indicator, alerts: alerts))
            } catch { mistakes.append(goal.place.mistake(slo.name, "\(error)")) }
        }
    }

    // MARK: indicators

    private mutating func indicator(of slo: SLODeclaration, _ goal: GoalDeclaration) -> Objective.Indicator? {
        guard !goal.isComposite else {
            note(goal.place, slo.name, "an objective with an indicator of its own is not evaluated here")
            return nil
        }
        guard let declared = goal.indicator ?? declaredIndicator(of: slo) else { return nil }
        switch declared {
        case .foreign(let reason): note(slo.place, slo.name, reason)
        case .good(.ours(let good), total: .ours(let total)): return Objective.Indicator(.good(good), of: total)
        case .bad(.ours(let bad), total: .ours(let total)): return Objective.Indicator(.bad(bad), of: total)
        case .good(let part, let total), .bad(let part, let total):
            for case .foreign(let reason) in [part, total] { note(slo.place, slo.name, reason) }
        case .threshold(.foreign(let reason)): note(slo.place, slo.name, reason)
        case .threshold(.ours(let selection)): return threshold(selection, slo, goal)
        }
        return nil
    }

    private mutating func declaredIndicator(of slo: SLODeclaration) -> IndicatorDeclaration? {
        switch slo.indicator {
        case .here(let indicator): return indicator
        case .named(let name, let place):
            if let found = reader.indicators.first(where: { $0.name == name }) { return found.value }
            mistakes.append(
                place.mistake("spec.indicatorRef", unknown("SLI", name, reader.indicators.map(\.name))))
        case nil: break
        }
        return nil
    }

    /// A histogram that is held against a value counts what is not above it.
    private mutating func threshold(
        _ selection: SeriesSelection, _ slo: SLODeclaration, _ goal: GoalDeclaration
    ) -> Objective.Indicator? {
        guard selection.kind == .histogram, selection.below == nil, let operation = goal.operation,
            operation == .lt || operation == .lte, let value = goal.value
        else {
            note(
                goal.place, slo.name,
                "a thresholdMetric is evaluated here only as a histogram with op lt or lte and a value in seconds")
            return nil
        }
        guard let below = Shorthand.edge(value) else {
            mistakes.append(
                goal.place.mistake("\(slo.name).value", "expected \(Shorthand.threshold.expected); found \(value)"))
            return nil
        }
        let good = SeriesSelection(
            metric: selection.metric, kind: .histogram, conditions: selection.conditions, below: below)
        return Objective.Indicator(.good(good), of: selection)
    }

    // MARK: alerts

    /// The windows that policies ask for; nil for the usual ones.
    private mutating func alerts(of slo: SLODeclaration) -> [BurnWindow]? {
        var windows: [BurnWindow] = []
        for given in slo.policies {
            guard let policy = resolve(given), policy.isOn, let condition = resolve(policy) else { continue }
            guard condition.operation == .gt || condition.operation == .gte else {
                note(
                    condition.place, policy.name,
                    "an alert for a burn rate \(condition.operation.rawValue) a threshold is not evaluated here; "
                        + "gt and gte are")
                continue
            }
            windows.append(
                BurnWindow(
                    long: condition.lookback, short: condition.short ?? condition.lookback.scaled(by: 1 / 12.0),
                    burn: condition.threshold, hold: condition.after, includesThreshold: condition.operation == .gte,
                    severity: condition.severity, policy: policy.name))
        }
        return windows.isEmpty ? nil : windows
    }

    private mutating func resolve(_ given: Given<PolicyDeclaration>) -> PolicyDeclaration? {
        switch given {
        case .here(let policy): return policy
        case .named(let name, let place):
            if let found = reader.policies.first(where: { $0.name == name }) { return found.value }
            mistakes.append(
                place.mistake("spec.alertPolicies", unknown("AlertPolicy", name, reader.policies.map(\.name))))
            return nil
        }
    }

    private mutating func resolve(_ policy: PolicyDeclaration) -> ConditionDeclaration? {
        switch policy.condition {
        case .here(let condition): return condition
        case .named(let name, let place):
            if let found = reader.conditions.first(where: { $0.name == name }) { return found.value }
            mistakes.append(
                place.mistake("spec.conditions", unknown("AlertCondition", name, reader.conditions.map(\.name))))
        case nil: break
        }
        return nil
    }

    private func unknown(_ kind: String, _ name: String, _ known: [String]) -> String {
        let advice =
            nearest(to: name, among: known).map { "did you mean \"\($0)\"?" }
            ?? (known.isEmpty ? "there is none" : "there are \(known.joined(separator: ", "))")
        return "expected the name of an \(kind), found \"\(name)\"; \(advice)"
    }

    private mutating func note(_ place: Place, _ name: String, _ text: String) {
        notes.append(place.mistake(name, text))
    }
}
