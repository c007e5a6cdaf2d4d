public import Contracts
import Insight

/// All objectives of the cluster.
public struct ObjectiveBook: Sendable {
    public private(set) var mistakes: [String] = []

    public init() {}

    mutating func take(_ increase: MetricIncrease, now: Int64) {}
    mutating func tick(into findings: inout FindingBook, now: Int64) {}
}

extension Observatory {
    struct ObjectiveVerdict {
        var name: String
        var service: String
        var target: Double
        var good: Double
        var events: Double
    }

    func objectiveVerdicts(now: Int64, since: Int64) -> [ObjectiveVerdict] { [] }

    public func objectiveReports(now: Int64) -> [ObjectiveReport] { [] }

    public func objectiveSnapshot() throws -> [UInt8] { [] }

    public mutating func restore(objectives: [UInt8], now: Int64) throws {}
}
