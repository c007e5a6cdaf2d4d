import Contracts
import FoundationEssentials
import Glibc
import Host

/// Measures the bus and its floor in one run, each part a process of its own.
public struct BusBench: Sendable {
    /// One size and depth: ours and the floor's.
    public struct Row: Codable, Sendable {
        public var bytes: Int
        public var inFlight: Int
        public var callsPerSecond: Double
        public var floorCallsPerSecond: Double
        public var ratio: Double
        /// Of one call at a time, in microseconds; nil for other depths.
        public var p50: Double?
        public var p99: Double?
        public var floorP50: Double?
        public var floorP99: Double?
        /// Processor time per call, in microseconds.
        public var callerMicroseconds: Double
        public var brokerMicroseconds: Double
        public var workerMicroseconds: Double
        public var floorMicroseconds: Double
    }
    /// Publications of one publisher to one subscriber.
    public struct TopicRow: Codable, Sendable {
        public var bytes: Int
        public var perSecond: Double
        public var floorPerSecond: Double
        public var ratio: Double
        /// Bare sockets at both ends of our broker: what its rules alone cost.
        public var brokerAlonePerSecond: Double
        public var brokerAloneRatio: Double
    }
    public struct Result: Codable, Sendable {
        public var rows: [Row] = []
        public var topics: [TopicRow] = []
    }

    public var seconds: Double
    public var sizes: [Int]
    public var depths: [Int]
    private let folder: String
    private let errors: Descriptor

    public init(seconds: Double = 2, sizes: [Int] = [64, 1_024, 65_536], depths: [Int] = [1, 64, 1_024]) throws {
        self.seconds = seconds
        self.sizes = sizes
        self.depths = depths
        folder = try TemporaryFolder.make()
        errors = Descriptor(owning: dup(STDERR_FILENO))
    }

    private func part(_ name: String, bytes: Int = 64, depth: Int = 1) throws -> RunningPart {
        try RunningPart(
            name, ["folder": folder, "bytes": "\(bytes)", "depth": "\(depth)", "seconds": "\(seconds)"],
            errors: errors)
    }

    public func run(progress: (String) -> Void) throws -> Result {
        var result = Result()
        for bytes in sizes {
            for depth in depths {
                progress("\(bytes) bytes, \(depth) in flight")
                result.rows.append(try calls(bytes: bytes, depth: depth))
            }
        }
        for bytes in sizes {
            progress("publications of \(bytes) bytes")
            result.topics.append(try topics(bytes: bytes))
        }
        return result
    }

    private struct Side {
        var report: ClientReport
        var caller: Double
        var broker: Double
        var worker: Double
    }

    private func side(_ broker: String, _ worker: String, _ client: String, bytes: Int, depth: Int) throws -> Side {
        let broker = try part(broker)
        defer { broker.end() }
        try broker.ready()
        let worker = try part(worker)
        defer { worker.end() }
        try worker.ready()
        broker.startCounting()
        worker.startCounting()
        let client = try part(client, bytes: bytes, depth: depth)
        defer { client.end() }
        client.startCounting()
        let report = try client.report()
        let calls = Double(max(report.calls, 1))
        return Side(
            report: report, caller: client.microseconds / calls, broker: broker.microseconds / calls,
            worker: worker.microseconds / calls)
    }

    private func calls(bytes: Int, depth: Int) throws -> Row {
        let floor = try side("floor-proxy", "floor-worker", "floor-client", bytes: bytes, depth: depth)
        let ours = try side("broker", "worker", "client", bytes: bytes, depth: depth)
        let alone = depth == 1
        return Row(
            bytes: bytes, inFlight: depth, callsPerSecond: ours.report.rate,
            floorCallsPerSecond: floor.report.rate, ratio: ours.report.rate / max(floor.report.rate, 1),
            p50: alone ? ours.report.percentile(0.5) : nil, p99: alone ? ours.report.percentile(0.99) : nil,
            floorP50: alone ? floor.report.percentile(0.5) : nil,
            floorP99: alone ? floor.report.percentile(0.99) : nil, callerMicroseconds: ours.caller,
            brokerMicroseconds: ours.broker, workerMicroseconds: ours.worker,
            floorMicroseconds: floor.caller + floor.broker + floor.worker)
    }

    private func topics(bytes: Int) throws -> TopicRow {
        func side(_ broker: String, _ subscriber: String, _ publisher: String) throws -> Double {
            let broker = try part(broker)
            defer { broker.end() }
            try broker.ready()
            let subscriber = try part(subscriber)
            defer { subscriber.end() }
            try subscriber.ready()
            let publisher = try part(publisher, bytes: bytes)
            defer { publisher.end() }
            _ = try publisher.report()
            return try subscriber.report().rate
        }
        let floor = try side("floor-topics", "floor-subscriber", "floor-publisher")
        let ours = try side("broker", "subscriber", "publisher")
        let alone = try side("broker", "bare-subscriber", "bare-publisher")
        return TopicRow(
            bytes: bytes, perSecond: ours, floorPerSecond: floor, ratio: ours / max(floor, 1),
            brokerAlonePerSecond: alone, brokerAloneRatio: alone / max(floor, 1))
    }
}
