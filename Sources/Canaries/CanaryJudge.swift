public import Definitions

/// Says when single failures of a canary have become a state: one failing run is no incident.
public struct CanaryJudge: Sendable, Equatable {
    /// What a run has changed.
    public enum Change: Sendable, Equatable {
        case failing, recovered
    }

    private let judgement: CanaryDefinition.Judgement
    private var recent: [Bool] = []
    private var passedInARow = 0
    public private(set) var isFailing = false

    public init(_ judgement: CanaryDefinition.Judgement) { self.judgement = judgement }

    /// Takes a run; nil where it changes nothing.
    public mutating func add(passed: Bool) -> Change? {
        recent.append(passed)
        if recent.count > judgement.of { recent.removeFirst() }
        passedInARow = passed ? passedInARow + 1 : 0
        if isFailing {
            guard passedInARow >= judgement.recoveries else { return nil }
            isFailing = false
            // What is over is not counted again.
            recent = []
            return .recovered
        }
        guard recent.count(where: { !$0 }) >= judgement.failures else { return nil }
        isFailing = true
        return .failing
    }
}
