import Insight
import Settings

/// Where something stands.
struct Place: Equatable {
    let file: String
    let line: Int

    func mistake(_ path: String, _ text: String) -> Mistake {
        Mistake(place: "\(file):\(line)", path: path, text: text, line: line)
    }
}

/// What is written in its place, or a name for what is written elsewhere.
enum Given<Value> {
    case here(Value)
    case named(String, Place)
}

/// Where numbers come from, as far as we can read them.
enum SourceDeclaration {
    case ours(SeriesSelection)
    /// Not evaluated here, and why.
    case foreign(String)
}

/// What an SLI counts.
enum IndicatorDeclaration {
    case good(SourceDeclaration, total: SourceDeclaration)
    case bad(SourceDeclaration, total: SourceDeclaration)
    /// A value that is held against that of the objective.
    case threshold(SourceDeclaration)
    /// Not evaluated here, and why.
    case foreign(String)
}

/// When an alert is given.
struct ConditionDeclaration {
    enum Operation: String, CaseIterable, Sendable { case lte, gte, lt, gt }

    var severity: String
    var operation: Operation
    var threshold: Double
    var lookback: Duration
    var after: Duration
    /// Ours: the second window.
    var short: Duration?
    var place: Place
}

/// A policy has one condition.
struct PolicyDeclaration {
    var name: String
    var isOn: Bool
    var condition: Given<ConditionDeclaration>?
}

/// One of the objectives of an SLO.
struct GoalDeclaration {
    var target: Double
    var operation: ConditionDeclaration.Operation?
    var value: Double?
    var sliceTarget: Double?
    var sliceWindow: Duration?
    var isComposite: Bool
    /// In v1alpha each has an indicator of its own.
    var indicator: IndicatorDeclaration?
    var place: Place
}

/// An SLO as it is written.
struct SLODeclaration {
    enum Budgeting: String, CaseIterable, Sendable {
        case occurrences = "Occurrences"
        case timeslices = "Timeslices"
        case ratioTimeslices = "RatioTimeslices"
    }

    var name: String
    var service: String
    var about: String
    var indicator: Given<IndicatorDeclaration>?
    var period: Duration
    var isRolling: Bool
    var budgeting: Budgeting
    var goals: [GoalDeclaration]
    var policies: [Given<PolicyDeclaration>]
    var place: Place
}
