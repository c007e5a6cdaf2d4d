import Contracts
import Glibc
import Listening
import OTLP
import Senses

/// Measures what the telemetry agent's senses cost: readings, spans, log records and lines, in processor time of one core.
public struct SensesBench: Sendable {
    /// One thing that was measured, beside a floor: the least that any program would have to do with the same input.
    public struct Line: Codable, Sendable {
        public var name: String
        public var unit: String
        public var perSecond: Double
        public var microseconds: Double
        public var floor: String
        public var floorPerSecond: Double
    }

    /// What many series cost, each with a reading a second.
    public struct Series: Codable, Sendable {
        public var count: Int
        public var seconds: Int
        public var microsecondsPerReading: Double
        /// A lookup of its name and an addition.
        public var floorMicroseconds: Double
        /// What a reading of each series a second takes of one core.
        public var share: Double
        /// What looking at everything four times a second takes of one core.
        public var lookingShare: Double
        /// Memory that the process gained, as the kernel counts it.
        public var grownBytes: Int
        public var budgetBytes: Int
        public var bytesPerSeries: Int
        /// What the observatory says it holds.
        public var saidBytes: Int
        public var processBytes: Int
        public var millisecondsOfInvestigation: Double
    }

    public struct Result: Codable, Sendable {
        public var series: Series
        public var lines: [Line]
    }

    public var series: Int
    public var seconds: Int

    /// `seconds` is how long the series are heard, in their own time.
    public init(series: Int = 10_000, seconds: Int = 3_600) {
        self.series = series
        self.seconds = seconds
    }

    static let start: Int64 = 1_800_000_000_000_000_000

    public func run(progress: (String) -> Void) throws -> Result {
        progress("\(series) series for \(seconds) s of their own time")
        let cost = SensesLoad.cost(of: series, seconds: seconds)
        progress("spans")
        let spans = try SensesLoad.spans()
        progress("log records")
        let logs = try SensesLoad.records()
        progress("lines")
        return Result(series: cost, lines: spans + logs + SensesLoad.templates())
    }
}
