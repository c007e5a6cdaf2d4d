import Contracts
import Glibc
import Testing

@testable import OTLP

@Suite("OTLP in protobuf") struct WireTests {
    @Test func `spans survive the way out and in`() throws {
        let groups = group([sampleSpan()])
        let intake = try OTLPIntake.traces(OTLPEncoder.traces(groups), .protobuf, limits)
        #expect(intake.groups == groups)
        #expect(intake.faults.total == 0)
    }
    @Test func `records survive the way out and in`() throws {
        let groups = group([sampleRecord(), LogRecord(time: noon, body: .map([Attribute("sku", .whole(-3))]))])
        let intake = try OTLPIntake.logs(OTLPEncoder.logs(groups), .protobuf, limits, arrival: noon)
        #expect(intake.groups == groups)
    }
    @Test func `metrics of every kind survive the way out and in`() throws {
        let groups = group(sampleMetrics())
        let intake = try OTLPIntake.metrics(OTLPEncoder.metrics(groups), .protobuf, limits)
        #expect(intake.groups == groups)
        #expect(intake.faults.total == 0)
    }

    @Test func `the spans of the Python SDK are read`() throws {
        let intake = try OTLPIntake.traces(PythonBodies.traces, .protobuf, limits)
        let group = try #require(intake.groups.first)
        #expect(group.resource.contains(Attribute("service.name", .text("orders"))))
        #expect(group.scope.name == "shop" && group.scope.version == "1.2")
        let root = try #require(group.parts.first { $0.name == "POST /orders" })
        let child = try #require(group.parts.first { $0.name == "INSERT" })
        #expect(root.trace == trace && root.kind == .server && root.outcome == .error && root.outcomeMessage == "boom")
        #expect(root.attributes.contains(Attribute("http.status_code", .whole(500))))
        #expect(root.attributes.contains(Attribute("tags", .list([.text("a"), .text("b")]))))
        #expect(root.events.map(\.name) == ["retry"] && root.end - root.start == 1_000)
        #expect(child.parent == root.identity && child.links.map(\.span) == [root.identity] && child.kind == .client)
    }
    @Test func `the metrics of the Python SDK are read`() throws {
        let intake = try OTLPIntake.metrics(PythonBodies.metrics, .protobuf, limits)
        #expect(intake.faults.total == 0)
        let metrics = try #require(intake.groups.first).parts
        #expect(Set(metrics.map(\.name)) == ["requests", "open", "seconds", "exp", "load"])
        for metric in metrics {
            switch metric.data {
            case .sum(let points, let temporality, let isMonotonic):
                #expect(temporality == .cumulative && isMonotonic == (metric.name == "requests"))
                #expect(points.map(\.value) == [isMonotonic ? 7 : -2])
            case .histogram(let points, _): #expect(points.first?.value?.buckets == [1, 0, 1])
            case .exponential(let points, _):
                #expect(points.first?.value?.zeroCount == 1 && points.first?.value?.count == 2)
            case .gauge(let points): #expect(points.map(\.value) == [0.25])
            default: Issue.record("\(metric.name) is read as \(metric.data)")
            }
        }
    }
    @Test func `records written by the Python protobuf classes are read`() throws {
        let intake = try OTLPIntake.logs(PythonBodies.logs, .protobuf, limits, arrival: noon)
        let records = try #require(intake.groups.first).parts
        #expect(records.map(\.body) == [.text("no stock"), .map([Attribute("sku", .whole(-3))])])
        #expect(records.map(\.time) == [noon, noon + 2] && records[0].trace == trace && records[1].trace == nil)
    }

    @Test(
        "what is no protobuf is refused",
        arguments: [
            [0x0A], [0x0A, 0x05, 0x00], [0x0B, 0x0C], [0x00, 0x00], [0x0D, 0, 0, 0, 0], [0xFF, 0xFF],
            [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
        ] as [[UInt8]])
    func noProtobuf(bytes: [UInt8]) {
        let found = refusal { () throws(OTLPRefusal) in _ = try OTLPIntake.traces(bytes, .protobuf, limits) }
        #expect(found?.status == 400)
    }
    @Test func `fields that are not known are skipped`() throws {
        let extra: [UInt8] = [0xF8, 0x07, 0x01, 0xF2, 0x07, 0x01, 0x00]
        let body = extra + OTLPEncoder.traces(group([sampleSpan()])) + extra
        #expect(try OTLPIntake.traces(body, .protobuf, limits).groups == group([sampleSpan()]))
    }
    @Test func `values nested too deep and bodies of too many messages are refused`() {
        var value = AnyValue.whole(1)
        for _ in 0..<40 { value = .list([value]) }
        let deep = OTLPEncoder.logs(group([LogRecord(time: noon, body: value)]))
        let found = refusal { () throws(OTLPRefusal) in
            _ = try OTLPIntake.logs(deep, .protobuf, limits, arrival: noon)
        }
        #expect(found?.status == 400)
        var narrow = limits
        narrow.mostParts = 100
        let many = [UInt8]((0..<101).flatMap { _ in [0x0A, 0x00] as [UInt8] })
        let refused = refusal { () throws(OTLPRefusal) in _ = try OTLPIntake.traces(many, .protobuf, narrow) }
        #expect(refused == .tooManyParts(limit: 100))
    }
    @Test func `attributes beyond the limit are counted as dropped`() throws {
        var span = sampleSpan()
        span.dropped = 0
        span.attributes = (0..<200).map { Attribute("\($0)", .whole(1)) }
        let kept = try OTLPIntake.traces(OTLPEncoder.traces(group([span])), .protobuf, limits).groups[0].parts[0]
        #expect(kept.attributes.count == 128 && kept.dropped == 72)
        var groups = group([sampleSpan()])
        groups[0].resource = span.attributes
        groups[0].scope.attributes = span.attributes
        let found = try OTLPIntake.traces(OTLPEncoder.traces(groups), .protobuf, limits).groups[0]
        #expect(found.resource.count == 128 && found.scope.attributes.count == 128 && found.dropped == 144)
    }
}

@Suite("Generated OTLP bodies") struct GeneratedBodyTests {
    @Test func `damaged and random bodies are read or refused, and never end the process`() {
        let count = getenv("KINTSUGI_GENERATED_INPUTS").flatMap { Int(String(cString: $0)) } ?? 6_000
        var chance = Chance(seed: 4_318)
        let json = Array(JSONBodies.traces.utf8)
        let bodies = [
            OTLPEncoder.traces(group([sampleSpan()])), OTLPEncoder.metrics(group(sampleMetrics())),
            OTLPEncoder.logs(group([sampleRecord()])), PythonBodies.metrics, gzip(PythonBodies.traces), json,
        ]
        var read = 0
        var refused = 0
        for turn in 0..<count {
            let chosen = turn % (bodies.count + 1)
            var body =
                chosen < bodies.count
                ? bodies[chosen]
                : (0..<Int.random(in: 0..<200, using: &chance)).map { _ in UInt8.random(in: 0...255, using: &chance) }
            for _ in 0..<Int.random(in: 0..<4, using: &chance) where !body.isEmpty {
                body[Int.random(in: 0..<body.count, using: &chance)] ^= 1 << UInt8.random(in: 0..<8, using: &chance)
            }
            if Bool.random(using: &chance) { body.removeLast(Int.random(in: 0...body.count, using: &chance)) }
            for encoding in [OTLPEncoding.protobuf, .json] {
                let refusals = [
                    refusal { () throws(OTLPRefusal) in _ = try OTLPIntake.traces(body, encoding, limits) },
                    refusal { () throws(OTLPRefusal) in _ = try OTLPIntake.metrics(body, encoding, limits) },
                    refusal { () throws(OTLPRefusal) in
                        _ = try OTLPIntake.logs(body, encoding, limits, arrival: noon)
                    },
                    refusal { () throws(OTLPRefusal) in _ = try Inflation.inflate(body, most: 10_000) },
                ]
                refused += refusals.count { $0 != nil }
                read += refusals.count { $0 == nil }
            }
        }
        #expect(read > 0 && refused > 0 && read + refused == count * 8)
    }
}
