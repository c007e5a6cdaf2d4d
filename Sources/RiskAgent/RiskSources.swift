import Contracts
import Risk

/// What the agent learns from outside of itself; functions, so that its rules of time run in seconds under any clock.
struct RiskSources: Sendable {
    /// Nanoseconds since 1970.
    var now: @Sendable () -> Int64
    /// What is left of the error budgets; empty where nobody can tell.
    var budgets: @Sendable () async -> [BudgetStanding]
    /// How an incident stands, from Triage itself; nil where it cannot be asked: then its last word counts.
    var standing: @Sendable (_ incident: String) async -> IncidentStanding?
    /// What an engine outside says; nil where none is configured.
    var outside: (@Sendable (Proposal) async -> OutsideOpinion)?
}

/// What one decision needs that does not change while it is made.
struct Bench: Sendable {
    var now: Int64
    var policy: Policy?
    var people: People
    var calibration: CalibrationTable
    var budgets: [BudgetStanding]
    /// How the incident stands, as Triage says now.
    var standing: IncidentStanding?
}
