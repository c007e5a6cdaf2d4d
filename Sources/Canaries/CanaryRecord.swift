public import Contracts
public import Definitions

/// What is known of one canary: its runs, whether it is failing, and when it is due again.
public struct CanaryRecord: Sendable {
    public let definition: CanaryDefinition
    private var judge: CanaryJudge
    private var runs = 0
    private var failures = 0
    private var last: (at: Int64, result: CanaryResult)?
    private var next: Moment?

    public init(_ definition: CanaryDefinition) {
        self.definition = definition
        judge = CanaryJudge(definition.judgement)
    }

    /// When it is to run; at once where it has not yet.
    public func due(now: Moment) -> Moment { next ?? now }

    /// A run begins: the next is due an interval after it was due, not after it ended; what was missed is left out.
    public mutating func begin(now: Moment) {
        let from = next.map { now.since($0) < definition.every ? $0 : now } ?? now
        next = from + definition.every
    }

    /// Takes a run that ended; `at` is nanoseconds since 1970.
    public mutating func end(_ result: CanaryResult, at: Int64) -> CanaryJudge.Change? {
        runs += 1
        failures += result.passed ? 0 : 1
        last = (at, result)
        return judge.add(passed: result.passed)
    }

    public var isFailing: Bool { judge.isFailing }

    /// The same for other processes.
    public var report: CanaryReport {
        CanaryReport(
            name: definition.name, everySeconds: definition.every.inSeconds, isFailing: isFailing, runs: runs,
            failures: failures, lastRun: last?.at, lastSeconds: last?.result.seconds, lastFault: last?.result.fault)
    }
}
