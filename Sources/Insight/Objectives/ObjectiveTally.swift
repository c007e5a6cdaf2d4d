import Contracts

/// What is counted for one objective.
struct ObjectiveTally: Sendable {
    /// What is kept of it elsewhere.
    struct Snapshot: Sendable, Equatable, Codable {
        var name: String
        var burn: BurnRate.Snapshot
        var heardPart: Moment?
        var heardTotal: Moment?
        var slice: Slice
        var above: [Moment?]
    }

    /// The slice of time that is not over.
    struct Slice: Sendable, Equatable, Codable {
        var number: Int64 = -1
        var bad = 0.0
        var total = 0.0
    }

    let objective: Objective
    private(set) var burn: BurnRate
    /// When a series of each selection was last heard of, whatever it said.
    private(set) var heardPart: Moment?
    private(set) var heardTotal: Moment?
    private var slice = Slice()
    /// Since when each pair of windows is above its threshold.
    private var above: [Moment?]

    init?(_ objective: Objective) {
        guard
            let burn = try? BurnRate(objective: objective.target, windows: objective.alerts, period: objective.period)
        else { return nil }
        self.objective = objective
        self.burn = burn
        above = objective.alerts.map { _ in nil }
    }

    mutating func hear(part: Bool, total: Bool, now: Moment) {
        if part { heardPart = now }
        if total { heardTotal = now }
    }

    /// Counts what one reading added.
    mutating func add(part: Double, total: Double, now: Moment) {
        switch objective.indicator.part {
        // The two may come from different processes, one after the other: less than nothing may be bad for a moment.
        case .good: count(bad: total - part, total: total, now: now)
        case .bad: count(bad: part, total: total, now: now)
        }
    }

    private mutating func count(bad: Double, total: Double, now: Moment) {
        switch objective.budgeting {
        case .occurrences: burn.add(change: bad, total: total, now: now)
        case .timeslices(let length, _):
            close(now)
            slice.number = Int64(clamping: now.nanoseconds) / max(1, length.wholeNanoseconds)
            slice.bad += bad
            slice.total += total
        }
    }

    /// A slice that is over counts as one event; one without traffic as none.
    private mutating func close(_ now: Moment) {
        guard case .timeslices(let length, let target) = objective.budgeting, slice.number >= 0 else { return }
        let nanoseconds = max(1, length.wholeNanoseconds)
        guard Int64(clamping: now.nanoseconds) / nanoseconds > slice.number else { return }
        if slice.total > 0 {
            let isGood = 1 - slice.bad / slice.total >= target
            let end = slice.number.multipliedReportingOverflow(by: nanoseconds).partialValue
            burn.add(
                bad: isGood ? 0 : 1, total: 1, now: Moment(nanoseconds: UInt64(max(0, end)).addingCapped(nanoseconds)))
        }
        slice = Slice()
    }

    mutating func status(now: Moment, patience: Duration) -> ObjectiveStatus {
        close(now)
        let counts = burn.counts(over: objective.period, now: now)
        let left = burn.budgetLeft(over: objective.period, now: now)
        var alerts: [ObjectiveStatus.Alert] = []
        for (index, verdict) in burn.verdicts(now: now).enumerated() {
            above[index] = verdict.isFiring ? above[index] ?? now : nil
            let held = above[index].map { now.since($0) >= verdict.window.hold } ?? false
            alerts.append(ObjectiveStatus.Alert(verdict: verdict, isFiring: held, since: above[index]))
        }
        return ObjectiveStatus(
            objective: objective, good: max(0, counts.total - counts.bad), total: counts.total, budgetLeft: left,
            wholeLeft: burn.budgetLeft(ofWhole: objective.period, now: now),
            budgetFormula: formula(counts), alerts: alerts, exhaustedAfter: exhaustion(counts, now),
            missing: missing(counts.total, now, patience))
    }

    private func formula(_ counts: (bad: Double, total: Double)) -> String {
        let period = Spoken.seconds(objective.period)
        guard counts.total > 0 else { return "no traffic in \(period): nothing of the budget is used" }
        let allowed = (1 - objective.target) * counts.total
        let events = if case .timeslices = objective.budgeting { "slices" } else { "events" }
        return
            "1 - \(Spoken.number(counts.bad)) bad of \(Spoken.number(counts.total)) \(events) in \(period) / "
            + "\(Spoken.number(allowed)) allowed (\(Spoken.number((1 - objective.target) * 100)) %) = "
            + Spoken.number(1 - counts.bad / allowed)
    }

    /// The bad events that are left, by those that come.
    private func exhaustion(_ counts: (bad: Double, total: Double), _ now: Moment) -> Duration? {
        guard counts.total > 0 else { return nil }
        let left = (1 - objective.target) * counts.total - counts.bad
        guard left > 0 else { return .zero }
        let window = objective.alerts.first?.long ?? min(.seconds(3_600), objective.period)
        let rate = burn.counts(over: window, now: now).bad / window.inSeconds
        guard rate > 0 else { return nil }
        let seconds = left / rate
        // Beyond a period, what is used now has left the window again.
        return seconds <= objective.period.inSeconds ? .seconds(seconds) : nil
    }

    private func missing(_ total: Double, _ now: Moment, _ patience: Duration) -> [MissingSignal] {
        var found: [MissingSignal] = []
        func look(_ selection: SeriesSelection, _ heard: Moment?) {
            if let heard {
                guard now.since(heard) > patience else { return }
                found.append(
                    MissingSignal(
                        selection.text, "no data for \(Spoken.number(now.since(heard).inSeconds.rounded())) s"))
            } else {
                found.append(MissingSignal(selection.text, "no data yet"))
            }
        }
        look(objective.indicator.total, heardTotal)
        // A counter of bad or good events may only come to be with the first of them.
        if heardTotal != nil, heardPart == nil || total == 0 { return found }
        if objective.indicator.part.selection.metric != objective.indicator.total.metric {
            look(objective.indicator.part.selection, heardPart)
        }
        return found
    }

    var snapshot: Snapshot {
        Snapshot(
            name: objective.name, burn: burn.snapshot, heardPart: heardPart, heardTotal: heardTotal, slice: slice,
            above: above)
    }

    mutating func restore(_ snapshot: Snapshot) {
        burn.restore(snapshot.burn)
        heardPart = snapshot.heardPart
        heardTotal = snapshot.heardTotal
        if snapshot.slice.bad.isFinite, snapshot.slice.total.isFinite { slice = snapshot.slice }
        if snapshot.above.count == above.count { above = snapshot.above }
    }
}

extension UInt64 {
    fileprivate func addingCapped(_ more: Int64) -> UInt64 {
        let (sum, overflow) = addingReportingOverflow(UInt64(more))
        return overflow ? .max : sum
    }
}
