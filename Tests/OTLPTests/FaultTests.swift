import Testing

@testable import OTLP

@Suite("Faulty parts of OTLP") struct FaultTests {
    private func faults(_ change: (inout Span) -> Void) throws -> Intake<Span> {
        var span = sampleSpan()
        change(&span)
        return try OTLPIntake.traces(OTLPEncoder.traces(group([span, sampleSpan()])), .protobuf, limits)
    }
    private func faults(_ metric: Metric) throws -> Faults {
        let body = OTLPEncoder.metrics(group([metric] + sampleMetrics()))
        let intake = try OTLPIntake.metrics(body, .protobuf, limits)
        #expect(intake.groups.first?.parts == sampleMetrics())
        return intake.faults
    }

    @Test func `a span with a faulty time or id is counted, and its neighbour kept`() throws {
        let cases: [(Fault, (inout Span) -> Void)] = [
            (.timeTooOld, { $0.start = 1 }), (.timeInFuture, { $0.end = 4_102_444_800_000_000_000 }),
            (.endBeforeStart, { $0.end = $0.start - 1 }), (.identityLength, { $0.identity = 0 }),
            (.identityLength, { $0.trace = TraceIdentity(high: 0, low: 0) }),
        ]
        for (fault, change) in cases {
            let intake = try faults(change)
            #expect(intake.faults[fault] == 1 && intake.faults.total == 1)
            #expect(intake.groups == group([sampleSpan()]))
        }
    }
    @Test func `points with values that cannot be are counted by reason`() throws {
        let cases: [(Fault, Metric)] = [
            (.notFinite, Metric(name: "a", data: .gauge([Metric.Point(time: noon, value: .nan)]))),
            (.notFinite, Metric(name: "a", data: .gauge([Metric.Point(time: noon, value: -.infinity)]))),
            (.timeTooOld, Metric(name: "a", data: .gauge([Metric.Point(time: 0, value: 1)]))),
            (
                .negativeCount,
                Metric(name: "a", data: .sum([Metric.Point(time: noon, value: -1)], .delta, isMonotonic: true))
            ),
            (.unevenBuckets, histogram(count: 2, buckets: [1, 1], bounds: [1, 2])),
            (.unevenBuckets, histogram(count: 2, buckets: [1, 0, 1], bounds: [2, 1])),
            (.unevenBuckets, histogram(count: 3, buckets: [1, 0, 1], bounds: [1, 2])),
            (.negativeCount, histogram(count: .max, buckets: [], bounds: [])),
            (.notFinite, histogram(count: 2, buckets: [1, 0, 1], bounds: [1, 2], sum: .nan)),
            (.tooManyBuckets, histogram(count: 0, buckets: Array(repeating: 0, count: 5_000), bounds: [])),
            (.noValue, Metric(name: "a", data: .none)),
        ]
        for (fault, metric) in cases {
            let faults = try faults(metric)
            #expect(faults[fault] == 1 && faults.total == 1, "\(metric)")
        }
    }
    @Test func `a record without a time gets the time of its arrival`() throws {
        let body = OTLPEncoder.logs(group([LogRecord(time: 0), LogRecord(time: 5)]))
        let intake = try OTLPIntake.logs(body, .protobuf, limits, arrival: noon + 3)
        #expect(intake.groups.first?.parts.map(\.time) == [noon + 3])
        #expect(intake.faults[.timeTooOld] == 1)
    }

    @Test func `the answer says how many were refused and why, in the encoding of the request`() {
        var faults = Faults()
        #expect(OTLPAnswer.body(faults, .traces, .protobuf).isEmpty)
        #expect(OTLPAnswer.body(faults, .traces, .json) == Array("{}".utf8))
        faults.note(.notFinite)
        faults.note(.notFinite)
        let text = "2 with a value that is NaN or infinite"
        let expected: [UInt8] = [0x0A, UInt8(text.utf8.count + 4), 0x08, 2, 0x12, UInt8(text.utf8.count)] + text.utf8
        #expect(OTLPAnswer.body(faults, .metrics, .protobuf) == expected)
        let json = #"{"partialSuccess":{"rejectedDataPoints":"2","errorMessage":"\#(text)"}}"#
        #expect(String(decoding: OTLPAnswer.body(faults, .metrics, .json), as: UTF8.self) == json)
    }
}

@Suite("gzip in OTLP") struct InflationTests {
    @Test func `what was compressed is inflated, also in several members`() throws {
        let body = PythonBodies.traces
        #expect(try Inflation.inflate(gzip(body), most: body.count) == body)
        #expect(try Inflation.inflate(gzip(body) + gzip(body), most: 2 * body.count) == body + body)
    }
    @Test func `a bomb is refused as too large`() {
        let bomb = gzip([UInt8](repeating: 0, count: 10_000_000))
        let found = refusal { () throws(OTLPRefusal) in _ = try Inflation.inflate(bomb, most: 1_000_000) }
        #expect(found == .tooLarge(limit: 1_000_000) && found?.status == 413)
    }
    @Test func `every truncation is refused`() {
        let whole = gzip(PythonBodies.logs)
        for count in 0..<whole.count {
            let found = refusal { () throws(OTLPRefusal) in
                _ = try Inflation.inflate(Array(whole[..<count]), most: 1_000_000)
            }
            #expect(found?.status == 400)
        }
    }
}
