import Settings

/// The `spec` of an SLO of OpenSLO v1alpha: a count of units for the window, and an indicator in every objective.
extension Specification {
    private enum Unit: String, CaseIterable, Sendable {
        case second = "Second"
        case minute = "Minute"
        case hour = "Hour"
        case day = "Day"
        case week = "Week"
        case month = "Month"
        case quarter = "Quarter"
        case year = "Year"

        var seconds: Int64 {
            switch self {
            case .second: 1
            case .minute: 60
            case .hour: 3_600
            case .day: 86_400
            case .week: 7 * 86_400
            case .month: 30 * 86_400
            case .quarter: 90 * 86_400
            case .year: 365 * 86_400
            }
        }
    }

    func alphaSLO(_ spec: Section, _ name: String, _ place: Place) -> SLODeclaration {
        let about = spec.value("description", Shorthand.about, otherwise: "")
        let service = spec.required("service", Shorthand.name)
        let windows = spec.sections("timeWindows", atMost: 10) { window in
            let unit = window.required("unit", .choice(of: Unit.self))
            let count = window.required("count", .wholeNumber(in: 1...10_000))
            let isRolling = window.value("isRolling", .boolean, otherwise: !window.has("calendar"))
            return (period: Duration.seconds(Int64(count) * unit.seconds), isRolling: isRolling)
        }
        if windows.count != 1 {
            spec.refuse("timeWindows", "expected exactly one time window, found \(windows.count)")
        }
        let budgeting = spec.required("budgetingMethod", .choice(of: SLODeclaration.Budgeting.self))
        let threshold = spec.optionalSection("indicator") { indicator in
            indicator.section("thresholdMetric") { MetricSource.readAlpha($0) }
        }
        let goals = spec.sections("objectives", atMost: 32) { alphaGoal($0, threshold) }
        if goals.isEmpty { spec.refuse("objectives", "expected a list of at least one objective, found none") }
        return SLODeclaration(
            name: name, service: service, about: about, indicator: nil, period: windows.first?.period ?? .seconds(60),
            isRolling: windows.first?.isRolling ?? true, budgeting: budgeting, goals: goals, policies: [], place: place)
    }

    private func alphaGoal(_ goal: Section, _ threshold: SourceDeclaration?) -> GoalDeclaration {
        _ = goal.optional("displayName", Shorthand.anything)
        let ratio = goal.optionalSection("ratioMetrics") { ratio in
            _ = ratio.has("incremental")
            _ = ratio.has("counter")
            let good = ratio.section("good") { MetricSource.readAlpha($0) }
            return IndicatorDeclaration.good(good, total: ratio.section("total") { MetricSource.readAlpha($0) })
        }
        let indicator = ratio ?? threshold.map { .threshold($0) }
        if indicator == nil {
            goal.refuse(
                "ratioMetrics", "expected ratioMetrics here, or a thresholdMetric in spec.indicator; found neither")
        }
        return GoalDeclaration(
            target: Self.target(goal), operation: goal.optional("op", .choice(of: ConditionDeclaration.Operation.self)),
            value: goal.optional("value", Self.anyNumber),
            sliceTarget: goal.optional("timeSliceTarget", .number(in: 0...1)),
            sliceWindow: goal.optional("timeSliceWindow", Shorthand.slice), isComposite: false, indicator: indicator,
            place: Place(file: file, line: goal.line(of: "target")))
    }
}
