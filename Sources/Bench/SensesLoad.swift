import Contracts
import Glibc
import Insight
import Listening
import OTLP
import Senses

/// The input of the senses' benchmark, and how it is given to them.
enum SensesLoad {
    private static let second: Int64 = 1_000_000_000
    private static let rounds = 40

    // MARK: series

    /// Half of them levels and half counters, of fifty services, each with two labels.
    static func cost(of count: Int, seconds: Int) -> SensesBench.Series {
        let budget = Observatory.Budget()
        let before = ProcessorClock.residentBytes
        var points = (0..<count).map(point)
        var observatory = Observatory(budget: budget, objectives: ObjectiveBook())
        var (taking, looking) = (0.0, 0.0)
        var chance = EvenChance(state: 1)
        var now = SensesBench.start
        for turn in 0..<seconds {
            now += second
            move(&points, turn, now, &chance)
            let clock = ProcessorClock()
            observatory.take(points, now: now)
            taking += clock.seconds
            let look = ProcessorClock()
            for part in 0..<4 { _ = observatory.tick(now: now + Int64(part) * second / 4) }
            if turn % 60 == 59 { _ = observatory.takeMinutes(before: now / second) }
            looking += look.seconds
        }
        let grown = ProcessorClock.residentBytes - before
        let clock = ProcessorClock()
        _ = observatory.investigate(EvidenceScope(from: now - 300 * second), now: now)
        let investigation = clock.seconds * 1e3
        let each = taking * 1e6 / Double(count * seconds)
        return SensesBench.Series(
            count: observatory.series.count, seconds: seconds, microsecondsPerReading: each,
            floorMicroseconds: floor(points), share: each * Double(count) / 1e6,
            lookingShare: looking / Double(seconds), grownBytes: grown, budgetBytes: budget.bytes,
            bytesPerSeries: grown / max(observatory.series.count, 1), saidBytes: observatory.heldBytes,
            processBytes: ProcessorClock.residentBytes, millisecondsOfInvestigation: investigation)
    }

    private static func point(_ number: Int) -> MetricPoint {
        MetricPoint(
            node: "service-\(number % 50)", instance: "service-\(number % 50)@host.1",
            metric: "measured.quantity.\(number / 50)", unit: "1",
            labels: [SignalLabel("http.route", "/things/{id}"), SignalLabel("method", "GET")], at: 0,
            reading: number % 2 == 0 ? .gauge(0) : .counter(0))
    }

    private static func move(
        _ points: inout [MetricPoint], _ turn: Int, _ now: Int64, _ chance: inout EvenChance
    ) {
        for index in points.indices {
            points[index].at = now
            let noise = Double(chance.next() % 1_000) / 1_000
            points[index].reading =
                if case .counter(let value) = points[index].reading { .counter(value + 50 + noise) } else {
                    .gauge(100 + noise)
                }
        }
    }

    /// A name is looked up and a number added, for each reading.
    private static func floor(_ points: [MetricPoint]) -> Double {
        let keys = points.map {
            SeriesKey(node: $0.node, instance: $0.instance, metric: $0.metric, labels: $0.labels)
        }
        var sums: [SeriesKey: Double] = [:]
        let clock = ProcessorClock()
        for _ in 0..<rounds { for key in keys { sums[key, default: 0] += 1 } }
        return clock.seconds * 1e6 / Double(rounds * keys.count)
    }

    // MARK: spans

    static func spans() throws -> [SensesBench.Line] {
        let bodies = (0..<rounds).map { round in
            OTLPEncoder.traces([
                OTLP.Group(resource: resource, scope: OTLP.Scope(), parts: (0..<2_000).map { span($0, round) })
            ])
        }
        var observatory = Observatory(objectives: ObjectiveBook())
        var count = 0
        let clock = ProcessorClock()
        for (round, body) in bodies.enumerated() {
            let now = SensesBench.start + Int64(round) * second
            let intake = try OTLPIntake.traces(body, .protobuf, IntakeLimits(now: UInt64(now)))
            let spans = OTLPReading.spans(intake.groups)
            count += spans.count
            observatory.take(spans, now: now)
            _ = observatory.tick(now: now)
        }
        return [line("spans from OTLP, counted and judged", "spans", count, clock.seconds, bodies)]
    }

    private static let resource = [
        OTLP.Attribute("service.name", .text("checkout")), OTLP.Attribute("service.instance.id", .text("checkout-1")),
    ]

    private static func span(_ number: Int, _ round: Int) -> OTLP.Span {
        let start = UInt64(SensesBench.start + Int64(round) * second - second)
        let trace = OTLP.TraceIdentity(
            high: UInt64(round + 1), low: UInt64(number / 5 + 1) &* 0x9E37_79B9_7F4A_7C15)
        var span = OTLP.Span(
            trace: trace, identity: UInt64(number + 1), name: "GET /things/{id}", start: start,
            end: start + UInt64(number % 997 + 1) * 10_000)
        span.parent = number % 5 == 0 ? 0 : UInt64(number / 5 * 5 + 1)
        span.kind = number % 5 == 0 ? .server : .client
        span.attributes = [
            OTLP.Attribute("http.request.method", .text("GET")), OTLP.Attribute("http.route", .text("/things/{id}")),
            OTLP.Attribute("http.response.status_code", .whole(200)),
            OTLP.Attribute("server.address", .text("10.0.0.\(number % 5)")),
            OTLP.Attribute("network.protocol.version", .text("1.1")),
        ]
        return span
    }

    // MARK: logs

    static func records() throws -> [SensesBench.Line] {
        let bodies = (0..<rounds).map { round in
            OTLPEncoder.logs([
                OTLP.Group(resource: resource, scope: OTLP.Scope(), parts: (0..<2_000).map { record($0, round) })
            ])
        }
        var observatory = Observatory(objectives: ObjectiveBook())
        var count = 0
        let clock = ProcessorClock()
        for (round, body) in bodies.enumerated() {
            let now = SensesBench.start + Int64(round) * second
            let intake = try OTLPIntake.logs(body, .protobuf, IntakeLimits(now: UInt64(now)), arrival: UInt64(now))
            let entries = OTLPReading.entries(intake.groups)
            count += entries.count
            observatory.take(entries, now: now)
            _ = observatory.tick(now: now)
        }
        return [line("log records from OTLP, as templates", "records", count, clock.seconds, bodies)]
    }

    private static func record(_ number: Int, _ round: Int) -> OTLP.LogRecord {
        var record = OTLP.LogRecord(
            time: UInt64(SensesBench.start + Int64(round) * second - second / 2), body: .text(text(number, round)))
        record.severity = number % 50 == 0 ? 17 : 9
        record.attributes = [OTLP.Attribute("thread", .text("worker-3")), OTLP.Attribute("line", .whole(42))]
        return record
    }

    private static func text(_ number: Int, _ round: Int) -> String {
        let value = number &* 7_919 &+ round
        switch number % 5 {
        case 0: return "order \(value) of customer c-\(value % 1_000) was confirmed in \(value % 90) ms"
        case 1: return "reserved \(value % 9 + 1) of sku-\(value % 500) for order \(value)"
        case 2: return "GET /orders/\(value) answered 200 after \(value % 40) ms to 10.0.\(value % 200).7"
        case 3: return "connection from 10.1.\(value % 250).\(value % 99):\(value % 60_000) was closed by its peer"
        default: return "cache entry things:\(value % 3_000) expired, \(value % 300) are left"
        }
    }

    /// The miner alone.
    static func templates() -> [SensesBench.Line] {
        let lines = (0..<rounds).flatMap { round in (0..<2_000).map { text($0, round) } }
        var miner = TemplateMiner()
        let clock = ProcessorClock()
        for line in lines { miner.add(line) }
        return [line("lines to templates alone", "lines", lines.count, clock.seconds, lines.map { Array($0.utf8) })]
    }

    // MARK: the floor

    /// Every byte is read once and copied once.
    private static func line(
        _ name: String, _ unit: String, _ count: Int, _ seconds: Double, _ bodies: [[UInt8]]
    ) -> SensesBench.Line {
        var sum: UInt64 = 0
        let clock = ProcessorClock()
        for body in bodies {
            let copy = [UInt8](unsafeUninitializedCapacity: body.count) { buffer, length in
                length = buffer.initialize(from: body).index
            }
            for byte in copy { sum = (sum ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        }
        let floor = clock.seconds
        // The sum is asked for, so that nobody may leave the reading out.
        let isRead = sum != 0 || bodies.isEmpty
        return SensesBench.Line(
            name: name, unit: unit, perSecond: Double(count) / max(seconds, 1e-9),
            microseconds: seconds * 1e6 / Double(max(count, 1)), floor: "every byte copied and read once",
            floorPerSecond: isRead ? Double(count) / max(floor, 1e-9) : 0)
    }
}

/// Chance that is the same in every run.
struct EvenChance {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state >> 33
    }
}
