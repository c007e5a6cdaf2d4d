/// How the fields of a JSON message are called and written in protobuf: the one place where both encodings meet, so
/// that one decoder serves both.
enum JSONShape {
    case traces, resourceSpans, scopeSpans, span, event, link, status
    case metrics, resourceMetrics, scopeMetrics, metric, gauge, sum, histogram, exponential, summary
    case numberPoint, histogramPoint, exponentialPoint, buckets, summaryPoint, quantile
    case logs, resourceLogs, scopeLogs, log
    case resource, scope, attribute, value, list, map

    /// How a field is written.
    enum Kind {
        case text, base64, hex, flag, varint, zigzag, fixed64, fixed32, double
        case message(JSONShape)
    }
    struct Field {
        let name: [UInt8]
        let number: Int
        let kind: Kind
        let isRepeated: Bool

        init(_ name: String, _ number: Int, _ kind: Kind, repeated: Bool = false) {
            self.name = Array(name.utf8)
            self.number = number
            self.kind = kind
            isRepeated = repeated
        }
        static func many(_ name: String, _ number: Int, _ kind: Kind) -> Field {
            Field(name, number, kind, repeated: true)
        }
    }

    var fields: [Field] {
        switch self {
        case .traces: Self.tracesFields
        case .resourceSpans: Self.resourceSpansFields
        case .scopeSpans: Self.scopeSpansFields
        case .span: Self.spanFields
        case .event: Self.eventFields
        case .link: Self.linkFields
        case .status: Self.statusFields
        case .metrics: Self.metricsFields
        case .resourceMetrics: Self.resourceMetricsFields
        case .scopeMetrics: Self.scopeMetricsFields
        case .metric: Self.metricFields
        case .gauge, .summary: self == .gauge ? Self.gaugeFields : Self.summaryFields
        case .sum: Self.sumFields
        case .histogram: Self.histogramFields
        case .exponential: Self.exponentialFields
        case .numberPoint: Self.numberPointFields
        case .histogramPoint: Self.histogramPointFields
        case .exponentialPoint: Self.exponentialPointFields
        case .buckets: Self.bucketsFields
        case .summaryPoint: Self.summaryPointFields
        case .quantile: Self.quantileFields
        case .logs: Self.logsFields
        case .resourceLogs: Self.resourceLogsFields
        case .scopeLogs: Self.scopeLogsFields
        case .log: Self.logFields
        case .resource: Self.resourceFields
        case .scope: Self.scopeFields
        case .attribute: Self.attributeFields
        case .value: Self.valueFields
        case .list: Self.listFields
        case .map: Self.mapFields
        }
    }

    private static let attributes = Field.many("attributes", 1, .message(.attribute))
    private static let resourceFields = [attributes]
    private static let scopeFields = [
        Field("name", 1, .text), Field("version", 2, .text), .many("attributes", 3, .message(.attribute)),
    ]
    private static let attributeFields = [Field("key", 1, .text), Field("value", 2, .message(.value))]
    private static let valueFields = [
        Field("stringValue", 1, .text), Field("boolValue", 2, .flag), Field("intValue", 3, .varint),
        Field("doubleValue", 4, .double), Field("arrayValue", 5, .message(.list)),
        Field("kvlistValue", 6, .message(.map)), Field("bytesValue", 7, .base64),
    ]
    private static let listFields = [Field.many("values", 1, .message(.value))]
    private static let mapFields = [Field.many("values", 1, .message(.attribute))]

    private static let tracesFields = [Field.many("resourceSpans", 1, .message(.resourceSpans))]
    private static let resourceSpansFields = [
        Field("resource", 1, .message(.resource)), .many("scopeSpans", 2, .message(.scopeSpans)),
    ]
    private static let scopeSpansFields = [
        Field("scope", 1, .message(.scope)), .many("spans", 2, .message(.span)),
    ]
    private static let spanFields = [
        Field("traceId", 1, .hex), Field("spanId", 2, .hex), Field("traceState", 3, .text),
        Field("parentSpanId", 4, .hex), Field("name", 5, .text), Field("kind", 6, .varint),
        Field("startTimeUnixNano", 7, .fixed64), Field("endTimeUnixNano", 8, .fixed64),
        .many("attributes", 9, .message(.attribute)), Field("droppedAttributesCount", 10, .varint),
        .many("events", 11, .message(.event)), Field("droppedEventsCount", 12, .varint),
        .many("links", 13, .message(.link)), Field("droppedLinksCount", 14, .varint),
        Field("status", 15, .message(.status)), Field("flags", 16, .fixed32),
    ]
    private static let eventFields = [
        Field("timeUnixNano", 1, .fixed64), Field("name", 2, .text), .many("attributes", 3, .message(.attribute)),
    ]
    private static let linkFields = [
        Field("traceId", 1, .hex), Field("spanId", 2, .hex), .many("attributes", 4, .message(.attribute)),
    ]
    private static let statusFields = [Field("message", 2, .text), Field("code", 3, .varint)]

    private static let logsFields = [Field.many("resourceLogs", 1, .message(.resourceLogs))]
    private static let resourceLogsFields = [
        Field("resource", 1, .message(.resource)), .many("scopeLogs", 2, .message(.scopeLogs)),
    ]
    private static let scopeLogsFields = [
        Field("scope", 1, .message(.scope)), .many("logRecords", 2, .message(.log)),
    ]
    private static let logFields = [
        Field("timeUnixNano", 1, .fixed64), Field("severityNumber", 2, .varint), Field("severityText", 3, .text),
        Field("body", 5, .message(.value)), .many("attributes", 6, .message(.attribute)),
        Field("droppedAttributesCount", 7, .varint), Field("flags", 8, .fixed32), Field("traceId", 9, .hex),
        Field("spanId", 10, .hex), Field("observedTimeUnixNano", 11, .fixed64), Field("eventName", 12, .text),
    ]

    private static let metricsFields = [Field.many("resourceMetrics", 1, .message(.resourceMetrics))]
    private static let resourceMetricsFields = [
        Field("resource", 1, .message(.resource)), .many("scopeMetrics", 2, .message(.scopeMetrics)),
    ]
    private static let scopeMetricsFields = [
        Field("scope", 1, .message(.scope)), .many("metrics", 2, .message(.metric)),
    ]
    private static let metricFields = [
        Field("name", 1, .text), Field("description", 2, .text), Field("unit", 3, .text),
        Field("gauge", 5, .message(.gauge)), Field("sum", 7, .message(.sum)),
        Field("histogram", 9, .message(.histogram)), Field("exponentialHistogram", 10, .message(.exponential)),
        Field("summary", 11, .message(.summary)),
    ]
    private static let temporality = Field("aggregationTemporality", 2, .varint)
    private static let gaugeFields = [Field.many("dataPoints", 1, .message(.numberPoint))]
    private static let sumFields = gaugeFields + [temporality, Field("isMonotonic", 3, .flag)]
    private static let histogramFields = [Field.many("dataPoints", 1, .message(.histogramPoint)), temporality]
    private static let exponentialFields = [Field.many("dataPoints", 1, .message(.exponentialPoint)), temporality]
    private static let summaryFields = [Field.many("dataPoints", 1, .message(.summaryPoint))]
    private static let times = [Field("startTimeUnixNano", 2, .fixed64), Field("timeUnixNano", 3, .fixed64)]
    private static let totals = [Field("count", 4, .fixed64), Field("sum", 5, .double)]
    private static let numberPointFields =
        times + [
            Field("asDouble", 4, .double), Field("asInt", 6, .fixed64),
            .many("attributes", 7, .message(.attribute)), Field("flags", 8, .varint),
        ]
    private static let histogramPointFields =
        times + totals + [
            .many("bucketCounts", 6, .fixed64), .many("explicitBounds", 7, .double),
            .many("attributes", 9, .message(.attribute)), Field("flags", 10, .varint), Field("min", 11, .double),
            Field("max", 12, .double),
        ]
    private static let exponentialPointFields =
        [attributes] + times + totals + [
            Field("scale", 6, .zigzag), Field("zeroCount", 7, .fixed64), Field("positive", 8, .message(.buckets)),
            Field("negative", 9, .message(.buckets)), Field("flags", 10, .varint), Field("min", 12, .double),
            Field("max", 13, .double), Field("zeroThreshold", 14, .double),
        ]
    private static let bucketsFields = [Field("offset", 1, .zigzag), .many("bucketCounts", 2, .varint)]
    private static let summaryPointFields =
        times + totals + [
            .many("quantileValues", 6, .message(.quantile)), .many("attributes", 7, .message(.attribute)),
            Field("flags", 8, .varint),
        ]
    private static let quantileFields = [Field("quantile", 1, .double), Field("value", 2, .double)]
}
