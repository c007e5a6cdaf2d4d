import Settings

/// Reads the `spec` of documents of OpenSLO v1, from one file.
struct Specification {
    let file: String

    private func place(_ section: Section, _ key: String) -> Place { Place(file: file, line: section.line(of: key)) }

    // MARK: SLO

    func slo(_ spec: Section, _ name: String, _ place: Place) -> SLODeclaration {
        let about = spec.value("description", Shorthand.about, otherwise: "")
        let service = spec.required("service", Shorthand.name)
        let window = window(spec)
        let budgeting = spec.required("budgetingMethod", .choice(of: SLODeclaration.Budgeting.self))
        let goals = spec.sections("objectives", atMost: 32) { goal($0, budgeting) }
        if goals.isEmpty, spec.kind(of: "objectives") != nil || !spec.has("objectives") {
            spec.refuse("objectives", "expected a list of at least one objective, found none")
        }
        return SLODeclaration(
            name: name, service: service, about: about, indicator: givenIndicator(spec), period: window.period,
            isRolling: window.isRolling, budgeting: budgeting, goals: goals,
            policies: spec.mixed(
                "alertPolicies", atMost: 32, word: Shorthand.name,
                { .named($0, self.place(spec, "alertPolicies")) }, { givenPolicy($0) }),
            place: place)
    }

    private func givenIndicator(_ spec: Section) -> Given<IndicatorDeclaration>? {
        let inline = spec.optionalSection("indicator") { indicator in
            indicator.section("metadata") { metadata in
                _ = metadata.required("name", Shorthand.name)
                _ = Metadata.rest(metadata)
            }
            return indicator.section("spec") { self.indicator($0) }
        }
        let name = spec.optional("indicatorRef", Shorthand.name)
        switch (inline, name) {
        case (.some(let inline), nil): return .here(inline)
        case (nil, .some(let name)): return .named(name, place(spec, "indicatorRef"))
        case (nil, nil):
            spec.refuse("indicator", "expected an indicator or an indicatorRef, found neither")
        case (.some, .some):
            spec.refuse("indicatorRef", "expected an indicator or an indicatorRef, found both")
        }
        return nil
    }

    private func window(_ spec: Section) -> (period: Duration, isRolling: Bool) {
        let windows = spec.sections("timeWindow", atMost: 10) { window in
            let duration = window.required("duration", Shorthand.window)
            let hasCalendar = window.has("calendar")
            window.section("calendar") { calendar in
                guard hasCalendar else { return }
                _ = calendar.required("startTime", Shorthand.anything)
                _ = calendar.required("timeZone", Shorthand.anything)
            }
            let isRolling = window.value("isRolling", .boolean, otherwise: !hasCalendar)
            if isRolling == hasCalendar {
                window.refuse(
                    "isRolling", "expected isRolling: true, or a calendar; found \(hasCalendar ? "both" : "neither")")
            }
            return (period: duration, isRolling: isRolling)
        }
        if windows.count != 1 {
            spec.refuse("timeWindow", "expected exactly one time window, found \(windows.count)")
        }
        return windows.first ?? (.seconds(86_400), true)
    }

    private func goal(_ goal: Section, _ budgeting: SLODeclaration.Budgeting) -> GoalDeclaration {
        _ = goal.optional("displayName", Shorthand.anything)
        let target = Self.target(goal)
        let sliceTarget = goal.optional("timeSliceTarget", .number(in: 0...1))
        let sliceWindow = goal.optional("timeSliceWindow", Shorthand.slice)
        if budgeting == .timeslices, sliceTarget == nil {
            goal.refuse(
                "timeSliceTarget", "expected a number from 0 to 1 with budgetingMethod Timeslices, found nothing")
        }
        if budgeting != .occurrences, sliceWindow == nil {
            goal.refuse(
                "timeSliceWindow", "expected a duration with budgetingMethod \(budgeting.rawValue), found nothing")
        }
        let composite = ["indicator", "indicatorRef", "compositeWeight"].filter { goal.has($0) }
        return GoalDeclaration(
            target: target, operation: goal.optional("op", .choice(of: ConditionDeclaration.Operation.self)),
            value: goal.optional("value", Self.anyNumber), sliceTarget: sliceTarget, sliceWindow: sliceWindow,
            isComposite: !composite.isEmpty, place: Place(file: file, line: goal.line(of: "target")))
    }

    static let anyNumber = Scalar<Double>.number(in: -1e15...1e15)

    /// Either of the two ways to say it.
    static func target(_ goal: Section) -> Double {
        let share = Scalar(expected: "a number of at least 0 and below 1", standIn: 0.0) { text in
            Double(text).flatMap { (0..<1).contains($0) ? $0 : nil }
        }
        let percent = Scalar(expected: "a number of at least 0 and below 100", standIn: 0.0) { text in
            Double(text).flatMap { (0..<100).contains($0) ? $0 : nil }
        }
        let (target, targetPercent) = (goal.optional("target", share), goal.optional("targetPercent", percent))
        switch (target, targetPercent) {
        case (.some(let target), nil): return target
        case (nil, .some(let percent)): return percent / 100
        case (nil, nil): goal.refuse("target", "expected target or targetPercent, found neither")
        case (.some, .some): goal.refuse("targetPercent", "expected target or targetPercent, found both")
        }
        return 0
    }

    // MARK: SLI

    func indicator(_ spec: Section) -> IndicatorDeclaration {
        _ = spec.optional("description", Shorthand.about)
        let threshold = spec.optionalSection("thresholdMetric") { source($0) }
        let ratio = spec.optionalSection("ratioMetric") { self.ratio($0) }
        switch (threshold, ratio) {
        case (.some(let threshold), nil): return .threshold(threshold)
        case (nil, .some(let ratio)): return ratio
        case (nil, nil): spec.refuse("ratioMetric", "expected a ratioMetric or a thresholdMetric, found neither")
        case (.some, .some): spec.refuse("ratioMetric", "expected a ratioMetric or a thresholdMetric, found both")
        }
        return .foreign("")
    }

    private func ratio(_ ratio: Section) -> IndicatorDeclaration {
        _ = ratio.optional("counter", .boolean)
        let good = ratio.optionalSection("good") { source($0) }
        let bad = ratio.optionalSection("bad") { source($0) }
        let total = ratio.optionalSection("total") { source($0) }
        let hasRaw = ratio.has("raw")
        _ = ratio.has("rawType")
        if hasRaw {
            if good != nil || bad != nil || total != nil {
                ratio.refuse("raw", "expected raw alone, or total with good or bad; found both")
            }
            return .foreign("a ratio that was computed elsewhere cannot be counted")
        }
        guard let total else {
            ratio.refuse("total", "expected total beside good or bad, found nothing")
            return .foreign("")
        }
        switch (good, bad) {
        case (.some(let good), nil): return .good(good, total: total)
        case (nil, .some(let bad)): return .bad(bad, total: total)
        case (nil, nil): ratio.refuse("good", "expected good or bad beside total, found neither")
        case (.some, .some): ratio.refuse("bad", "expected good or bad beside total, found both")
        }
        return .foreign("")
    }

    private func source(_ metric: Section) -> SourceDeclaration {
        metric.section("metricSource") { MetricSource.read($0) }
    }

    // MARK: alerts

    private func givenPolicy(_ policy: Section) -> Given<PolicyDeclaration> {
        if let name = policy.optional("alertPolicyRef", Shorthand.name) {
            return .named(name, place(policy, "alertPolicyRef"))
        }
        _ = policy.optional("apiVersion", Shorthand.anything)
        _ = policy.required("kind", .matching("AlertPolicy", standIn: "AlertPolicy") { $0 == "AlertPolicy" })
        let name = policy.section("metadata") { metadata in
            _ = Metadata.rest(metadata)
            return metadata.required("name", Shorthand.name)
        }
        return .here(policy.section("spec") { self.policy($0, name) })
    }

    func policy(_ spec: Section, _ name: String) -> PolicyDeclaration {
        _ = spec.optional("description", Shorthand.about)
        _ = spec.optional("alertWhenNoData", .boolean)
        _ = spec.optional("alertWhenResolved", .boolean)
        _ = spec.has("notificationTargets")
        let isOn = spec.value("alertWhenBreaching", .boolean, otherwise: true)
        let conditions = spec.sections("conditions", atMost: 10) { givenCondition($0) }
        if conditions.count != 1 {
            spec.refuse("conditions", "expected one condition, found \(conditions.count)")
        }
        return PolicyDeclaration(name: name, isOn: isOn, condition: conditions.first)
    }

    private func givenCondition(_ condition: Section) -> Given<ConditionDeclaration> {
        if let name = condition.optional("conditionRef", Shorthand.name) {
            return .named(name, place(condition, "conditionRef"))
        }
        _ = condition.optional("apiVersion", Shorthand.anything)
        _ = condition.required("kind", .matching("AlertCondition", standIn: "") { $0 == "AlertCondition" })
        let short = condition.section("metadata") { metadata in
            _ = metadata.required("name", Shorthand.name)
            return Metadata.rest(metadata)
        }
        return .here(condition.section("spec") { self.condition($0, short: short) })
    }

    func condition(_ spec: Section, short: Duration?) -> ConditionDeclaration {
        _ = spec.optional("description", Shorthand.about)
        let severity = spec.required("severity", .text(length: 1...64))
        return spec.section("condition") { condition in
            _ = condition.required("kind", .matching("burnrate", standIn: "") { $0.lowercased() == "burnrate" })
            let lookback = condition.required("lookbackWindow", Shorthand.window)
            if let short, short > lookback {
                condition.refuse("lookbackWindow", "expected a window that is no shorter than \(Metadata.shortWindow)")
            }
            return ConditionDeclaration(
                severity: severity,
                operation: condition.value("op", .choice(of: ConditionDeclaration.Operation.self), otherwise: .gt),
                threshold: condition.required("threshold", .number(in: 0...1e9)), lookback: lookback,
                after: condition.value("alertAfter", Shorthand.hold, otherwise: .zero), short: short,
                place: place(condition, "threshold"))
        }
    }
}
