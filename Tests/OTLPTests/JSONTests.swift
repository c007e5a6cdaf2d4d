import Testing

@testable import OTLP

enum JSONBodies {
    static let traces = #"""
        {"resourceSpans": [{"scopeSpans": [{"scope": {"name": "shop", "version": "1.2"}, "spans": [{
          "traceId": "0102030405060708090A0b0c0d0e0f10", "spanId": "0000000000000007", "unknown": [{"a": 1}, null, "x"],
          "parentSpanId": "0000000000000006", "name": "POST \/orders", "kind": 2, "traceState": "a=b", "flags": 257,
          "startTimeUnixNano": "1790000000000000000", "endTimeUnixNano": 1790000000000001000,
          "droppedAttributesCount": 3, "attributes": [
            {"key": "text", "value": {"stringValue": "\u00e9"}}, {"key": "flag", "value": {"boolValue": true}},
            {"key": "whole", "value": {"intValue": "-1"}}, {"key": "number", "value": {"doubleValue": 5e-1}},
            {"key": "none", "value": {}}, {"key": "bytes", "value": {"bytesValue": "AP8="}},
            {"key": "list", "value": {"arrayValue": {"values": [{"stringValue": "a"}, {"arrayValue": {}},
              {"kvlistValue": {"values": [{"key": "k", "value": {"intValue": 1}}]}}]}}}],
          "events": [{"timeUnixNano": "1790000000000000000", "name": "retry",
            "attributes": [{"key": "n", "value": {"intValue": "1"}}]}],
          "links": [{"traceId": "0102030405060708090a0b0c0d0e0f10", "spanId": "0000000000000009"}],
          "status": {"message": "boom", "code": 2}}]}],
          "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "orders"}}]}}]}
        """#
    static let metrics = #"""
        {"resourceMetrics":[{"scopeMetrics":[{"metrics":[
        {"name":"requests","sum":{"aggregationTemporality":2,"isMonotonic":true,"dataPoints":[
          {"asInt":"7","timeUnixNano":"1790000000000000000"},{"asDouble":"NaN","timeUnixNano":"1790000000000000000"}]}},
        {"name":"seconds","unit":"s","histogram":{"aggregationTemporality":1,"dataPoints":[
          {"timeUnixNano":"1790000000000000000","count":"2","sum":4,"bucketCounts":["1",0,"1"],
           "explicitBounds":[1,2],"min":0.5,"max":3},
          {"timeUnixNano":"1790000000000000000","count":"-1"}]}}]}]}]}
        """#
}

@Suite("OTLP in JSON") struct JSONTests {
    @Test func `a span in JSON is the span in protobuf`() throws {
        let intake = try OTLPIntake.traces(Array(JSONBodies.traces.utf8), .json, limits)
        #expect(intake.groups == group([sampleSpan()]))
    }
    @Test func `metrics in JSON are read, and faulty points counted`() throws {
        let intake = try OTLPIntake.metrics(Array(JSONBodies.metrics.utf8), .json, limits)
        let metrics = try #require(intake.groups.first).parts
        #expect(metrics[0].data == .sum([Metric.Point(time: noon, value: 7)], .cumulative, isMonotonic: true))
        #expect(metrics[1] == histogram(count: 2, buckets: [1, 0, 1], bounds: [1, 2]))
        #expect(intake.faults[.notFinite] == 1 && intake.faults[.negativeCount] == 1 && intake.faults.total == 2)
    }
    @Test func `an id that is no hexadecimal of its length is counted`() throws {
        for bad in ["", "01", "zz02030405060708090a0b0c0d0e0f10", "AQIDBAUGBwgJCgsMDQ4PEA=="] {
            let body = JSONBodies.traces.split(separator: "0102030405060708090A0b0c0d0e0f10", maxSplits: 1)
            let intake = try OTLPIntake.traces(Array((body[0] + bad + body[1]).utf8), .json, limits)
            #expect(intake.faults[.identityLength] == 1 && intake.groups.isEmpty)
        }
    }
    @Test(
        "what is no OTLP in JSON is refused",
        arguments: [
            "", "[]", "{", "{}x", #"{"resourceSpans":{}}"#, #"{"resourceSpans":[1]}"#, #"{"a":}"#, #"{"a":1,}"#,
            #"{"resourceSpans":[{"scopeSpans":[{"spans":[{"kind":"SPAN_KIND_SERVER"}]}]}]}"#,
            #"{"resourceSpans":[{"scopeSpans":[{"spans":[{"startTimeUnixNano":"soon"}]}]}]}"#,
            "{\"a\":" + String(repeating: "[", count: 100_000),
        ])
    func refused(text: String) {
        let found = refusal { () throws(OTLPRefusal) in _ = try OTLPIntake.traces(Array(text.utf8), .json, limits) }
        #expect(found?.status == 400)
    }
}
