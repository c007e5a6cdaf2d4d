/// How much a log line matters.
public enum LogLevel: String, Sendable, CaseIterable, Codable, Comparable {
    case debug, info, warning, error

    public static func < (left: LogLevel, right: LogLevel) -> Bool { left.rank < right.rank }

    var rank: Int {
        switch self {
        case .debug: 0
        case .info: 1
        case .warning: 2
        case .error: 3
        }
    }
}

/// The value of a field in a log line or of an attribute of a span.
public enum Field: Sendable, Equatable {
    case text(String)
    case integer(Int)
    case number(Double)
    case boolean(Bool)
}

extension Field: ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral
{
    public init(stringLiteral value: String) { self = .text(value) }
    public init(integerLiteral value: Int) { self = .integer(value) }
    public init(floatLiteral value: Double) { self = .number(value) }
    public init(booleanLiteral value: Bool) { self = .boolean(value) }
}

/// Encodes one log line as a JSON object with a newline, never longer than `most` bytes.
enum LogLine {
    static let most = 16 * 1024
    private static let mostMessage = 8 * 1024
    private static let mostText = 2 * 1024
    /// Kept free for the closing braces and for the count of fields that had no room.
    private static let reserve = 64

    static func encode(
        at time: WallTime, _ level: LogLevel, _ message: String, _ fields: KeyValuePairs<String, Field>,
        identity: Identity, trace: TraceContext? = nil
    ) -> [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity(256)
        line.append(contentsOf: "{\"time\":\"\(time.iso8601)\",\"level\":\"\(level.rawValue)\",\"role\":".utf8)
        append(identity.role, to: &line, atMost: 256)
        if let slot = identity.slot { line.append(contentsOf: ",\"slot\":\(slot)".utf8) }
        if let incarnation = identity.incarnation { line.append(contentsOf: ",\"incarnation\":\(incarnation)".utf8) }
        if let trace {
            line.append(
                contentsOf: ",\"trace_id\":\"\(trace.traceIdentifier)\",\"span_id\":\"\(trace.spanIdentifier)\"".utf8)
        }
        line.append(contentsOf: ",\"pid\":\(identity.pid),\"message\":".utf8)
        append(message, to: &line, atMost: mostMessage)
        let leftOut = append(fields, to: &line)
        if leftOut > 0 { line.append(contentsOf: ",\"fields_left_out\":\(leftOut)".utf8) }
        line.append(contentsOf: "}\n".utf8)
        return line
    }

    /// Appends what has room; the number of fields that had none.
    private static func append(_ fields: KeyValuePairs<String, Field>, to line: inout [UInt8]) -> Int {
        guard !fields.isEmpty else { return 0 }
        var leftOut = 0
        var first = true
        line.append(contentsOf: ",\"fields\":{".utf8)
        for (name, value) in fields {
            let mark = line.count
            if !first { line.append(UInt8(ascii: ",")) }
            append(name, to: &line, atMost: 256)
            line.append(UInt8(ascii: ":"))
            append(value, to: &line)
            if line.count > most - reserve {
                line.removeSubrange(mark...)
                leftOut += 1
            } else {
                first = false
            }
        }
        line.append(UInt8(ascii: "}"))
        return leftOut
    }

    private static func append(_ value: Field, to line: inout [UInt8]) {
        switch value {
        case .text(let text): append(text, to: &line, atMost: mostText)
        case .integer(let number): line.append(contentsOf: String(number).utf8)
        // JSON has no word for infinity or for what is no number.
        case .number(let number):
            line.append(contentsOf: (number.isFinite ? String(number) : "\"\(number)\"").utf8)
        case .boolean(let flag): line.append(contentsOf: String(flag).utf8)
        }
    }

    /// Appends `text` as a JSON string of at most `limit` bytes between its quotes, cut between two characters.
    static func append(_ text: String, to line: inout [UInt8], atMost limit: Int) {
        line.append(UInt8(ascii: "\""))
        let start = line.count
        for scalar in text.unicodeScalars {
            // Six bytes is the longest that one scalar becomes; three more are the ellipsis.
            guard line.count - start <= limit - 9 else {
                line.append(contentsOf: "…".utf8)
                break
            }
            switch scalar {
            case "\"": line.append(contentsOf: "\\\"".utf8)
            case "\\": line.append(contentsOf: "\\\\".utf8)
            case "\n": line.append(contentsOf: "\\n".utf8)
            case "\t": line.append(contentsOf: "\\t".utf8)
            // Line and paragraph separators too: to some readers they end a line. Escapes of a terminal lie below 0xA0.
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}":
                let digits = String(scalar.value, radix: 16)
                line.append(contentsOf: ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8)
            default: line.append(contentsOf: UTF8.encode(scalar).map { Array($0) } ?? [])
            }
        }
        line.append(UInt8(ascii: "\""))
    }
}
