public import Contracts

/// How an objective stands.
public struct ObjectiveStatus: Sendable, Equatable {
    /// One pair of windows, with how long it must have been above.
    public struct Alert: Sendable, Equatable {
        public let verdict: BurnRate.Verdict
        /// Above the threshold, for as long as asked for.
        public let isFiring: Bool
        /// Since when it is above; nil while it is not.
        public let since: Moment?
    }

    public let objective: Objective
    /// Over the objective's period.
    public let good: Double
    public let total: Double
    /// The share of the budget that is left; all of it without traffic, below zero when it is overdrawn.
    public let budgetLeft: Double
    /// The share of the budget of a whole period, where it was watched for a part of one only.
    public let wholeLeft: Double
    /// The budget with its numbers, for people.
    public let budgetFormula: String
    public let alerts: [Alert]
    /// Until nothing is left, if it goes on as in the first long window; zero when nothing is, nil where that does not come
    /// within a period.
    public let exhaustedAfter: Duration?
    public let missing: [MissingSignal]

    /// The share that was good; nil without traffic.
    public var achieved: Double? { total > 0 ? good / total : nil }
    /// Whether any pair of windows fires.
    public var isFiring: Bool { alerts.contains(where: \.isFiring) }

    /// The same for other processes.
    public var report: ObjectiveReport {
        var report = ObjectiveReport(
            name: objective.name, service: objective.service, about: objective.about, target: objective.target,
            windowSeconds: objective.period.inSeconds, achieved: achieved, good: good, total: total,
            budgetLeft: budgetLeft, exhaustedAfter: exhaustedAfter?.inSeconds,
            windows: alerts.map { alert in
                ObjectiveReport.Window(
                    longSeconds: alert.verdict.window.long.inSeconds,
                    shortSeconds: alert.verdict.window.short.inSeconds, threshold: alert.verdict.threshold,
                    longBurn: alert.verdict.long, shortBurn: alert.verdict.short, isFiring: alert.isFiring,
                    formula: alert.verdict.explanation)
            },
            missing: missing)
        report.wholeLeft = wholeLeft
        return report
    }
}
