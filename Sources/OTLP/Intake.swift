/// How a body is written.
public enum OTLPEncoding: Sendable, Equatable {
    case protobuf, json

    /// By the Content-Type of a request, whatever its parameters; nil for any other.
    public init?(contentType: String) {
        let type = contentType.prefix { $0 != ";" && $0 != " " }.lowercased()
        switch type {
        case "application/x-protobuf": self = .protobuf
        case "application/json": self = .json
        default: return nil
        }
    }

    /// The Content-Type of the answer, which is that of the request.
    public var contentType: String { self == .json ? "application/json" : "application/x-protobuf" }
}

/// Reads requests; `limits` say which times are believed and what one request may cost.
public enum OTLPIntake {
    /// The spans of an ExportTraceServiceRequest.
    public static func traces(
        _ body: [UInt8], _ encoding: OTLPEncoding, _ limits: IntakeLimits
    ) throws(OTLPRefusal) -> Intake<Span> {
        try read(body, encoding, .traces, limits) { decoder, reader throws(OTLPRefusal) in try decoder.span(reader) }
    }
    /// The metrics of an ExportMetricsServiceRequest.
    public static func metrics(
        _ body: [UInt8], _ encoding: OTLPEncoding, _ limits: IntakeLimits
    ) throws(OTLPRefusal) -> Intake<Metric> {
        try read(body, encoding, .metrics, limits) { decoder, reader throws(OTLPRefusal) in
            try decoder.metric(reader)
        }
    }
    /// The records of an ExportLogsServiceRequest; `arrival` is the time of those that have none.
    public static func logs(
        _ body: [UInt8], _ encoding: OTLPEncoding, _ limits: IntakeLimits, arrival: UInt64
    ) throws(OTLPRefusal) -> Intake<LogRecord> {
        try read(body, encoding, .logs, limits) { decoder, reader throws(OTLPRefusal) in
            try decoder.log(reader, arrival: arrival)
        }
    }

    private static func read<Part>(
        _ body: [UInt8], _ encoding: OTLPEncoding, _ shape: JSONShape, _ limits: IntakeLimits,
        _ part: (inout Decoder, consuming WireReader) throws(OTLPRefusal) -> Part?
    ) throws(OTLPRefusal) -> Intake<Part> {
        guard body.count <= limits.mostBytes else { throw .tooLarge(limit: limits.mostBytes) }
        var bytes = body
        if encoding == .json { bytes = try JSONTranscoder.protobuf(of: body, shape, most: limits.mostBytes) }
        return try bytes.withUnsafeBufferPointer { buffer throws(OTLPRefusal) in
            var decoder = Decoder(limits: limits)
            return try decoder.intake(UnsafeRawBufferPointer(buffer), part)
        }
    }
}

/// Which signal an answer is about.
public enum OTLPSignal: Sendable { case traces, metrics, logs }

/// The body of an answer of status 200: empty when all was kept, else with the partial success.
public enum OTLPAnswer {
    /// An Export…ServiceResponse in the encoding of its request.
    public static func body(_ faults: Faults, _ signal: OTLPSignal, _ encoding: OTLPEncoding) -> [UInt8] {
        let rejected = faults.total
        switch encoding {
        case .protobuf:
            var writer = WireWriter()
            guard rejected > 0 else { return [] }
            writer.message(1) {
                $0.varint(1, UInt64(rejected))
                $0.text(2, faults.message)
            }
            return writer.bytes
        case .json:
            guard rejected > 0 else { return Array("{}".utf8) }
            let name =
                switch signal {
                case .traces: "rejectedSpans"
                case .metrics: "rejectedDataPoints"
                case .logs: "rejectedLogRecords"
                }
            // The message is made of our own words, which hold nothing that JSON would escape.
            let text = #"{"partialSuccess":{"\#(name)":"\#(rejected)","errorMessage":"\#(faults.message)"}}"#
            return Array(text.utf8)
        }
    }
}
