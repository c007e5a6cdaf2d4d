import Contracts
import Insight
import Testing

@Suite("A selection of series") struct SeriesSelectionTests {
    private func matches(_ expression: String, _ value: String) -> Bool? {
        LabelPattern.patterns(ofRegularExpression: expression).map { LabelCondition("x", .matches($0)).accepts(value) }
    }

    @Test(
        "simple regular expressions mean what Prometheus means by them",
        arguments: [
            ("5..", "503", true), ("5..", "5030", false), ("5..", "50", false), ("5.*", "5", true),
            ("5.+", "5", false), ("5.+", "50", true), ("a|b", "b", true), ("a|b", "ab", false), ("", "", true),
            ("a\\.b", "a.b", true), ("a\\.b", "axb", false), (".*", "anything", true), ("2..|3..", "302", true),
        ])
    func expressions(expression: String, value: String, accepted: Bool) {
        #expect(matches(expression, value) == accepted)
    }

    @Test("others are not understood, and said to be so", arguments: ["[45]..", "5(0|1)", "a+b", "\\d", ".*x", "a{2}"])
    func others(expression: String) {
        #expect(LabelPattern.patterns(ofRegularExpression: expression) == nil)
    }

    @Test("a pattern is the same after it was written as a regular expression")
    func roundTrip() {
        for pattern in [LabelPattern.exactly("a.b|c"), .beginning("/orders/{id}"), .beginning("")] {
            #expect(LabelPattern.patterns(ofRegularExpression: pattern.regularExpression) == [pattern])
        }
    }

    @Test("a label that is not there is an empty text")
    func absent() throws {
        let condition = LabelCondition("error.type", .equals(""))
        #expect(condition.accepts("") && !condition.accepts("timeout"))
        #expect(condition.text == "error.type=\"\"")
    }

    @Test("a histogram is counted up to an edge exactly, at any scale", arguments: [0, 1, 3, 8])
    func edges(scale: Int) throws {
        // One measurement in each bucket of two doublings on both sides of a quarter.
        let per = 1 << scale
        let histogram = HistogramReading(
            scale: scale, zeroCount: 4, offset: -4 * per, counts: Array(repeating: 1, count: 4 * per))
        #expect(histogram.count == Double(4 * per + 4))
        #expect(histogram.count(upTo: 0.25) == Double(2 * per + 4))
        #expect(histogram.count(upTo: 1) == histogram.count)
        #expect(histogram.count(upTo: 0.000_001) == 4)
    }

    @Test("good events of a histogram are those below the threshold, and its count is all of them")
    func latency() throws {
        let total = SeriesSelection(metric: "http_server_request_duration", kind: .histogram)
        let good = SeriesSelection(metric: "http.server.request.duration", kind: .histogram, below: 0.25)
        let objective = try Objective(
            name: "fast", service: "orders", target: 0.9, indicator: Objective.Indicator(.good(good), of: total))
        var engine = ObjectiveEngine([objective])
        let source = ReadingSource("orders.1#1")
        func read(_ counts: [Int], _ second: UInt64) {
            let reading = SeriesReading(
                "http.server.request.duration", [],
                .histogram(HistogramReading(scale: 0, zeroCount: 0, offset: -3, counts: counts)))
            engine.read([reading], from: source, now: Moment(nanoseconds: second * 1_000_000_000))
        }
        read([100, 100], 10)
        // Buckets end at 1/4 and 1/2.
        read([107, 103], 20)
        var status = engine.statuses(now: Moment(nanoseconds: 20_000_000_000))[0]
        #expect(status.good == 7 && status.total == 10)
        // Began anew with more fast ones than before in that bucket, and fewer in all.
        read([110, 5], 30)
        status = engine.statuses(now: Moment(nanoseconds: 30_000_000_000))[0]
        #expect(status.good == 117 && status.total == 125 && engine.resets == 2)
    }
}
